"""Metaflow: steps that run as processes of their own, each of whose tasks is a run."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream

pytest.importorskip("metaflow")

ENVIRONMENT = {"METAFLOW_USER": "somebody"}


def test_flow__with_recorded_steps__has_a_run_of_each_task(program: Program) -> None:
    """Values, data, models and files are in the runs as upstream has them; a step's own decorator counts first."""
    ended = program(
        """
        import pathlib, pandas, torch, wandb
        from metaflow import FlowSpec, Parameter, step
        from sklearn.linear_model import LinearRegression
        from wandb.integration.metaflow import wandb_log

        same = wandb.Settings(project="p", run_group="all")

        @wandb_log(settings=same)
        class Flow(FlowSpec):
            lr = Parameter("lr", default=0.5)

            @wandb_log(datasets=True, models=True, others=True, settings=same)
            @step
            def start(self):
                self.frame = pandas.DataFrame({"a": [1, 2]})
                self.net = torch.nn.Linear(2, 1)
                self.number, self.text, self.nested, self.some = 3, "words", {"a": {"b": 1}}, {1}
                self.tensor, self._own = torch.ones(2), 5
                self.regression, self.pair, self.nothing = LinearRegression(), (1, 2), None
                pathlib.Path("file.txt").write_text("x")
                self.path = pathlib.Path("file.txt")
                self.items = [1, 2]
                self.next(self.middle, foreach="items")

            @step
            def middle(self):
                self.frame = self.frame + 1
                self.loss = self.input * self.lr
                self.next(self.join)

            @step
            def join(self, inputs):
                self.losses = [task.loss for task in inputs]
                self.next(self.end)

            @wandb_log(settings=wandb.Settings(project="q", run_group="g", run_job_type="j"))
            @step
            def end(self):
                self.total = 1
                wandb.log({"by": "itself"})
                self.total = sum(self.losses)

        if __name__ == "__main__":
            Flow()
        """,
        "--no-pylint",
        "run",
        env=ENVIRONMENT,
        limit=240,
    ).ok()
    runs = {(run["run"][0], run["run"][2]): run for run in all_left(ended.folder)}
    assert sorted(runs) == [("p", "join"), ("p", "middle"), ("p", "start"), ("q", "j")]
    assert len(all_left(ended.folder)) == 5
    assert [row.get("total") for row in runs["q", "j"]["rows"]] == [None, 1.5]
    kinds = [(artifact["type"], artifact["files"]) for artifact in runs["p", "start"]["artifacts"]]
    assert ("dataset", ["frame.parquet"]) in kinds and ("model", ["net.pkl"]) in kinds
    assert ("model", ["regression.pkl"]) in kinds and ("other", ["pair.pkl"]) in kinds
    same_with_upstream(ended.folder, "train.py", "--no-pylint", "run", limit=300, **ENVIRONMENT)


def test_step__that_fails__ends_its_run_with_an_error(program: Program) -> None:
    """What it has logged itself is there; what was assigned can be given away; what no pickle can hold is named."""
    ended = program(
        """
        import wandb
        from metaflow import FlowSpec, step
        from wandb.integration.metaflow import wandb_log

        class OnceOnly:
            tries = []

            def __reduce__(self):
                self.tries.append(1)
                return (int, ()) if len(self.tries) > 1 else 1 / 0

        class Flow(FlowSpec):
            @wandb_log(others=True)
            @step
            def start(self):
                self.odd = OnceOnly()
                self.given = 1
                del self.given
                wandb.log({"loss": 1})
                self.next(self.end)

            @wandb_log
            @step
            def end(self):
                wandb.log({"loss": 2})
                raise ValueError(isinstance(self, Flow), hasattr(self, "given"))

        if __name__ == "__main__":
            Flow()
        """,
        "--no-pylint",
        "run",
        env=ENVIRONMENT,
        limit=120,
    )
    assert ended.status == 1 and "ValueError: (True, False)" in ended.stdout + ended.stderr
    assert "odd is not logged as an artifact: it can't be pickled: division by zero" in ended.stdout + ended.stderr
    runs = {run["run"][2]: run for run in all_left(ended.folder)}
    assert {name: run["exit"] for name, run in runs.items()} == {"start": 0, "end": 1}
    assert {name: run["rows"] for name, run in runs.items()} == {
        "start": [{"_step": 0, "loss": 1}],
        "end": [{"_step": 0, "loss": 2}],
    }
    assert runs["start"]["run"][1] == runs["end"]["run"][1] and runs["end"]["run"][1].startswith("Flow/")
