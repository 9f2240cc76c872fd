"""pytest as the program: a user's tests that train with runs of their own, in each mode of capture, and in workers."""

from __future__ import annotations

import subprocess
import sys
from typing import Dict, List

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream
from tests.recorded import RecordedRun

TESTS = """
    import logging, multiprocessing, os, sys
    import pytest, wandb

    @pytest.fixture(scope="module")
    def shared(tmp_path_factory):
        with wandb.init(project="own", name="shared", dir=tmp_path_factory.getbasetemp()) as run:
            yield run

    @pytest.fixture
    def run(request, tmp_path):
        with wandb.init(project="own", name=request.node.name, dir=tmp_path) as run:
            yield run

    def train(run, steps=3):
        for step in range(steps):
            run.log({"loss": 1 / (step + 1)})
            print("step", step)

    def test_plain(run):
        train(run)

    def test_capsys(run, capsys):
        train(run)
        sys.stderr.write("to stderr\\n")
        assert capsys.readouterr() == ("step 0\\nstep 1\\nstep 2\\n", "to stderr\\n")

    def test_capsys_before(capsys, tmp_path):
        with wandb.init(project="own", name="test_capsys_before", dir=tmp_path) as run:
            capsys.readouterr()
            train(run)
            with capsys.disabled():
                train(run, 1)
            assert capsys.readouterr().out == "step 0\\nstep 1\\nstep 2\\n"
        capsys.readouterr()
        print("after")
        assert capsys.readouterr() == ("after\\n", "")

    def test_capfd(run, capfd):
        train(run)
        sys.stdout.flush()
        os.write(1, b"by the descriptor\\n")
        assert capfd.readouterr().out == "step 0\\nstep 1\\nstep 2\\nby the descriptor\\n"

    def test_caplog(run, caplog):
        logging.getLogger("training").warning("lost %s", "a worker")
        run.log({"a": 1})
        assert [record.getMessage() for record in caplog.records] == ["lost a worker"]

    def worker():
        print("from a child", flush=True)

    def test_child(run, capfd):
        child = multiprocessing.get_context("fork").Process(target=worker)
        child.start()
        child.join()
        run.log({"exit code": child.exitcode})
        assert child.exitcode == 0 and "from a child" in capfd.readouterr().out

    @pytest.mark.xfail(strict=True)
    def test_that_fails(run):
        train(run)
        raise ValueError("nan")

    @pytest.mark.parametrize("lr", [0.1, 0.2])
    def test_parameters(run, lr):
        run.config["lr"] = lr
        train(run, 1)

    def test_disabled(monkeypatch):
        monkeypatch.setenv("WANDB_MODE", "disabled")
        with wandb.init() as run:
            train(run)
        assert wandb.run is not run

    def test_in_a_folder_that_goes_away(monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        with wandb.init(project="own", name="moved", dir=tmp_path) as run:
            train(run, 1)

    def test_shared_first(shared):
        shared.log({"first": 1})

    def test_shared_second(shared):
        shared.log({"second": 2})
"""
MODES = {
    "fd": ["--capture=fd"],
    "sys": ["--capture=sys"],
    "tee": ["--capture=tee-sys"],
    "no": ["--capture=no"],
    "workers": ["-n2", "--dist=loadfile"],
}
ALL = [
    "-m",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "--basetemp=kept",
    "-o",
    "tmp_path_retention_policy=all",
    "test_it.py",
]


@pytest.mark.parametrize("mode", MODES)
def test_session__in_each_mode_of_capture__passes_and_records_its_runs(program: Program, mode: str) -> None:
    """Tests of what is printed pass as without a tracker, and each test's run has its rows."""
    if mode == "workers":
        pytest.importorskip("xdist")
    program.write(TESTS, "test_it.py")
    command = [*ALL, *MODES[mode]]
    environment = {**program.environment, "MPLBACKEND": "agg"}
    ended = subprocess.run(
        [sys.executable, *command], cwd=program.folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stdout
    assert "12 passed, 1 xfailed" in ended.stdout
    runs = by_name(program)
    printed = "step 0\nstep 1\nstep 2\n"
    for name in ("test_plain", "test_capsys", "test_capfd", "test_that_fails"):
        assert [row["loss"] for row in runs[name][0].rows()] == [1, 1 / 2, 1 / 3], name
    for name in ("test_plain", "test_that_fails", "test_capsys_before"):
        assert printed in runs[name][0].console(), name  # of a capsys that came after init, a run knows nothing
    (shared,) = runs["shared"]
    assert [sorted(set(row) & {"first", "second"}) for row in shared.rows()] == [["first"], ["second"]]
    same_with_upstream(program.folder, *command, runs="kept/**")


def by_name(program: Program) -> Dict[str, List[RecordedRun]]:
    """The runs that pytest's folders hold, by the names that the tests gave them."""
    found: Dict[str, List[RecordedRun]] = {}
    for path in sorted(program.folder.glob("kept/**/wandb/*run-[0-9]*")):
        run = RecordedRun(path)
        name = next(record.run.display_name for record in run.records() if record.HasField("run"))
        found.setdefault(name, []).append(run)
    return found
