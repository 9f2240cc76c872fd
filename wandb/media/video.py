"""`wandb.Video`: a film, from a file, an open file, or frames, which moviepy encodes."""

from __future__ import annotations

import os

from wandb.errors import ArgumentValueError
from wandb.loading import loading
from wandb.media.content import Content, content_of
from wandb.media.pixels import array_of
from wandb.media.values import BatchableMedia, checked_path, need, wrong_type
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Sequence, Union

    from wandb.media.values import Target

_FRAMES_A_SECOND = 4


class Video(BatchableMedia):
    """A film."""

    EXTS = ("gif", "mp4", "webm", "ogg")
    _log_type = "video-file"
    _subdir = "media/videos"

    def __init__(
        self, data_or_path: Any, caption: str | None = None, fps: int | None = None, format: str | None = None
    ) -> None:
        """`data_or_path`: a path, an open binary file, or frames [time, channel, height, width], 0 to 255.

        Frames may have a first axis more, of films that are shown side by side; they need `moviepy`. `fps` (4 by
        default) counts for frames only. `format` is one of EXTS, needed for all but paths. Raises UsageError for
        what is no film.
        """
        super().__init__(caption)
        self._width: int | None = None
        self._height: int | None = None
        self._format = format
        self._frames: Any = None
        if format is not None and format not in self.EXTS:
            raise ArgumentValueError(f"wandb.Video accepts {', '.join(self.EXTS)} formats")
        if isinstance(data_or_path, (str, os.PathLike)):
            self._take_file(os.fspath(data_or_path), fps)
        elif hasattr(data_or_path, "read"):
            if format is None:
                raise ArgumentValueError(
                    "wandb.Video requires a `format` argument when initializing with raw bytes (an io object)."
                )
            _warn_of_fps(fps)
            self._set_content(Content(content_of(data_or_path), f".{format}"))
        else:
            self._take_frames(data_or_path, fps)

    def _take_file(self, path: str, fps: int | None) -> None:
        extension = os.path.splitext(path)[1]
        if extension[1:].lower() not in self.EXTS:
            raise ArgumentValueError(f"wandb.Video accepts {', '.join(self.EXTS)} formats")
        _warn_of_fps(fps)
        self._set_content(Content(checked_path(path), extension))

    def _take_frames(self, data: Any, fps: int | None) -> None:
        if not hasattr(type(data), "__array__") and not hasattr(type(data), "numpy"):
            raise wrong_type("wandb.Video", "a path or an array", data)
        if self._format is None:
            raise ArgumentValueError("wandb.Video requires a `format` argument when initializing with a numpy array.")
        self._frames = _prepared(array_of(data))
        self.encode(fps or _FRAMES_A_SECOND)

    def encode(self, fps: int = _FRAMES_A_SECOND) -> None:
        """Encode the frames; done when the film is made, and nothing for one that has none."""
        if self._frames is None:
            return
        frames, self._frames = self._frames, None
        _, self._height, self._width, _ = frames.shape
        self._set_content(Content(_film_of(frames, fps, str(self._format)), f".{self._format}"))

    def to_json(self, run_or_artifact: Any) -> Dict[str, Any]:
        """The JSON of the file, with the size of the picture where it is known."""
        found = super().to_json(run_or_artifact)
        if self._width is not None:
            found["width"] = self._width
        if self._height is not None:
            found["height"] = self._height
        return found

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list of films; the JSON that stands for all of them."""
        for film in seq:
            film.bind_to_run(run, key, step)
        films = [film.to_json(run) for film in seq]
        return {"_type": "videos", "count": len(seq), "videos": films, "captions": cls.captions(seq)}


def _warn_of_fps(fps: int | None) -> None:
    if fps is not None:
        termwarn("`fps` counts for frames only: a file keeps the frame rate that it has.", repeat=False)


def _prepared(video: Any) -> Any:
    """Frames as bytes [time, height, width, channel]; several films become one, in a grid."""
    numpy = need("numpy", "wandb.Video")
    if video.ndim < 4:
        raise ArgumentValueError("Video must be at least 4 dimensions: time, channels, height, width")
    if video.ndim > 5:
        raise ArgumentValueError(f"Video must be at most 5 dimensions, not {video.ndim}.")
    if not video.size:
        raise ArgumentValueError(f"A film has at least one pixel; the array has the shape {list(video.shape)}.")
    if video.ndim == 4:
        video = video[None]
    if video.dtype != numpy.uint8:
        termwarn("The frames of a video are taken as bytes, 0 to 255.", repeat=False)
        with numpy.errstate(all="ignore"):
            video = video.astype(numpy.uint8)
    if video.shape[2] == 1:
        video = numpy.repeat(video, 3, axis=2)
    count = video.shape[0]
    whole = 1 << (count - 1).bit_length()
    if whole > count:
        video = numpy.concatenate([video, numpy.zeros((whole - count, *video.shape[1:]), numpy.uint8)])
    rows = 2 ** ((count.bit_length() - 1) // 2)
    _, time, channels, height, width = video.shape
    grid = video.reshape(rows, whole // rows, time, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    return grid.reshape(time, rows * height, whole // rows * width, channels)


def _film_of(frames: Any, fps: int, extension: str) -> bytes:
    with loading():
        import tempfile

    # Where it is in every release; at the top of the package in 2 only, which pip passes over beside a newer Pillow.
    moviepy = need("moviepy.video.io.ImageSequenceClip", "Video of frames", "moviepy")
    clip = moviepy.ImageSequenceClip(list(frames), fps=fps)
    with tempfile.TemporaryDirectory(prefix="wandb-video-") as folder:
        path = os.path.join(folder, f"film.{extension}")
        try:
            if extension == "gif":
                # As moviepy 2 does; moviepy 1 gives seconds to an imageio that takes milliseconds, so nothing moves.
                pictures = list(clip.iter_frames(fps=fps, logger=None, dtype="uint8"))
                need("imageio", "Video of frames").mimwrite(path, pictures, "GIF", duration=1000 / fps, loop=0)
            else:
                clip.write_videofile(path, logger=None)
        except (OSError, ValueError, TypeError) as error:  # what ffmpeg or Pillow say of frames that they can't encode
            raise ArgumentValueError(f"Frames of shape {list(frames.shape)} can't be a {extension}: {error}") from error
        with open(path, "rb") as file:
            return file.read()
