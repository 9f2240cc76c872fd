"""`wandb.Html`: a page, from text, a file of that name or an open file."""

from __future__ import annotations

import os

from wandb.media.content import Content, all_of
from wandb.media.values import BatchableMedia, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Sequence, Union

    from wandb.media.values import Target

# Links open in a tab of their own, and the style is the viewer's.
_HEAD = '<base target="_blank"><link rel="stylesheet" type="text/css" href="https://app.wandb.ai/normalize.css" />'
_ANY_BYTES = "surrogateescape"  # a page in another encoding stays as it is


class Html(BatchableMedia):
    """A page, shown in a frame of its own."""

    _log_type = "html-file"
    _subdir = "media/html"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        """`data`: the page's text, the path of a file that ends with .html, or an open file.

        `inject` adds the viewer's style to the page. With `data_is_not_path` text is never taken for a path.
        """
        super().__init__()
        self.html = _text_of(data, data_is_not_path)
        if inject:
            self.inject_head()
        self._set_content(Content(_bytes_of(self.html), ".html"))

    def inject_head(self) -> None:
        """Add the viewer's style to the head of the page."""
        if "<head>" in self.html:
            parts = self.html.split("<head>", 1)
            self.html = f"{parts[0]}<head>{_HEAD}{parts[1]}"
        elif "<html>" in self.html:
            parts = self.html.split("<html>", 1)
            self.html = f"{parts[0]}<html><head>{_HEAD}</head>{parts[1]}"
        else:
            self.html = _HEAD + self.html

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> Html:
        """The page back from an artifact, as it is there."""
        with open(source_artifact.get_entry(json_obj["path"]).download(), "rb") as file:
            return cls(file, inject=False)

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list of pages; the JSON that stands for all of them."""
        for page in seq:
            page.bind_to_run(run, key, step)
        return {"_type": "html", "count": len(seq), "html": [page.to_json(run) for page in seq]}


def _bytes_of(text: str) -> bytes:
    try:
        return text.encode("utf-8", _ANY_BYTES)
    except UnicodeEncodeError:  # a half of a pair that no file had in it
        return text.encode("utf-8", "replace")


def _text_of(data: Any, data_is_not_path: bool) -> str:
    if isinstance(data, os.PathLike) or (
        isinstance(data, str) and not data_is_not_path and data.endswith(".html") and os.path.isfile(data)
    ):
        with open(data, encoding="utf-8", errors=_ANY_BYTES, newline="") as file:
            return file.read()
    if hasattr(data, "read"):
        data = all_of(data)
    if isinstance(data, bytes):
        return data.decode("utf-8", _ANY_BYTES)
    if not isinstance(data, str):
        raise wrong_type("wandb.Html", "text, a path or an open file", data)
    return data
