"""Names that libraries use to reach a run from another process, or to describe themselves."""

from __future__ import annotations

import yaml

from tests.conftest import Program


def test_attach__in_forked_and_spawned_children__is_the_same_record(program: Program) -> None:
    """Lightning attaches by id in the processes that it starts."""
    result = program(
        """
        import multiprocessing

        def work(attach_id, name):
            import wandb
            run = wandb._attach(attach_id)
            assert wandb.run is run
            run.log({name: 1})
            wandb.log({name: 2})

        if __name__ == "__main__":
            import wandb
            run = wandb.init(project="p")
            assert wandb.attach(run._attach_id) is run
            for how in ("fork", "spawn"):
                child = multiprocessing.get_context(how).Process(target=work, args=(run._attach_id, how))
                child.start()
                child.join()
                assert child.exitcode == 0
            try:
                wandb.attach("unknown")
            except wandb.UsageError as error:
                print(error)
        """
    ).ok()
    assert [(row.get("fork"), row.get("spawn")) for row in result.run.rows()] == [(1, None), (2, None), (None, 1), (None, 2)]
    assert "'unknown'" in result.stdout


def test_label_and_api_key__as_libraries_use_them__work(program: Program) -> None:
    """transformers labels its runs; ray looks for the key."""
    result = program(
        """
        import wandb
        print(wandb.api.api_key)
        with wandb.init(project="p") as run:
            run._label(code="transformers_trainer")
            print(isinstance(run, wandb.sdk.wandb_run.Run), isinstance(run, wandb.sdk.lib.RunDisabled))
        """,
        env={"WANDB_API_KEY": "local-" + "k" * 40},
    ).ok()
    assert result.stdout.split() == ["local-" + "k" * 40, "True", "False"]
    telemetry = yaml.safe_load(result.run.file("config.yaml"))["_wandb"]["value"]["t"]
    assert telemetry["9"] == {"1": "transformers_trainer"} and telemetry["3"] == [4]
