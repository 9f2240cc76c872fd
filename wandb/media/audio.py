"""`wandb.Audio`: a sound, from a file or from samples, which become a WAV file of 16 bits."""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media.content import Content
from wandb.media.pixels import array_from
from wandb.media.values import BatchableMedia, checked_path, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, Union

    from wandb.media.values import Target


class Audio(BatchableMedia):
    """A sound."""

    _log_type = "audio-file"
    _subdir = "media/audio"

    def __init__(self, data_or_path: Any, sample_rate: Union[int, None] = None, caption: str | None = None) -> None:
        """`data_or_path`: a path, or samples, [time] or [time, channels]; floats are from -1 to 1.

        `sample_rate` in Hz is needed for samples. Raises UsageError for what is no sound; samples need `soundfile`.
        """
        super().__init__(caption)
        self._sample_rate = sample_rate
        self._duration: float | None = None
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            if self.path_is_reference(path):
                self._address = path
            else:
                self._set_content(Content(checked_path(path), os.path.splitext(path)[1]))
            return
        if sample_rate is None:
            raise ArgumentValueError('Argument "sample_rate" is required when instantiating wandb.Audio with raw data.')
        samples = _samples_of(data_or_path)
        self._set_content(Content(_wave_file(samples, sample_rate), ".wav"))
        self._duration = len(samples) / float(sample_rate)

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list of sounds; the JSON that stands for all of them."""
        sounds = [sound for sound in seq if isinstance(sound, Audio)]
        for sound in sounds:
            sound.bind_to_run(run, key, step)
        found: Dict[str, Any] = {
            "_type": "audio",
            "count": len(sounds),
            "audio": [sound.to_json(run) for sound in sounds],
            "sampleRates": cls.sample_rates(sounds),
            "durations": cls.durations(sounds),
        }
        captions = cls.captions(sounds)
        return {**found, "captions": captions} if captions else found

    @classmethod
    def durations(cls, audio_list: Sequence[Audio]) -> List[Union[float, None]]:
        """The lengths in seconds; None for files, which are not opened."""
        return [sound._duration for sound in audio_list]

    @classmethod
    def sample_rates(cls, audio_list: Sequence[Audio]) -> List[Union[int, None]]:
        """The rates in Hz, as they were given."""
        return [sound._sample_rate for sound in audio_list]

    @classmethod
    def captions(cls, audio_list: Sequence[Any]) -> Union[bool, Sequence[Union[str, None]]]:
        """The captions, "" where there is none; False if there are none at all."""
        captions = [sound._caption or "" for sound in audio_list]
        return captions if any(captions) else False

    def resolve_ref(self) -> None:
        """Nothing to do: a sound that is logged is no reference."""


def _samples_of(data: Any) -> Any:
    if hasattr(type(data), "__array__") or isinstance(data, (list, tuple)):
        return array_from(data)
    raise ArgumentTypeError(f"wandb.Audio is made from samples or a path, not from {type(data).__name__}.")


def _wave_file(samples: Any, sample_rate: int) -> bytes:
    from io import BytesIO

    soundfile = need("soundfile", "Audio of samples")
    buffer = BytesIO()
    try:
        soundfile.write(buffer, samples, sample_rate, format="WAV")
    except (TypeError, ValueError, IndexError, RuntimeError) as error:  # soundfile's own errors are RuntimeErrors
        raise ArgumentValueError(
            f"An array of {samples.dtype} and shape {list(samples.shape)} is no sound of {sample_rate} Hz: {error}"
        ) from error
    return buffer.getvalue()
