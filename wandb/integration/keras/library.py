"""The Keras that the program uses: the package of that name, else TensorFlow's."""

from __future__ import annotations

import sys
from typing import Any


def _find() -> Any:
    if "keras" not in sys.modules and "tensorflow" in sys.modules and hasattr(sys.modules["tensorflow"], "keras"):
        return sys.modules["tensorflow"].keras
    try:
        import keras
    except ImportError as error:
        raise ImportError(
            f"wandb.integration.keras needs Keras and its backend (`pip install keras`, KERAS_BACKEND=torch): {error}"
        ) from error
    return keras


keras = _find()
callbacks = keras.callbacks
