"""Entry of the helper process; `init` starts it, a person may start it on a run that was left unfinished."""

from __future__ import annotations

import sys
from typing import List


def main(arguments: List[str] | None = None) -> int:
    """Follow the run in the folder, until it has ended and is folded; the exit status.

    The process that began the run adds the number of a descriptor of itself.
    """
    from wandb.service.service import serve

    run_dir, *creator = (sys.argv[1:] if arguments is None else arguments) or [""]
    if not run_dir or len(creator) > 1:
        raise SystemExit("usage: python -m wandb.service RUN_DIR")
    return serve(run_dir, *map(int, creator))


if __name__ == "__main__":
    sys.exit(main())
