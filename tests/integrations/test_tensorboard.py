"""TensorBoard's writers, of torch and of tensorboardX: what they write is in the run as upstream's client has it."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream


@pytest.mark.parametrize("library", ["torch.utils.tensorboard", "tensorboardX"])
def test_writer__of_numbers_pictures_and_histograms__leaves_the_same(program: Program, library: str) -> None:
    """A row for each step; the names of pictures are random with upstream's client, and texts are in neither."""
    pytest.importorskip(library)
    ended = program(
        f"""
        import numpy, wandb
        from {library} import SummaryWriter
        wandb.init(project="p", sync_tensorboard=True)
        with SummaryWriter("logs") as writer:
            for step in range(4):
                writer.add_scalar("train/loss", 1 / (step + 1), step)
                writer.add_image("picture", numpy.zeros((3, 4, 6), dtype="uint8"), step)
                writer.add_histogram("weights", numpy.arange(10.0), step)
                writer.add_text("words", "text", step)
        wandb.finish()
        """
    ).ok()
    rows = ended.run.rows()
    assert [row["global_step"] for row in rows] == [0, 1, 2, 3]
    assert all(row["picture", "_type"] == "images/separated" and row["weights", "_type"] == "histogram" for row in rows)
    same_with_upstream(ended.folder, random="filenames|media")


@pytest.mark.parametrize("library", ["torch.utils.tensorboard", "tensorboardX"])
def test_writer__flushed_behind_each_value__leaves_the_same(program: Program, library: str) -> None:
    """As tianshou does: a row for each step, also of steps that go back."""
    pytest.importorskip(library)
    ended = program(
        f"""
        import wandb
        from {library} import SummaryWriter
        wandb.init(project="p", sync_tensorboard=True)
        writer = SummaryWriter("logs")
        for step in (5, 6, 5, 5, 3):
            for tag in ("a", "b"):
                writer.add_scalar(tag, step + 0.5, step)
                writer.flush()
        writer.close()
        wandb.finish()
        """
    ).ok()
    assert [(row["global_step"], row["a"], row["b"]) for row in ended.run.rows()] == [
        (step, step + 0.5, step + 0.5) for step in (5, 6, 5, 3)
    ]
    same_with_upstream(ended.folder)
