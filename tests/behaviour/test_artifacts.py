"""Artifacts of real programs, judged by the record of the run and the copies that wait to be sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from tests.conftest import Finished, Program
from wandb.wire.decode import record_kind


@pytest.fixture
def artifacts(program: Program) -> Callable[..., List[Any]]:
    """Runs a program that ends well; the artifact records of its run."""
    program.environment["WANDB_DATA_DIR"] = str(program.folder / "data")

    def run(source: str) -> List[Any]:
        return artifacts_of(program(source).ok())

    return run


def artifacts_of(result: Finished) -> List[Any]:
    return [record.artifact for record in result.run.records() if record_kind(record) == "artifact"]


def contents(artifact: Any) -> Dict[str, bytes]:
    """Path -> what its copy holds now."""
    entries = [entry for entry in artifact.manifest.contents if entry.local_path]
    return {entry.path: Path(entry.local_path).read_bytes() for entry in entries}


def test_log_artifact__object__is_in_the_record_with_all_it_has(artifacts: Callable[..., List[Any]]) -> None:
    """The files are changed and removed behind it, as training programs do."""
    (artifact,) = artifacts(
        """
        import datetime, os, wandb
        os.makedirs("d/sub")
        for name in ("d/a", "d/sub/b", "c"):
            open(name, "w").write(name)
        artifact = wandb.Artifact("n", "t", description="text", metadata={"x": 1}, incremental=True, storage_region="eu")
        artifact.add_dir("d")
        artifact.add_file("c", policy="immutable", skip_cache=True)
        artifact.add_reference("file://" + os.path.abspath("c"), name="ref")
        artifact.metadata["y"] = float("nan")
        artifact.ttl = datetime.timedelta(days=1)
        with wandb.init(project="p", entity="e", id="r") as run:
            assert run.log_artifact(artifact, aliases=["best", "latest"], tags=["t 1"]) is artifact
            for name in ("d/a", "d/sub/b"):
                open(name, "w").write("changed")
        """
    )
    assert contents(artifact)["a"] == b"d/a" and contents(artifact)["sub/b"] == b"d/sub/b"
    assert [entry.path for entry in artifact.manifest.contents] == ["a", "c", "ref", "sub/b"]
    named = {entry.path: entry for entry in artifact.manifest.contents}
    assert named["c"].skip_cache and Path(named["c"].local_path).name == "c" and not named["ref"].local_path
    assert named["ref"].ref.startswith("file:///") and named["ref"].digest == named["c"].digest
    assert (artifact.run_id, artifact.project, artifact.entity, artifact.type, artifact.name) == ("r", "p", "e", "t", "n")
    assert (artifact.description, json.loads(artifact.metadata)) == ("text", {"x": 1, "y": None})
    assert (list(artifact.aliases), list(artifact.tags)) == (["best", "latest"], ["t 1"])
    assert artifact.finalize and artifact.incremental_beta1 and artifact.ttl_duration_seconds == 86400
    assert len(artifact.client_id) == len(artifact.sequence_client_id) == 128
    config = {item.key: json.loads(item.value_json) for item in artifact.manifest.storage_policy_config}
    assert config == {"storageLayout": "V2", "storageRegion": "eu"}


def test_log_artifact__paths_models_and_code__are_artifacts_with_default_names(
    artifacts: Callable[..., List[Any]],
) -> None:
    """What most programs call."""
    found = artifacts(
        """
        import os, wandb
        os.makedirs("d/wandb/files")
        for name in ("d/a b.txt", "d/x.py", "d/requirements.txt", "d/wandb/files/y.py", "d/Dockerfile.gpu"):
            open(name, "w").write(name)
        run = wandb.init(project="p", id="r")
        wandb.log_artifact("d/a b.txt")
        wandb.log_artifact("d", name="folder", type="dataset")
        wandb.log_artifact("file://" + os.path.abspath("d/x.py"), name="uri", type="t")
        wandb.log_model("d/x.py", aliases=["best"])
        assert run.log_code("d").type == "code"
        assert run.log_code("d/wandb/files", include_fn=lambda path: False) is None
        run.log_code("d", name="all of it", include_fn=lambda path, root: not path.startswith(root + "/wandb"))
        for wrong in ("nowhere", None, 5):
            try:
                wandb.log_artifact(wrong)
            except (ValueError, TypeError):
                continue
            raise SystemExit("no error")
        """
    )
    shown = [(artifact.name, artifact.type, [entry.path for entry in artifact.manifest.contents]) for artifact in found]
    code = ["Dockerfile.gpu", "requirements.txt", "x.py"]
    assert shown[0] == ("run-r-a_b.txt", "unspecified", ["a b.txt"])
    assert shown[1] == ("folder", "dataset", ["Dockerfile.gpu", "a b.txt", "requirements.txt", "wandb/files/y.py", "x.py"])
    assert shown[2][:2] == ("uri", "t") and found[2].manifest.contents[0].ref
    assert shown[3] == ("run-r-x.py", "model", ["x.py"]) and list(found[3].aliases) == ["best", "latest"]
    assert shown[4] == ("source-p-train.py", "code", code)
    assert shown[5] == ("allofit-v9p8cg", "code", ["Dockerfile.gpu", "a b.txt", "requirements.txt", "x.py"])


def test_use_artifact__draft__is_logged_and_used(artifacts: Callable[..., List[Any]]) -> None:
    """Offline too: what the record says is done when it is sent."""
    (artifact,) = artifacts(
        """
        import wandb
        artifact = wandb.Artifact("n", "t")
        with wandb.init(project="p") as run:
            run.use_artifact(artifact, aliases="a")
            for name in ("n:latest", "other/n"):
                try:
                    run.use_artifact(name)
                except wandb.errors.UnsupportedError as error:
                    assert "this run is offline" in str(error)
        """
    )
    assert artifact.user_created and artifact.use_after_commit and list(artifact.aliases) == ["a", "latest"]


def test_upsert_artifact__of_several_runs__has_what_they_have_in_common(artifacts: Callable[..., List[Any]]) -> None:
    """Each adds its part, one completes it."""
    found = artifacts(
        """
        import os, wandb
        with wandb.init(project="p", group="a group") as run:
            run.upsert_artifact(wandb.Artifact("n", "t"), distributed_id="own")
            run.upsert_artifact(wandb.Artifact("n", "t"))
            run.finish_artifact(wandb.Artifact("n", "t"))
        os.makedirs("other")
        with wandb.init(dir="other") as run:
            try:
                run.upsert_artifact(wandb.Artifact("n", "t"))
            except wandb.errors.UsageError:
                pass
            else:
                raise SystemExit("no error")
        """
    )
    assert [(artifact.distributed_id, artifact.finalize) for artifact in found] == [
        ("own", False),
        ("a group", False),
        ("a group", True),
    ]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_log_artifact__in_children__is_in_the_record_of_the_run(
    artifacts: Callable[..., List[Any]], method: str
) -> None:
    """A data loader's or a pool's worker; each has an identity of its own."""
    found = artifacts(
        f"""
        import multiprocessing
        import wandb

        def child(run, number):
            artifact = wandb.Artifact(f"n{{number}}", "t")
            with artifact.new_file("x") as file:
                file.write(str(number))
            run.log_artifact(artifact)

        if __name__ == "__main__":
            run = wandb.init(project="p")
            context = multiprocessing.get_context("{method}")
            children = [context.Process(target=child, args=(run, number)) for number in range(3)]
            for process in children:
                process.start()
            for process in children:
                process.join()
                assert process.exitcode == 0
            run.finish()
        """
    )
    assert sorted((artifact.name, contents(artifact)["x"]) for artifact in found) == [
        ("n0", b"0"),
        ("n1", b"1"),
        ("n2", b"2"),
    ]
    assert len({artifact.client_id for artifact in found}) == 3


def test_log_artifact__from_an_exit_handler_and_threads__is_recorded(artifacts: Callable[..., List[Any]]) -> None:
    """At its end the interpreter starts no threads any more."""
    found = artifacts(
        """
        import atexit, os, threading, wandb
        run = wandb.init(project="p")
        os.makedirs("d")
        for number in range(20):
            open(f"d/{number}", "w").write("x")
        def late():
            run.log_artifact("d", name="late", type="t")
        def log(number):
            run.log_artifact("d", name=f"n{number}", type="t")
        atexit.register(late)
        threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    )
    assert sorted(artifact.name for artifact in found) == ["late", "n0", "n1", "n2", "n3"]
    assert {len(artifact.manifest.contents) for artifact in found} == {20}


