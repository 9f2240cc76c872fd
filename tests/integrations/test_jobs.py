"""Programs that start others to do the work: jobs of submitit, notebooks of papermill."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream


def test_submitit__array_of_local_jobs__has_a_run_of_each(program: Program) -> None:
    """They are started by pickle, detached, with their output in files of its own."""
    pytest.importorskip("submitit")
    ended = program(
        """
        import submitit
        def train(rate):
            import wandb
            with wandb.init(project="p", group="jobs", config={"rate": rate}) as run:
                for step in range(3):
                    run.log({"loss": rate / (step + 1)})
                print("rate", rate)
            return rate * 2
        if __name__ == "__main__":
            executor = submitit.LocalExecutor("jobs")
            executor.update_parameters(timeout_min=2)
            jobs = executor.map_array(train, [0.1, 0.2, 0.3])
            print([job.result() for job in jobs])
        """,
        limit=120,
    ).ok()
    runs = all_left(ended.folder)
    assert sorted(run["config"]["rate"] for run in runs) == [0.1, 0.2, 0.3]
    assert [len(run["rows"]) for run in runs] == [3] * 3
    same_with_upstream(ended.folder)


def test_papermill__notebook_with_parameters__has_a_run_of_each_execution(program: Program) -> None:
    """Cells that begin, fill and finish a run."""
    pytest.importorskip("papermill")
    ended = program(
        """
        import nbformat, papermill
        cells = [nbformat.v4.new_code_cell("rate = 0.5\\nsteps = 2", metadata={"tags": ["parameters"]}),
          nbformat.v4.new_code_cell("import wandb\\nrun = wandb.init(project='p', name='named', config={'rate': rate})"),
          nbformat.v4.new_code_cell("for step in range(steps):\\n    run.log({'loss': rate / (step + 1)})\\n    print('step', step)"),
          nbformat.v4.new_code_cell("run.finish()")]
        for n, rate in enumerate((0.1, 0.2)):
            nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "p"}}), "in.ipynb")
            papermill.execute_notebook("in.ipynb", f"out{n}.ipynb", {"rate": rate, "steps": 3}, progress_bar=False, kernel_name="python3")
        """,
        limit=120,
    ).ok()
    assert sorted(run["config"]["rate"] for run in all_left(ended.folder)) == [0.1, 0.2]
    same_with_upstream(ended.folder)
