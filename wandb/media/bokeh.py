"""`wandb.data_types.Bokeh`: a document of Bokeh, which stays interactive."""

from __future__ import annotations

import json
import os

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media.content import Content
from wandb.media.values import Media, json_bytes, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Bokeh(Media):
    """A Bokeh document."""

    _log_type = "bokeh-file"
    _subdir = "media/bokeh"

    def __init__(self, data_or_path: Any) -> None:
        """`data_or_path`: a document or a model of Bokeh, or the path of a document's JSON."""
        super().__init__()
        document_module = need("bokeh.document", "wandb.data_types.Bokeh", "bokeh")
        model_module = need("bokeh.model", "wandb.data_types.Bokeh", "bokeh")
        if isinstance(data_or_path, (str, os.PathLike)):
            with open(data_or_path, encoding="utf-8") as file:
                text = file.read()
            try:
                document = document_module.Document.from_json_string(text)
            except Exception as error:  # Bokeh raises anything for what is no document of this version of it
                raise ArgumentValueError(f"{data_or_path} is no document of this Bokeh: {error!r}") from error
        elif isinstance(data_or_path, model_module.Model):
            document = document_module.Document()
            document.add_root(data_or_path)
        elif isinstance(data_or_path, document_module.Document):
            document = data_or_path
        else:
            raise ArgumentTypeError(
                f"A document or model of Bokeh, or the path of its JSON, is needed, not {type(data_or_path).__name__}."
            )
        self.b_obj = document
        serialize = need("bokeh.core.json_encoder", "wandb.data_types.Bokeh", "bokeh").serialize_json
        # Read back once: that leaves out what is so by default.
        document = document_module.Document.from_json(document.to_json())
        self._set_content(Content(json_bytes(json.loads(serialize(document.to_json()))), ".bokeh.json"))
