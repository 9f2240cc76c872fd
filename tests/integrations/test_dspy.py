"""DSPy: evaluations of programs whose language model has fixed answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

pytest.importorskip("dspy")

EVALUATED = """
    import dspy, wandb
    from dspy.utils import DummyLM
    from wandb.integration.dspy import WandbDSPyCallback

    data = [dspy.Example(question=f"{n} + 1", answer=n + 1, about={"n": [n]}).with_inputs("question") for n in (1, 2, 3)]

    class Careful(dspy.Module):
        def __init__(self):
            super().__init__()
            self.draft = dspy.Predict("question -> draft")
            self.final = dspy.ChainOfThought(dspy.Signature("question, draft -> answer: int", "Be careful."))
        def forward(self, question):
            return self.final(question=question, draft=self.draft(question=question).draft)

    def right(example, answered, trace=None):
        return float(example.answer == answered.answer)

    def evaluate(program, metric=right):
        answers = ({"draft": "d"}, {"reasoning": "r", "answer": 2}) * 3
        dspy.configure(lm=DummyLM(list(answers)))
        return dspy.Evaluate(devset=data, metric=metric, num_threads=1, display_progress=False)(program)
"""


def tables(ended: Any, name: str) -> Any:
    """The contents of all tables of this name, in order."""
    paths = [row[name, "path"] for row in ended.run.rows() if (name, "path") in row]
    return [json.loads(ended.run.file(path)) for path in paths]


def test_evaluations__of_a_program__are_rows_tables_and_an_artifact(program: Program) -> None:
    """Two of one program, which is then logged as its state and as a whole."""
    ended = program(
        EVALUATED
        + """
    with wandb.init(project="p") as run:
        callback = WandbDSPyCallback(run=run)
        dspy.configure(callbacks=[callback])
        print(evaluate(Careful()).score, evaluate(Careful()).score)
        callback.log_best_model(Careful(), save_program=False, artifact_name="state", aliases=("a",))
        callback.log_best_model(Careful(), save_dir="whole")
    """,
        limit=120,
    ).ok()
    assert ended.stdout == "33.33 33.33\n"
    assert [row["score"] for row in ended.run.rows()] == [33.33] * 2
    (first,) = tables(ended, "predictions_0")
    assert first["columns"] == [
        "example.question", "example.answer", "example.about.n", "prediction.reasoning", "prediction.answer", "is_correct"
    ]  # fmt: skip
    assert first["data"][0] == ["1 + 1", 2, [1], "r", 2, 1.0]
    same_with_upstream(ended.folder)


def test_evaluations__of_other_programs_and_failed_ones__are_all_in_the_run(program: Program) -> None:
    """Upstream's client loses those: rows behind the program's own, fields that differ, settings that change."""
    ended = program(
        EVALUATED
        + """
    class Other(dspy.Module):
        def forward(self, question):
            return "words" if question == "1 + 1" else dspy.Prediction(answer=question)

    def failing(example, answered, trace=None):
        raise KeyError("none")

    try:
        WandbDSPyCallback()
    except wandb.Error as error:
        print(error)
    with wandb.init(config={"num_threads": 7}) as run:
        run.log({"loss": 1})
        dspy.configure(callbacks=[WandbDSPyCallback()])
        evaluate(Careful())
        evaluate(Other(), lambda example, answered, trace=None: dspy.Prediction(score=0.5))
        try:
            dspy.Evaluate(devset=data, metric=failing, num_threads=1, max_errors=1)(Careful())
        except Exception as error:
            print(type(error).__name__)
        dspy.configure(callbacks=[WandbDSPyCallback(log_results=False)])
        evaluate(Careful())
        run.log({"loss": 2})
    """,
        limit=120,
    ).ok()
    assert ended.stdout.splitlines() == [
        "There is no run yet: call wandb.init() before WandbDSPyCallback().", "Exception"
    ]  # fmt: skip
    rows = ended.run.rows()
    assert [(row.get("loss"), row.get("score")) for row in rows] == [
        (1, None), (None, 33.33), (None, 50.0), (None, None), (None, 33.33), (2, None)
    ]  # fmt: skip
    assert tables(ended, "predictions_1")[0]["data"] == [
        ["1 + 1", 2, [1], "words", None, 0.5], ["2 + 1", 3, [2], None, "2 + 1", 0.5], ["3 + 1", 4, [3], None, "3 + 1", 0.5]
    ]  # fmt: skip
    assert [table["data"][0][-1] for table in tables(ended, "program_signature")] == [33.33, None, 33.33]
    assert not tables(ended, "predictions_2")
    assert tables(ended, "program_signature_1")[0]["data"] == [[1, 50.0]]
    assert "value: 1\n" in ended.run.file("config.yaml").partition("num_threads:")[2]
