"""The program of the seed bug, word for word, and its variants; needs torch and ipdb."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, Program

pytest.importorskip("torch")
pytest.importorskip("ipdb")

SEED = (ROOT / "examples" / "seed.py").read_text(encoding="utf-8")


def variant(wandb_first: bool, context: str, workers: int) -> str:
    """The program with another import order, kind of worker, and number of workers."""
    text = SEED
    if wandb_first:
        text = "import wandb\n" + text.replace("import wandb\n", "", 1)
    if workers and context:
        text = text.replace("batch_size=1,", f'batch_size=1, multiprocessing_context="{context}",')
    assert text.count("num_workers=1") == 1
    return text.replace("num_workers=1", f"num_workers={workers}")


@pytest.mark.parametrize(
    "wandb_first, context, workers",
    [
        *((first, context, 1) for first in (False, True) for context in ("", "fork", "spawn", "forkserver")),
        (False, "", 0),
        (False, "fork", 4),
        (True, "spawn", 4),
        (False, "forkserver", 4),
    ],
)
def test_seed__every_variant__prints_and_records_each_line_once(
    program: Program, wandb_first: bool, context: str, workers: int
) -> None:
    """A DataLoader worker printed and died, or its line was dropped; ipdb found an outdated prompt_toolkit."""
    program.environment.pop("WANDB_MODE")
    result = program(variant(wandb_first, context, workers)).ok()
    expected = [f"hello form worker:{worker}" for worker in range(workers)]
    assert sorted(result.stdout.splitlines()) == expected
    if workers:  # torch may warn of their number, which is recorded as well
        assert sorted(line for line in result.run.output() if line.startswith("hello")) == expected
    console = [line for line in result.run.console().splitlines() if line.startswith("hello")]
    assert sorted(console) == expected
    assert result.run.exit_code() == 0
    assert "notebook" not in result.stderr.lower()
    assert (result.run.records()[1].run.project, result.run.records()[1].run.display_name) == ("1", "1.1")


def test_seed_s_program__in_the_examples__is_the_one_of_the_report() -> None:
    """Whoever tidies it up would no longer run what the user ran."""
    assert 'print("hello form worker:" + str(worker_id))' in SEED
    assert SEED.startswith("import ipdb\nimport torch\nfrom torch.utils.data import DataLoader\nimport wandb\nimport os\n")
