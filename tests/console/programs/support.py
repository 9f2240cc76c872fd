"""What each scenario begins with: a run with the mode of capture that is asked for, or for the control nothing."""

import multiprocessing
import os


class NoRun:
    """A control run's."""

    def finish(self):
        """Does nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def begin():
    """Like wandb.init()."""
    if os.environ["SCENARIO_MODE"] == "none":
        return NoRun()
    import wandb

    return wandb.init(project="scenarios", settings=wandb.Settings(console=os.environ["SCENARIO_MODE"], silent=True))


def work(number):
    """What a worker does."""
    print(f"worker {number}", flush=True)


def print_in_workers(method):
    """Two workers, one after the other."""
    context = multiprocessing.get_context(method)
    for number in range(2):
        worker = context.Process(target=work, args=(number,))
        worker.start()
        worker.join()
        assert worker.exitcode == 0
