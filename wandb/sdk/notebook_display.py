"""The magic command `%wandb` of notebooks.

`%wandb [-h HEIGHT] [PATH]` shows the current run, or the page of a path such as `owner/project/runs/id`; `%%wandb` at
the top of a cell shows the run that is open, or that the cell begins. Nothing is asked of a server for that.
"""

from __future__ import annotations

from wandb.running_shell import running_shell
from wandb.sdk import active
from wandb.sdk.lib.notebook_page import HEIGHT, page_html, show
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

    from wandb.sdk.run import Run

_heights: List[int] = []  # of the `%%wandb` cells that run now


def run_begins(run: Run) -> None:
    """A `%%wandb` cell shows the run that it begins."""
    if _heights:
        run.display(_heights[-1])


def register() -> None:
    """Give the magic command to the shell of this process, if it has one; `import wandb` does so under IPython."""
    load_ipython_extension(running_shell())


def load_ipython_extension(shell: Any) -> None:
    """Give a shell of IPython the magic command; also for `%load_ext wandb.jupyter`."""
    if hasattr(shell, "register_magic_function"):
        shell.register_magic_function(_magic, "line_cell", "wandb")


def _magic(line: str, cell: str | None = None) -> None:
    """Show a run or a page of the server: `%wandb [-h HEIGHT] [PATH]`, or `%%wandb [-h HEIGHT]` above a cell's code."""
    height, path = _arguments(line)
    run = active.current()
    if path:
        from wandb.sdk import session

        settings = session.settings() if run is None else run._settings
        show(page_html(f"{(settings.app_url or settings.base_url).rstrip('/')}/{path.strip('/')}", height))
    elif run is not None:
        run.display(height)
    elif cell is None:
        termwarn("There is no run yet: `wandb.init()` begins one, `%wandb owner/project/runs/id` shows another.")
    if cell is not None:
        _heights.append(height)
        try:
            running_shell().run_cell(cell)
        finally:
            _heights.pop()


def _arguments(line: str) -> Tuple[int, str]:
    """(height, path) of the words behind the command; a word that is neither is said and left out."""
    height, path, words = HEIGHT, "", line.split()
    while words:
        word = words.pop(0)
        if word in ("-h", "--height") and words and words[0].isdecimal():
            height = int(words.pop(0))
        elif not word.startswith("-") and not path:
            path = word
        else:
            termwarn(f"%wandb takes -h HEIGHT and the path of a run or a project, not {word!r}.")
    return height, path