def test_log_artifact__for_the_first_time_in_an_exit_handler__is_recorded(artifacts: Callable[..., List[Any]]) -> None:
    """The library of threads can't even be loaded there."""
    (late,) = artifacts(
        """
        import atexit, os, wandb
        run = wandb.init(project="p")
        os.makedirs("d")
        for number in range(20):
            open(f"d/{number}", "w").write("x")
        atexit.register(lambda: run.log_artifact("d", name="late", type="t"))
        """
    )
    assert len(late.manifest.contents) == 20


def test_table__logged__is_in_an_artifact_that_its_row_names(program: Program) -> None:
    """Each version of a table that changes is one; a table that can't be kept there is in the run all the same."""
    program.environment["WANDB_DATA_DIR"] = str(program.folder / "data")
    result = program(
        """
        import os, wandb
        run = wandb.init(project="p", id="r")
        table = wandb.Table(columns=["a"], data=[[1]], log_mode="MUTABLE")
        fixed = wandb.Table(columns=["a"], data=[[1]])
        for number in range(2):
            run.log({"my table/x": table, "fixed": fixed})
            table.add_data(2)
        run.summary["s"] = wandb.Table(columns=["b"], data=[[3]])
        os.environ["WANDB_DATA_DIR"] = "/dev/null/x"
        run.log({"lost": wandb.Table(columns=["b"], data=[[4]])})
        """
    ).ok()
    assert "set WANDB_DATA_DIR" in result.stderr
    found = artifacts_of(result)
    assert [(artifact.name, artifact.type) for artifact in found] == [
        (name, "run_table") for name in ("run-r-mytablex-ffeBcA", "run-r-fixed", "run-r-mytablex-ffeBcA", "run-r-s")
    ]
    rows = result.run.rows()
    for row, artifact in ((rows[0], found[0]), (rows[1], found[2])):
        place = f"{artifact.client_id}/my table/x.table.json"
        assert row["my table/x", "artifact_path"] == f"wandb-client-artifact://{place}"
        assert json.loads(contents(artifact)["my table/x.table.json"])["nrows"] == row["my table/x", "nrows"]
    assert rows[0]["fixed", "artifact_path"] == rows[1]["fixed", "artifact_path"]
    assert rows[2]["lost", "path"].startswith("media/table/lost_2_") and ("lost", "artifact_path") not in rows[2]


