"""Other trackers in the same process, each with its own hold of the streams and of what is written for TensorBoard."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import left_by


@pytest.mark.parametrize("order", ["clearml wandb", "wandb clearml"])
def test_clearml__begun_before_or_after_a_run__both_have_every_line_and_value(program: Program, order: str) -> None:
    """Its stream in the place of stdout hands what is set on it to the one below, whose `write` it never calls."""
    pytest.importorskip("clearml")
    ended = program(
        f"""
        import os
        import clearml, torch, wandb
        from torch.utils.tensorboard import SummaryWriter

        def begin_clearml():
            global task
            clearml.Task.set_offline(True)
            task = clearml.Task.init("p", "t")

        def begin_wandb():
            global run
            run = wandb.init(project="p", sync_tensorboard=True)

        for which in {order.split()}:
            globals()["begin_" + which]()
        print("one line")
        print("and", "parts", 3, flush=True)
        writer = SummaryWriter("tb")
        for step in range(3):
            run.log({{"own": step}})
            writer.add_scalar("mirrored", step / 2, step)
            task.get_logger().report_scalar("a", "b", step, step)
        writer.close()
        if os.fork() == 0:
            print("of a child", flush=True)
            os._exit(0)
        os.wait()
        for which in {order.split()}:
            run.finish() if which == "wandb" else task.close()
        print("after both")
        """,
        limit=120,
        env={"CLEARML_LOG_LEVEL": "ERROR"},
    ).ok()
    lines = ended.run.output()
    for text in ("one line", "and parts 3", "of a child"):
        assert lines.count(text) == ended.stdout.splitlines().count(text) == 1
    assert "after both" in ended.stdout and "after both" not in lines
    rows = left_by(ended.run)["rows"]
    assert [row["own"] for row in rows if "own" in row] == [0, 1, 2]
    assert [row["mirrored"] for row in rows if "mirrored" in row] == [0.0, 0.5, 1.0]
