"""`wandb.integration.dspy`: for DSPy, whose evaluations become rows and tables, and whose programs become artifacts."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, Mapping, Sequence, Tuple

import wandb
from wandb.integration.current_run import need_run

try:
    import dspy
    from dspy.utils.callback import BaseCallback
except ImportError as error:
    raise ImportError("wandb.integration.dspy needs DSPy: `pip install dspy`.") from error


class WandbDSPyCallback(BaseCallback):  # type: ignore[misc]
    """Logs the score of each evaluation, what was predicted, and how the program's signature was at that time.

    `dspy.configure(callbacks=[WandbDSPyCallback()])`. Each evaluation is a row of the run.
    """

    def __init__(self, log_results: bool = True, run: Any = None) -> None:
        """`log_results`: a table of what was predicted, too. Raises wandb.Error if there is no run."""
        self._run = need_run("WandbDSPyCallback") if run is None else run
        self._log_results = log_results
        self._signatures: Dict[str, Dict[str, Any]] = {}  # by call: evaluations can overlap
        self._programs: Dict[Tuple[str, ...], Any] = {}  # a table of signatures, by its columns
        self._evaluations = 0

    def on_evaluate_start(self, call_id: str, instance: Any, inputs: Mapping[str, Any]) -> None:
        """Keep the settings of the evaluation in the configuration, and the signature for its end."""
        shown = {name: value for name, value in vars(instance).items() if not name.startswith("_")}
        shown.pop("devset", None)
        shown.pop("callbacks", None)
        self._run.config.update(shown, allow_val_change=True)
        self._signatures[call_id] = _signature(inputs.get("program"))

    def on_evaluate_end(self, call_id: str, outputs: Any, exception: BaseException | None = None) -> None:
        """Log the row of the evaluation; one that failed has its signature without a score."""
        score = getattr(outputs, "score", None)
        row: Dict[str, Any] = {} if score is None else {"score": score}
        if exception is not None:
            wandb.termwarn(f"An evaluation failed and has no score: {exception}")
        results = getattr(outputs, "results", None)
        if self._log_results and results:
            row[f"predictions_{self._evaluations}"] = _predictions(results)
        signature = self._signatures.pop(call_id, {})
        name, table = self._table("step", *signature, "score")
        table.add_data(self._evaluations, *signature.values(), score)
        self._evaluations += 1
        self._run.log({**row, name: table})

    def _table(self, *columns: str) -> Tuple[str, Any]:
        """The growing table of programs with these fields, and its name: a program with others begins another one."""
        if columns not in self._programs:
            self._programs[columns] = wandb.Table(columns=list(columns), log_mode="INCREMENTAL")
        number = list(self._programs).index(columns)
        return f"program_signature_{number}" if number else "program_signature", self._programs[columns]

    def log_best_model(
        self,
        model: Any,
        *,
        save_program: bool = True,
        save_dir: str | None = None,
        filetype: str = "json",
        aliases: Sequence[str] = ("best", "latest"),
        artifact_name: str = "dspy-program",
    ) -> None:
        """Save a module by its own `save` and log it as an artifact of type "model", named for the run.

        The whole program, or with `save_program=False` its state only, as a file of type `filetype` ("json" or "pkl").
        It is written to `save_dir`, or else to `dspy_program` in the run's folder of files.
        """
        folder = save_dir or os.path.join(self._run.dir, "dspy_program")
        os.makedirs(folder, exist_ok=True)
        facts = {"dspy_version": dspy.__version__, "module_class": type(model).__name__, **_signature(model)}
        artifact = wandb.Artifact(f"{artifact_name}-{self._run.id}", "model", metadata=facts)
        if save_program:
            model.save(folder, save_program=True)
            artifact.add_dir(folder)
        else:
            path = os.path.join(folder, f"program.{filetype}")
            model.save(path, save_program=False)
            artifact.add_file(path)
        self._run.log_artifact(artifact, aliases=list(aliases))


def _signature(program: Any) -> Dict[str, Any]:
    """What the first predictor of a program is told to do, by column."""
    predictors = program.predictors() if isinstance(program, dspy.Module) else []
    if not predictors:
        return {}
    signature = predictors[0].signature
    told = {"signature": signature.signature, "instructions": signature.instructions}
    for kind in ("input_fields", "output_fields"):
        told.update({f"{kind}.{name}": str(field) for name, field in getattr(signature, kind).items()})
    return told


def _predictions(results: Sequence[Tuple[Any, Any, Any]]) -> Any:
    """A table with what was asked, answered and scored; a field that an example or answer lacks is empty there."""
    rows = []
    for example, prediction, score in results:
        row = {**dict(_flat("example", example)), **dict(_flat("prediction", prediction))}
        rows.append({**row, "is_correct": float(score) if isinstance(score, dspy.Prediction) else score})
    columns = {name: None for row in rows for name in row if name != "is_correct"}
    names: Any = [*columns, "is_correct"]
    kinds = [{type(row[name]) for row in rows if row.get(name) is not None} for name in names]
    mixed = any(len(kind) > 1 for kind in kinds)
    return wandb.Table(names, [[row.get(name) for name in names] for row in rows], allow_mixed_types=mixed)


def _flat(name: str, value: Any) -> Iterator[Tuple[str, Any]]:
    """Columns of a value: one for each field, at any depth."""
    if isinstance(value, dspy.Example):
        value = dict(value.items())
    if not isinstance(value, dict):
        yield name, value
        return
    for key, item in value.items():
        yield from _flat(f"{name}.{key}", item)
