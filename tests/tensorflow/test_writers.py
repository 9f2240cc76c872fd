"""What TensorFlow's own writers are given is in the run, as with upstream's client, and TensorFlow is as before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any, Callable, Dict, List

import pytest

from tests.conftest import ROOT, Program
from tests.integrations.comparison import same_with_upstream
from tests.server.server import KEY, RecordingServer

pytest.importorskip("tensorflow", exc_type=ImportError)

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
# Upstream's names of pictures are random; each of its own folder's pictures counts for both of ours that are alike.
PICTURES = "filenames|media"
WITHOUT_TIME = ("_runtime", "_timestamp", "_step")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What TensorFlow says of the processor is not what the tests are about."""
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


def rows_without_time(rows: List[Dict[Any, Any]]) -> List[Dict[Any, Any]]:
    """The rows without what is measured."""
    return [{key: value for key, value in row.items() if key not in WITHOUT_TIME} for row in rows]


def test_writer__of_all_kinds__leaves_the_same(program: Program) -> None:
    """One row for each step, with numbers in single precision, histograms and pictures; sound and text are in neither."""
    ended = program(
        """
        import wandb
        run = wandb.init(project="p", sync_tensorboard=True)
        import numpy, tensorflow as tf
        writer = tf.summary.create_file_writer("logs")
        with writer.as_default():
            for step in range(4):
                tf.summary.scalar("train/loss", 1 / (step + 1), step=step)
                tf.summary.scalar("whole", tf.constant(step), step=step)
                tf.summary.histogram("weights", numpy.arange(10.0) + step, step=step)
                tf.summary.histogram("nothing", [], step=step)
                tf.summary.image("picture", numpy.zeros((2, 4, 6, 3), dtype="uint8"), step=step)
                tf.summary.text("words", ["some", "text"], step=step)
                tf.summary.audio("sound", numpy.zeros((1, 100, 1), dtype="float32"), 8000, step=step)
                tf.summary.write("vector", tf.constant([1.0, 2.0]), step=step)
        run.finish()
        """
    ).ok()
    rows = ended.run.rows()
    assert [row["global_step"] for row in rows] == [0, 1, 2, 3]
    assert rows[3]["train/loss"] == 0.25 and rows[3]["picture", "count"] == 2
    assert (rows[3]["picture", "width"], rows[3]["picture", "height"]) == (6, 4)
    for row in rows:
        assert (ended.run.path / "files" / row["picture", "filenames"][0]).read_bytes().startswith(b"\x89PNG")
    (saved,) = (path for path in (ended.run.path / "files").iterdir() if "tfevents" in path.name)
    assert saved.read_bytes() == (ended.folder / "logs" / saved.name).read_bytes()
    same_with_upstream(ended.folder, random=PICTURES)


def test_writers__in_graphs_folders_and_by_set_step__leave_the_same(program: Program) -> None:
    """TensorFlow is imported before `patch`; names of folders below the root stand in front of the tags."""
    ended = program(
        """
        import tensorflow as tf, wandb
        wandb.tensorboard.patch(root_logdir="logs")
        run = wandb.init(project="p")
        train, val = (tf.summary.create_file_writer("logs/" + name) for name in ("train", "deep/val"))
        @tf.function
        def compute(step):
            with train.as_default():
                tf.summary.scalar("in_graph", 2.0 * tf.cast(step, tf.float32), step=step)
        for step in range(3):
            compute(tf.constant(step, tf.int64))
            tf.summary.experimental.set_step(10 * step)
            with val.as_default():
                tf.summary.scalar("acc", 0.5)
        run.finish()
        """
    ).ok()
    rows = rows_without_time(ended.run.rows())
    assert [row for row in rows if "train/in_graph" in row] == [
        {"global_step": step, "train/in_graph": 2.0 * step} for step in range(3)
    ]
    assert [row for row in rows if "deep/val/acc" in row] == [
        {"global_step": 10 * step, "deep/val/acc": 0.5} for step in range(3)
    ]
    same_with_upstream(ended.folder, in_order=False)


def test_writers__that_nobody_flushes_or_that_are_closed__are_whole(program: Program) -> None:
    """TensorFlow holds events back in memory; the end of the run has them written, and a closed writer is no problem."""
    ended = program(
        """
        import tensorflow as tf, wandb
        with wandb.init(sync_tensorboard=True):
            closed = tf.summary.create_file_writer("logs")
            with closed.as_default():
                tf.summary.scalar("a", 1.0, step=1)
            closed.close()
            tf.summary.create_file_writer("logs").set_as_default()
            tf.summary.scalar("b", 2.0, step=2)
        """
    ).ok()
    assert rows_without_time(ended.run.rows()) == [{"global_step": 1, "a": 1.0}, {"global_step": 2, "b": 2.0}]
    assert "can't be recorded" not in ended.stderr


