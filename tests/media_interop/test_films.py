"""Films of frames with moviepy 1, which pip chooses beside a newer Pillow; upstream as a black box."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.interop import upstream
from tests.recorded import runs_in

MOVIEPY_1 = os.environ.get("MOVIEPY_1", "")
pytestmark = pytest.mark.skipif(
    not (upstream.PYTHON and MOVIEPY_1), reason="`tox -e media` installs upstream's client and moviepy 1, and runs this"
)

SOURCE = """
import moviepy.video.io.ImageSequenceClip, numpy, wandb
assert not hasattr(moviepy, "ImageSequenceClip"), "this is not moviepy 1"
frames = numpy.random.RandomState(0).randint(0, 255, (4, 3, 16, 16)).astype("uint8")
with wandb.init(project="p") as run:
    for extension in ("gif", "mp4"):
        run.log({extension: wandb.Video(frames, fps=4, format=extension)})
"""


def test_films__with_moviepy_1__are_those_of_upstream(tmp_path: Path) -> None:
    """Its gifs stand still where moviepy writes them, as it gives seconds to an imageio that takes milliseconds."""
    program, environment = tmp_path / "films.py", {**os.environ, "WANDB_MODE": "offline"}
    program.write_text(SOURCE, encoding="utf-8")
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    ours.mkdir()
    result = upstream.call(theirs, str(program), WANDB_MODE="offline", PYTHONPATH=MOVIEPY_1)
    assert result.returncode == 0, result.stderr
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), MOVIEPY_1])
    subprocess.run([sys.executable, str(program)], cwd=ours, env=environment, check=True, timeout=120)
    named = [sorted(path.name for path in runs_in(folder)[0].path.rglob("videos/*")) for folder in (theirs, ours)]
    assert len(named[0]) == 2 and named[0] == named[1]  # a name has the hash of the content
