"""Entry of the helper process; `init` starts it, a person may start it on a run that was left unfinished."""

from __future__ import annotations

import sys
from typing import List


def main(arguments: List[str] | None = None) -> int:
    """Follow the run whose folder is the one argument, until it has ended and is folded; the exit status."""
    from wandb.service.service import serve

    run_dirs = sys.argv[1:] if arguments is None else arguments
    if len(run_dirs) != 1:
        raise SystemExit("usage: python -m wandb.service RUN_DIR")
    return serve(run_dirs[0])


if __name__ == "__main__":
    sys.exit(main())
