"""Workers of torch's DataLoader."""

from functools import partial

from support import begin
from torch.utils.data import DataLoader


def announce(context, number):
    print(f"{context} worker {number}", flush=True)


if __name__ == "__main__":
    begin()
    for context in ("fork", "spawn"):
        start = partial(announce, context)
        loader = DataLoader(list(range(4)), num_workers=1, worker_init_fn=start, multiprocessing_context=context)
        print(context, len(list(loader)), flush=True)
