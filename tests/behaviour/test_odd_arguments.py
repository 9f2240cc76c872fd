"""What few programs do, as upstream's client answers it: the record, and the kind of error."""

from __future__ import annotations

from tests.conftest import Program
from tests.recorded import runs_in
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


def test_resume_false__beside_a_variable__takes_nothing_back(program: Program) -> None:
    """Libraries hand on a default of theirs; the job's script says that it may be started again."""
    program(
        """
        import wandb
        with wandb.init(resume=False) as run:
            assert (run.settings.resume, run.id) == ("allow", "requeued")
        """,
        env={"WANDB_RESUME": "allow", "WANDB_RUN_ID": "requeued"},
    ).ok()


def test_folder__that_is_no_path__is_a_value_error(program: Program) -> None:
    """One kind of error for all that a setting can't be."""
    result = program("import wandb\nwandb.init(dir=3)")
    assert result.status == 1 and "ArgumentValueError" in result.stderr and "root_dir" in result.stderr


def test_tags__of_a_class_of_their_own__are_plain_texts(program: Program) -> None:
    """As numpy's; they are compared, printed and pickled with the run."""
    program(
        """
        import wandb

        class Text(str):
            pass

        with wandb.init(tags=[Text("a")], name=Text("n")) as run:
            assert [type(tag) for tag in run.tags] == [str] and type(run.name) is str
        """
    ).ok()


def test_exit_code__that_is_none__is_a_type_error_and_the_run_goes_on(program: Program) -> None:
    """Nothing is half ended; truth values and other kinds of integers are codes."""
    result = program(
        """
        import wandb

        class Code(int):
            pass

        run = wandb.init()
        for wrong in ("x", 1.5, [1]):
            try:
                run.finish(exit_code=wrong)
            except TypeError as error:
                assert isinstance(error, wandb.UsageError)
            else:
                raise SystemExit(f"{wrong} is taken")
        run.log({"a": 1})
        run.finish(exit_code=Code(3))
        wandb.init().finish(exit_code=True)
        """
    ).ok()
    ended = {run.exit_code(): run.rows() for run in runs_in(result.folder)}  # both may have begun in one second
    assert set(ended) == {1, 3} and ended[3][0]["a"] == 1


def test_init__with_several_runs_open__gives_the_one_that_began_last(program: Program) -> None:
    """Also one that stands beside, which `wandb.run` is not; libraries ask `init` for the run that there is."""
    program(
        """
        import wandb
        first = wandb.init()
        second = wandb.init(reinit="create_new")
        assert wandb.init() is second and wandb.init(reinit="return_previous") is second and wandb.run is first
        second.finish()
        assert wandb.init() is first
        first.finish()
        beside = wandb.init(reinit="create_new")
        assert wandb.init() is beside and wandb.run is None
        third = wandb.init(reinit="finish_previous")
        assert third is not beside and wandb.run is third
        third.finish()
        """
    ).ok()
