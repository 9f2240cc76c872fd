"""What few programs do, as upstream's client answers it: the record, and the kind of error."""

from __future__ import annotations

from tests.conftest import Program
from wandb.wire.decode import record_kind


def test_private_config_keys__given_to_init__are_in_the_record(program: Program) -> None:
    """They are not listed; whoever gave them finds them all the same, and so does a child of the program."""
    result = program(
        """
        import argparse, multiprocessing, wandb

        def look(run):
            print(run.config["_private"])

        if __name__ == "__main__":
            run = wandb.init(config=argparse.Namespace(lr=1, _private=2, _wandb={"mine": 3}))
            child = multiprocessing.get_context("spawn").Process(target=look, args=(run,))
            child.start()
            child.join()
            run.finish()
        """
    ).ok()
    assert result.stdout == "2\n"
    config = result.run.file("config.yaml")
    assert "_private:" in config and "lr:" in config and "mine" not in config


def test_step__that_is_too_large__is_a_value_error(program: Program) -> None:
    """As upstream's client has it, and a UsageError of ours."""
    program(
        """
        import wandb
        with wandb.init() as run:
            for step, kind in ((2**70, ValueError), (1.0, TypeError), ("1", TypeError)):
                try:
                    run.log({"a": 1}, step=step)
                except kind as error:
                    assert isinstance(error, wandb.UsageError)
                else:
                    raise SystemExit(f"{step} is taken")
        """
    ).ok()


def test_definition__of_a_name_only__says_no_more_in_the_record(program: Program) -> None:
    """Readers ask a record whether it has a summary."""
    run = program(
        """
        import wandb
        with wandb.init() as run:
            run.define_metric("a")
            run.define_metric("b", summary="max", overwrite=True)
        """
    ).ok().run  # fmt: skip
    plain, full = (record.metric for record in run.records() if record_kind(record) == "metric")
    assert not plain.HasField("summary") and not plain.HasField("_control")
    assert full.summary.max and full._control.overwrite
