"""What a program writes for TensorBoard is in the run, by whatever library, and the library is as before afterwards."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Callable, Dict, List

import pytest

from tests.conftest import Finished, Program
from tests.recorded import runs_in
from wandb.apis.public import Api
from wandb.sync.completion import finalize

WRITERS = ["tensorboardX", "torch.utils.tensorboard"]


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> str:
    """Where `SummaryWriter` comes from."""
    pytest.importorskip(request.param, exc_type=ImportError)
    return str(request.param)


def rows_of(ended: Finished) -> List[Dict[Any, Any]]:
    """The rows without what is measured."""
    return [
        {key: value for key, value in row.items() if key not in ("_runtime", "_timestamp", "_step")}
        for row in ended.run.rows()
    ]


def test_scalars__of_each_step__make_one_row(program: Program, writer: str) -> None:
    """Numbers are as they were written, the step is a metric, and own rows come in between."""
    source = f"""
        import wandb
        run = wandb.init(sync_tensorboard=True)
        from {writer} import SummaryWriter
        with SummaryWriter("logs") as events:
            for step in (0, 10, 20):
                events.add_scalar("loss", 0.1 * step, step)
                events.add_scalar("train/acc", 0.5, step, walltime=1000.0 + step)
            events.add_text("note", "hello", 20)
        run.log({{"own": 1}})
        run.finish()
    """
    ended = program(source).ok()
    assert rows_of(ended) == [
        *({"global_step": step, "loss": pytest.approx(0.1 * step), "train/acc": 0.5} for step in (0, 10, 20)),
        {"own": 1},
    ]
    assert [row["_timestamp"] for row in ended.run.rows()[:3]] == [1000.0, 1010.0, 1020.0]
    assert ended.run.rows()[1]["loss"] == 1.0
    saved = [name.name for name in (ended.run.path / "files").iterdir() if "tfevents" in name.name]
    assert len(saved) == 1


def test_writers__imported_before_init_and_patched_by_hand__are_mirrored(program: Program, writer: str) -> None:
    """Folders below the root are told apart; histograms have one bin less than limits."""
    source = f"""
        import numpy
        from {writer} import SummaryWriter
        import wandb
        wandb.tensorboard.patch(root_logdir="logs", save=False)
        with wandb.init() as run:
            for name in ("train", "val"):
                events = SummaryWriter("logs/" + name)
                events.add_scalar("loss", 1.0, 1)
                events.add_histogram("h", numpy.arange(10.0) + 1, 2)
            run.log({{"last": 1}}, step=5)
        wandb.tensorboard.unpatch()
    """
    ended = program(source).ok()
    names = [[key if isinstance(key, str) else key[0] for key in row] for row in rows_of(ended)]
    assert {name for row in names for name in row} == {"global_step", "train/loss", "val/loss", "train/h", "val/h", "last"}
    row = next(row for row in ended.run.rows() if ("val/h", "bins") in row)
    assert row["val/h", "_type"] == "histogram"
    assert len(row["val/h", "bins"]) == len(row["val/h", "values"]) + 1
    assert sum(row["val/h", "values"]) == 10
    assert "`step` has no effect" in ended.stderr
    assert not [name for name in (ended.run.path / "files").iterdir() if "tfevents" in name.name]


def test_writer__in_forked_children_and_threads__loses_nothing(program: Program, writer: str) -> None:
    """Each process has open rows of its own; what the parent had open is not written twice."""
    source = f"""
        import os, threading, wandb
        from {writer} import SummaryWriter
        run = wandb.init(sync_tensorboard=True)
        events = SummaryWriter("logs/parent")
        events.add_scalar("parent", 1.0, 7)
        pid = os.fork()
        if not pid:
            with SummaryWriter("logs/child") as own:
                for step in range(50):
                    own.add_scalar("child", float(step), step)
            os._exit(0)
        os.waitpid(pid, 0)
        threads = [threading.Thread(target=lambda n=n: [events.add_scalar("t%d" % n, 1.0, 7) for _ in range(50)])
                   for n in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        run.finish()
    """
    rows = rows_of(program(source).ok())
    assert [row["child"] for row in rows if "child" in row] == [float(step) for step in range(50)]
    assert [row for row in rows if "parent" in row] == [
        {"global_step": 7, "parent": 1.0, **{f"t{number}": 1.0 for number in range(4)}}
    ]


# Two writers, each flushed behind every value, and rows of the program in between; steps go back, and the last is not over.
FLUSHED = """
    import os, signal, sys, wandb
    from {writer} import SummaryWriter
    wandb.tensorboard.patch(root_logdir="logs")
    run = wandb.init()
    writers = [SummaryWriter("logs/" + name) for name in ("x", "y")]
    for step in (5, 6, 5, 3):
        for tag in ("a", "b"):
            for events in writers:
                events.add_scalar(tag, step + 0.5, step)
                events.flush()
            run.log({{"own": step}})
    events.add_scalar("a", 4.5, 4)
    events.flush()
"""


def rows_with(rows: List[Dict[Any, Any]], name: str) -> List[Dict[Any, Any]]:
    """Those of the writer in the folder of this name."""
    return [row for row in rows if any(key.startswith(name + "/") for key in row)]


def check_flushed(rows: List[Dict[Any, Any]]) -> None:
    """Each step of each writer is one row, and nothing is missing."""
    whole = [{"global_step": step, "a": step + 0.5, "b": step + 0.5} for step in (5, 6, 5, 3)]
    for name, expected in (("x", whole), ("y", [*whole, {"global_step": 4, "a": 4.5}])):
        found = [{key.replace(name + "/", ""): value for key, value in row.items()} for row in rows_with(rows, name)]
        assert found == expected
    assert [row["own"] for row in rows if "own" in row] == [5, 5, 6, 6, 5, 5, 3, 3]


def test_values__flushed_one_by_one__make_one_row_a_step(program: Program, writer: str) -> None:
    """As with upstream's client: who flushes often must not find each value in a row of its own."""
    ended = program(FLUSHED.format(writer=writer) + "    run.finish()").ok()
    check_flushed(rows_of(ended))
    assert [row["_step"] for row in ended.run.rows()] == list(range(17))
    assert ended.stderr.count("can't be recorded") == 0


def test_values__flushed_before_a_kill__are_there_once(
    program: Program, writer: str, wait_for: Callable[..., Any]
) -> None:
    """What was flushed of the steps that were going on has got to the disk, and stands in no row twice."""
    ended = program(FLUSHED.format(writer=writer) + "    os.kill(os.getpid(), signal.SIGKILL)")
    assert ended.status == -9
    wait_for(lambda: ended.run.kinds()[-1] == "exit")
    check_flushed(rows_of(ended))
    assert sorted(row["_step"] for row in ended.run.rows()) == list(range(17))


def test_values__flushed_in_a_step_that_goes_on__are_seen_in_the_summary_and_counted_once(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """A step may take an hour, and people look at the files meanwhile; its row counts when it is complete."""
    pytest.importorskip("tensorboardX")
    process = program.start(
        """
        import sys, wandb
        from tensorboardX import SummaryWriter
        run = wandb.init(sync_tensorboard=True)
        run.define_metric("a", summary="mean")
        events = SummaryWriter("logs")
        for step, value in enumerate((1.0, 4.0)):
            events.add_scalar("a", value, step)
            events.add_scalar("deep/b", value, step)
        events.flush()
        sys.stdin.readline()
        events.add_scalar("a", 5.0, 1)
        events.close()
        run.finish()
        """,
        stdin=subprocess.PIPE,
    )

    def summary() -> Any:
        found = list(program.folder.glob("wandb/offline*/files/wandb-summary.json"))
        return json.loads(found[0].read_text()) if found else {}

    shown = wait_for(lambda: summary() if summary().get("a") == {"mean": 2.5} else None)
    assert (shown["deep/b"], shown["global_step"]) == (4.0, 1)
    (run,) = Api(local=str(program.folder)).runs()
    assert run.summary["a"] == {"mean": 2.5} and [row["a"] for row in run.scan_history()] == [1.0]
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert summary()["a"] == {"mean": 3.0} and runs_in(program.folder)[0].summary()["a"] == {"mean": 3.0}


def test_values__of_a_step_that_goes_on__are_seen_and_survive_a_kill_of_everybody(
    program: Program, writer: str, wait_for: Callable[..., Any]
) -> None:
    """Nobody flushes, and the libraries do so every two minutes; a step may take an hour."""
    process = program.start(
        f"""
        import os, sys, wandb
        run = wandb.init(sync_tensorboard=True)
        from {writer} import SummaryWriter
        events = SummaryWriter("logs")
        events.add_scalar("a", 1.0, 1)
        events.add_scalar("b", 2.0, 1)
        sys.stdin.readline()
        os.kill(run._interface._service.pid, 9)
        os.kill(os.getpid(), 9)
        """,
        stdin=subprocess.PIPE,
    )

    def summary() -> Any:
        found = list(program.folder.glob("wandb/offline*/files/wandb-summary.json"))
        return json.loads(found[0].read_text()) if found else {}

    assert wait_for(lambda: summary() if "b" in summary() else None)["a"] == 1.0
    process.communicate("\n", timeout=60)
    (run,) = runs_in(program.folder)
    assert finalize(str(run.path), 30.0) == ""
    (row,) = run.rows()
    assert (row["a"], row["b"], row["global_step"]) == (1.0, 2.0, 1)


def test_values__of_quick_steps__are_in_the_record_once(program: Program) -> None:
    """A part of each value beside each row would double what tracking costs."""
    pytest.importorskip("tensorboardX")
    ended = program(
        """
        import wandb
        run = wandb.init(sync_tensorboard=True)
        from tensorboardX import SummaryWriter
        events, parts = SummaryWriter("logs"), []
        original = run._interface.publish_open_row
        run._interface.publish_open_row = lambda *given: parts.append(original(*given))
        for step in range(500):
            events.add_scalar("a", 1.0, step)
            events.add_scalar("b", 1.0, step)
        for tag in range(500):
            events.add_scalar(f"t{tag}", 1.0, 500)
        run.finish()
        print(len(parts))
        """
    ).ok()
    assert len(ended.run.rows()) == 501 and int(ended.stdout.split()[-1]) < 200


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)", "run.finish(); os._exit(0)"])
def test_values__flushed_in_children__make_one_row_a_step(
    program: Program, wait_for: Callable[..., Any], end: str
) -> None:
    """However the child ends; and the run's end comes in the middle of a step of it, which it then goes on with."""
    pytest.importorskip("tensorboardX")
    source = f"""
        import os, signal, wandb
        from tensorboardX import SummaryWriter
        run = wandb.init(sync_tensorboard=True)
        events = SummaryWriter("logs")
        events.add_scalar("parent", 1.0, 7)
        events.flush()
        begun, ended = os.pipe(), os.pipe()
        if not os.fork():
            os.close(ended[1])
            own = SummaryWriter("logs")
            for step in range(3):
                for tag in ("a", "b"):
                    own.add_scalar(tag, float(step), step)
                    own.flush()
                    run.log({{"open": step}}, commit=False)
                    if (step, tag) == (1, "a"):
                        os.write(begun[1], b"x")
                        os.read(ended[0], 1)
            {end}
        os.read(begun[0], 1)
        events.add_scalar("parent2", 2.0, 7)
        run.finish()
        os.write(ended[1], b"x")
        os.wait()
    """
    ended = program(source).ok()
    wait_for(lambda: not ended.run.layout.spools() and ended.run.kinds()[-1] == "exit")
    rows = rows_of(ended)
    assert rows[0] == {"global_step": 7, "parent": 1.0, "parent2": 2.0}
    assert [(row["global_step"], row["a"], row["b"]) for row in rows if "a" in row or "b" in row] == [
        (step, float(step), float(step)) for step in range(3)
    ]
    assert [row["open"] for row in rows if "open" in row][:2] == [0, 1]
    assert [row["_step"] for row in ended.run.rows()] == list(range(len(rows)))


def test_libraries__after_the_run__are_as_before(program: Program, writer: str) -> None:
    """Nothing stays patched, also of a class that somebody else has patched on top."""
    source = f"""
        import sys, wandb
        from {writer} import SummaryWriter
        modules = [name for name in sys.modules if name.endswith("event_file_writer")]
        classes = [sys.modules[name].EventFileWriter for name in modules]
        before = [dict(vars(kind)) for kind in classes], list(sys.meta_path)
        for _ in range(3):
            run = wandb.init(sync_tensorboard=True)
            events = SummaryWriter("logs")
            events.add_scalar("a", 1.0, 1)
            run.finish()
            events.add_scalar("a", 2.0, 2)
            events.close()
        assert ([dict(vars(kind)) for kind in classes], list(sys.meta_path)) == before
        assert classes
    """
    ended = program(source)
    assert ended.status == 0, ended.stderr


def test_event__that_can_not_be_read__is_the_writers_alone(program: Program) -> None:
    """The program goes on, with one warning."""
    pytest.importorskip("tensorboardX")
    source = """
        import wandb
        from tensorboardX import SummaryWriter
        run = wandb.init(sync_tensorboard=True)
        events = SummaryWriter("logs")
        writer = events.file_writer.event_writer
        class Odd:
            @property
            def summary(self):
                raise KeyError("no summary")
            def SerializeToString(self):
                return b""
            def HasField(self, name):
                return False
        for _ in range(2):
            writer.add_event(Odd())
        events.add_scalar("a", 1.0, 1)
        events.close()
        run.finish()
    """
    ended = program(source).ok()
    assert ended.stderr.count("no summary") == 1
    assert rows_of(ended) == [{"global_step": 1, "a": 1.0}]


def test_summary__by_hand__is_read_as_message_and_as_bytes(program: Program) -> None:
    """`wandb.tensorboard.log` and `tf_summary_to_dict`."""
    pytest.importorskip("tensorboardX")
    source = """
        import wandb
        from tensorboardX.proto.summary_pb2 import Summary
        summary = Summary(value=[Summary.Value(tag="a", simple_value=0.1)])
        assert wandb.tensorboard.tf_summary_to_dict(summary.SerializeToString(), "n") == {"n/a": 0.1}
        assert wandb.tensorboard.tf_summary_to_dict(Summary()) is None
        with wandb.init():
            wandb.tensorboard.log(summary, step=3)
            wandb.tensorboard.log(summary.SerializeToString(), step=4)
    """
    assert rows_of(program(source).ok()) == [{"global_step": 3, "a": 0.1}, {"global_step": 4, "a": 0.1}]


def test_runs__that_mirror_at_the_same_time__have_each_row_once(program: Program) -> None:
    """There is one mirror, whoever asks for another; what it has patched listens no more when it has ended."""
    pytest.importorskip("tensorboardX")
    source = """
        import sys, wandb
        first = wandb.init(sync_tensorboard=True)
        second = wandb.init(sync_tensorboard=True, reinit="create_new")
        try:
            wandb.tensorboard.patch()
        except ValueError:
            print("refused")
        from tensorboardX import SummaryWriter
        events = SummaryWriter("logs")
        for step in range(3):
            events.add_scalar("a", 1.0, step)
        first.finish()
        second.finish()
        before = list(sys.meta_path)
        with wandb.init() as third:
            events.add_scalar("a", 2.0, 9)
            events.close()
        assert list(sys.meta_path) == before
    """
    ended = program(source).ok()
    assert ended.stdout.split() == ["refused"]
    found = [[row["a"] for row in run.rows() if "a" in row] for run in runs_in(program.folder)]
    assert sorted(found) == [[], [], [1.0, 1.0, 1.0]]


def test_pictures_films_and_curves__of_each_step__are_media_of_the_run(program: Program, writer: str) -> None:
    """The picture's file is the one in the event, byte by byte, as with upstream's client; sound and text stay there."""
    pytest.importorskip("PIL")
    source = f"""
        import numpy, wandb
        from {writer} import SummaryWriter
        with wandb.init(sync_tensorboard=True), SummaryWriter("logs") as events:
            events.add_image("img", numpy.arange(48, dtype=numpy.uint8).reshape(3, 4, 4), 0)
            events.add_images("deep/imgs", numpy.arange(96, dtype=numpy.uint8).reshape(2, 3, 4, 4), 0)
            events.add_pr_curve("pr", numpy.array([0, 1, 1, 0]), numpy.array([0.1, 0.8, 0.6, 0.3]), 3)
            events.add_text("note", "hello", 3)
    """
    ended = program(source).ok()
    first, last = rows_of(ended)
    assert (first["img", "_type"], first["img", "width"], first["img", "height"], first["img", "count"]) == (
        "images/separated", 4, 4, 1,
    )  # fmt: skip
    pictures = [(ended.run.path / "files" / first[name, "filenames"][0]).read_bytes() for name in ("img", "deep/imgs")]
    events = b"".join(path.read_bytes() for path in (ended.folder / "logs").iterdir())
    assert all(picture.startswith(b"\x89PNG") and picture in events for picture in pictures)
    assert (last["pr", "_type"], last["pr", "ncols"], last["pr", "nrows"]) == ("table-file", 2, 127)
    table = json.loads((ended.run.path / "files" / last["pr", "path"]).read_bytes())
    assert table["columns"] == ["recall", "precision"] and table["data"][0] == [1, 0.5]
    assert {key[0] if isinstance(key, tuple) else key for key in (*first, *last)} == {"global_step", "img", "deep/imgs", "pr"}


def test_pictures__that_are_no_pictures__are_left_out(program: Program) -> None:
    """A moving one is a film; bytes that nobody knows are nothing."""
    pytest.importorskip("tensorboardX")
    source = """
        import wandb
        from tensorboardX.proto.summary_pb2 import Summary
        def value(data):
            return Summary.Value(tag="x", image=Summary.Image(width=1, height=1, encoded_image_string=data))
        def found(data):
            return wandb.tensorboard.tf_summary_to_dict(Summary(value=[value(data)]))
        print(found(b"nothing"), type(found(b"GIF89a...")["x"]).__name__, type(found(b"\\x89PNG...")["x"][0]).__name__)
    """
    assert program(source).ok().stdout == "None Video Image\n"


def test_event_file__that_is_damaged__is_named_at_the_end_of_the_run(program: Program) -> None:
    """What could not be read is missing among the rows; whoever runs the program must hear of it."""
    ended = program(
        """
        import os, struct, wandb
        from wandb.runlog.spool import EVENT_FILE
        from wandb.sync.event_reader import checksum
        from wandb.wire.decode import message_class
        run = wandb.init()
        path = os.path.abspath("x.tfevents")
        with open(path, "wb") as file:
            for step in range(3):
                event = message_class("tensorboard_events.Event")(step=step, wall_time=1e9)
                event.summary.value.add(tag="a", simple_value=step + 1)
                data = event.SerializeToString()
                length = struct.pack("<Q", len(data))
                file.write(length + struct.pack("<I", checksum(length)) + data + struct.pack("<I", checksum(data) + (step == 1)))
        run._interface.publish("tbrecord", "TBRecord", {"save_path": path}, EVENT_FILE)
        run.finish()
        """
    ).ok()
    assert [row["a"] for row in ended.run.rows()] == [1.0, 3.0]
    assert "could not be read, and is left out" in ended.stderr and "x.tfevents, offset" in ended.stderr
