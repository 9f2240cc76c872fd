"""What objects of the public API have for notebooks, and for programs that write servers' names."""

from __future__ import annotations

from wandb.sdk.lib.notebook_page import HEIGHT, show


class Shown:
    """Mixed into runs, files, projects, sweeps and people."""

    def to_html(self, height: int = HEIGHT, hidden: bool = False) -> str | None:
        """The object as a piece of HTML; None for what has no page."""
        return None

    def display(self, height: int = HEIGHT, hidden: bool = False) -> bool:
        """Show it in a notebook; False where there is none, and for what has no page."""
        html = self.to_html(height, hidden)
        return html is not None and show(html)

    def _repr_html_(self) -> str | None:
        return self.to_html()

    def snake_to_camel(self, string: str) -> str:
        """The server's name of an attribute: `createdAt` for `created_at`."""
        first, *others = string.split("_")
        return first + "".join(word.title() for word in others)
