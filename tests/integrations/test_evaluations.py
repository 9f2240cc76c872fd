"""lm-eval's logger: results and samples of an evaluation, in rows, tables, summary, configuration and artifacts."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

pytest.importorskip("lm_eval")


def test_lm_eval__results_and_samples__are_rows_tables_and_artifacts(program: Program) -> None:
    """A model with fixed answers does tasks of three kinds, from questions of a file."""
    ended = program(
        """
        import json, pathlib, lm_eval, wandb
        from lm_eval.api.model import LM
        from lm_eval.loggers import WandbLogger

        class Fixed(LM):
            def loglikelihood(self, requests, **_):
                return [(-float(len(request.args[1])), True) for request in requests]
            def loglikelihood_rolling(self, requests, **_):
                return [-float(len(request.args[0])) for request in requests]
            def generate_until(self, requests, **_):
                return ["4" for _ in requests]

        questions = [
            {"q": f"{n} + 1 =", "a": str(n + 1), "options": ["1", "22", "333"], "gold": n % 3, "text": "some words " * n}
            for n in range(1, 5)
        ]
        pathlib.Path("questions.jsonl").write_text("\\n".join(map(json.dumps, questions)))
        both = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "questions.jsonl"}},
                "test_split": "test", "metadata": {"version": 1.0}}
        tasks = [
            {"task": "choice", "output_type": "multiple_choice", "doc_to_text": "{{q}}", "doc_to_target": "gold",
             "doc_to_choice": "options", "metric_list": [{"metric": "acc"}], **both},
            {"task": "free", "output_type": "generate_until", "doc_to_text": "{{q}}", "doc_to_target": "a",
             "metric_list": [{"metric": "exact_match"}], "generation_kwargs": {"until": ["."]}, **both},
            {"task": "perplexity", "output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "text",
             "metric_list": [{"metric": "word_perplexity"}], **both},
        ]
        results = lm_eval.simple_evaluate(model=Fixed(), tasks=tasks, bootstrap_iters=0, log_samples=True)
        samples = results.pop("samples")
        logger = WandbLogger({"project": "p", "name": "named", "job_type": "eval"}, {"given": "too"})
        logger.post_init(results)
        logger.log_eval_result()
        logger.log_eval_samples(samples)
        wandb.finish()
        """,
        env={"HF_HUB_OFFLINE": "1"},
        limit=120,
    ).ok()
    rows = ended.run.rows()
    assert [row["free/exact_match"] for row in rows if "free/exact_match" in row] == [0.25]
    artifacts = {record.artifact.name for record in ended.run.records() if record.HasField("artifact")}
    assert {"results", "choice", "free", "perplexity"} < artifacts
    assert ended.run.summary()["choice_eval_results"]["nrows"] == 4
    same_with_upstream(ended.folder, HF_HUB_OFFLINE="1")