def test_writer_of_tensorflow_1__with_a_graph__leaves_its_rows(program: Program) -> None:
    """It is a class in Python, with events of TensorFlow's own classes."""
    ended = program(
        """
        import wandb
        run = wandb.init(sync_tensorboard=True)
        import tensorflow.compat.v1 as tf
        with tf.Graph().as_default():
            writer = tf.summary.FileWriter("logs")
            for step in range(3):
                writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=step / 2)]), step)
            writer.close()
        run.finish()
        """
    ).ok()
    assert rows_without_time(ended.run.rows()) == [{"global_step": step, "a": step / 2} for step in range(3)]


def test_writer__of_a_folder_on_no_disk__is_said_once_it_is_made(program: Program) -> None:
    """TensorFlow has file systems of its own; the program goes on."""
    ended = program(
        """
        import tensorflow as tf, wandb
        with wandb.init(sync_tensorboard=True) as run:
            with tf.summary.create_file_writer("ram://logs").as_default():
                tf.summary.scalar("a", 1.0, step=1)
            run.log({"own": 1})
        """
    ).ok()
    assert "what is written there is not in the run" in ended.stderr
    assert rows_without_time(ended.run.rows()) == [{"own": 1}]


def test_tensorflow__after_the_run__is_as_before(program: Program) -> None:
    """The patched call is the original again, and what is written afterwards belongs to no run."""
    ended = program(
        """
        import tensorflow as tf, wandb
        from tensorflow.python.ops import gen_summary_ops
        before = dict(vars(gen_summary_ops))
        for number in range(2):
            with wandb.init(sync_tensorboard=True):
                writer = tf.summary.create_file_writer("logs")
                with writer.as_default():
                    tf.summary.scalar("a", 1.0 + number, step=1)
            with writer.as_default():
                tf.summary.scalar("a", 9.0, step=2)
            with tf.summary.create_file_writer("logs").as_default():
                tf.summary.scalar("a", 9.0, step=3)
        assert dict(vars(gen_summary_ops)) == before
        """
    ).ok()
    from tests.recorded import runs_in

    found = [rows_without_time(run.rows()) for run in runs_in(ended.folder)]
    assert sorted(found, key=str) == [[{"global_step": 1, "a": 1.0}], [{"global_step": 1, "a": 2.0}]]


HELD = """
    import os, sys, tensorflow as tf, wandb
    run = wandb.init(sync_tensorboard=True)
    print(run.dir, flush=True)
    writer = tf.summary.create_file_writer("logs")
    with writer.as_default():
        for step in range(50):
            tf.summary.scalar("a", float(step), step=step)
    print("written", flush=True)
    sys.stdin.readline()
    with writer.as_default():
        for step in range(50, 60):
            tf.summary.scalar("a", float(step), step=step)
    run.finish()
"""


def test_program__killed__has_all_rows_that_are_in_its_event_files(
    program: Program, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """The helper reads the files to their end, also when nobody asks it to."""
    process = program.start(HELD, stdin=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.wait()
    from tests.recorded import runs_in

    wait_for(lambda: runs_in(program.folder)[0].kinds()[-1] == "exit")
    assert [row["a"] for row in runs_in(program.folder)[0].rows()] == [float(step) for step in range(50)]


def test_run__of_which_everybody_is_killed__is_completed_by_the_next_command(program: Program) -> None:
    """Nobody has read the event files to their end; whoever completes the run does."""
    process = program.start(HELD, stdin=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert process.stdout.readline() == "written\n"
    from tests.recorded import runs_in

    (run,) = runs_in(program.folder)
    helper = json.loads((run.path / "follower.lease").read_text())["pid"]
    process.kill()
    os.kill(helper, signal.SIGKILL)
    process.wait()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "wandb.service", str(run.path)]
    subprocess.run(command, cwd=program.folder, env=environment, check=True, timeout=60, stderr=subprocess.DEVNULL)
    assert run.kinds()[-1] == "exit"
    assert [row["a"] for row in run.rows()] == [float(step) for step in range(50)]


def test_helper__killed_meanwhile__has_each_row_once(
    program: Program, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """Its successor reads the event files from their beginning, and appends the same frames again."""
    process = program.start(HELD, stdin=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    process.stdout.readline()
    assert process.stdout.readline() == "written\n"
    from tests.recorded import runs_in

    (run,) = runs_in(program.folder)
    wait_for(lambda: b"global_step" in run.path.joinpath(os.path.basename(run.layout.spools()[0])).read_bytes())
    os.kill(json.loads((run.path / "follower.lease").read_text())["pid"], signal.SIGKILL)
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert [row["a"] for row in run.rows()] == [float(step) for step in range(60)]


def test_rows__online__are_at_the_server_while_the_run_goes_on(
    program: Program, server: RecordingServer, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """All but the latest step, which a later event may add to."""
    environment = {**os.environ, "WANDB_MODE": "online", "WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
    process = program.start(HELD, stdin=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    wait_for(lambda: server.runs and len(next(iter(server.runs.values())).rows()) >= 49)
    assert process.poll() is None
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert [row["a"] for row in next(iter(server.runs.values())).rows()] == [float(step) for step in range(60)]
