"""Pages and run folders as HTML, and how a notebook shows it: for runs and the public API's objects."""

from __future__ import annotations

import sys
from html import escape

from wandb.running_shell import running_shell

HEIGHT = 420  # pixels
_BUTTON = (
    "<button onClick=\"this.nextSibling.style.display='block';this.style.display='none';\">Display W&B run</button>"
)


def page_html(url: str, height: int = HEIGHT, hidden: bool = False) -> str:
    """A page for people inside a notebook; `hidden` behind a button."""
    style = f"border:none;width:100%;height:{int(height)}px;" + ("display:none;" if hidden else "")
    frame = f"<iframe src='{escape(url, quote=True)}?jupyter=true' style='{style}'></iframe>"
    return _BUTTON + frame if hidden else frame


def folder_html(run_id: str, folder: str, height: int = HEIGHT, hidden: bool = False) -> str:
    """A run that has no page: where it is recorded."""
    style = "display:none" if hidden else f"height:{int(height)}px"
    return f"<div style='{style}'>wandb run <code>{escape(run_id)}</code> in <code>{escape(folder)}</code></div>"


def show(html: str) -> bool:
    """Show it below the cell; False where there is no notebook."""
    shell = sys.modules.get("IPython.display")
    if shell is None or running_shell() is None:
        return False
    shell.display(shell.HTML(html))
    return True