def test_artifact__copies_that_can_not_be_made__is_one_clear_error(program: Program) -> None:
    """Not of the operating system, with a path that nobody has ever seen."""
    program.environment["WANDB_DATA_DIR"] = "/dev/null/x"
    result = program(
        """
        import wandb
        open("a", "w").write("a")
        try:
            wandb.Artifact("n", "t").add_file("a")
        except wandb.errors.UsageError as error:
            assert "set WANDB_DATA_DIR" in str(error)
            print("told")
        wandb.Artifact("n", "t").add_file("a", policy="immutable")
        """
    ).ok()
    assert result.stdout == "told\n"


def test_artifact__in_a_disabled_run__changes_nothing(program: Program) -> None:
    """Whoever switches wandb off gets something that takes every call."""
    program(
        """
        import wandb
        run = wandb.init(mode="disabled")
        artifact = wandb.Artifact("n", "t")
        run.log_artifact(artifact).wait()
        wandb.log_artifact("nowhere", "n").wait(5)
        assert run.use_artifact("n:latest") is run.log_model("nowhere") is run.log_code() is run.use_model("x") is None
        """
    ).ok()
    assert not list(program.folder.glob("wandb*"))


def test_artifact__of_a_program_with_numbers_only__loads_nothing_for_it(program: Program) -> None:
    """Who logs no artifact pays for none."""
    program(
        """
        import sys, wandb
        with wandb.init(project="p") as run:
            run.log({"x": 1})
        assert not [name for name in sys.modules if name.startswith("wandb.artifacts")]
        """
    ).ok()


OF_A_CALLBACK = """
    import os, signal, wandb
    from wandb.integration.current_run import log_files, log_model
    run = wandb.init(mode="offline")
    log_model(lambda path: open(path, "w").write("1"), "model", "my model \u00fc")
    run.log({"loss": 1})
    """


def test_files_of_a_callback__by_any_name__are_an_artifact(artifacts: Callable[..., List[Any]]) -> None:
    """Sacred's experiments name their artifacts as their files are called."""
    (artifact,) = artifacts(OF_A_CALLBACK)
    assert (artifact.name, artifact.type) == ("my_model__", "model") and contents(artifact) == {"model": b"1"}


def test_files_of_a_callback__that_can_not_be_kept__are_told_and_the_training_goes_on(program: Program) -> None:
    """A home folder that can't be written is no reason to lose an epoch; the program's own time limit is passed on."""
    (program.folder / "data").write_text("no folder")
    source = (
        OF_A_CALLBACK
        + """
    def strike(number, frame):
        raise TimeoutError
    signal.signal(signal.SIGALRM, strike)
    try:
        log_files(run, "n", "t", lambda artifact: signal.raise_signal(signal.SIGALRM))
    except TimeoutError:
        run.log({"passed": 1})
    """
    )
    result = program(source, env={"WANDB_DATA_DIR": str(program.folder / "data")}).ok()
    assert "is not logged as an artifact: Files of artifacts can't be kept in" in result.stderr
    assert artifacts_of(result) == []
    assert [sorted({"loss", "passed"} & set(row)) for row in result.run.rows()] == [["loss"], ["passed"]]
