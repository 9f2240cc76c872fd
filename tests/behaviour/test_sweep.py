"""Sweeps on this machine: each run gets values of its own, and what comes of it is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any, List

from tests.conftest import ROOT, Program
from tests.recorded import RecordedRun, runs_in

GRID = {"method": "grid", "metric": {"name": "loss"}, "parameters": {"lr": {"values": [0.1, 0.2]}, "n": {"value": 3}}}


def configs(program: Program) -> List[Any]:
    """What the runs of a program say that they were configured with."""
    return sorted(_config(run) for run in runs_in(program.folder))


def _config(run: RecordedRun) -> Any:
    import yaml

    values = yaml.safe_load(run.file("config.yaml"))
    return [(key, value["value"]) for key, value in sorted(values.items()) if key != "_wandb"]


def test_project_of_a_sweep__holds_for_later_runs_and_programs(program: Program) -> None:
    """A notebook makes a sweep, starts agents as commands, and trains once more with the best values."""
    result = program(
        f"""
        import subprocess, sys, wandb
        wandb.sweep({GRID!r}, project="tuning", entity="owner")
        wandb.sweep({GRID!r})
        child = "import wandb; run = wandb.init(); print(run.entity, run.project); run.finish()"
        subprocess.run([sys.executable, "-c", child], check=True)
        with wandb.init() as run, wandb.init(project="mine", reinit="create_new") as other:
            print(run.entity, run.project, other.project)
        """
    ).ok()
    assert result.stdout == "owner tuning\nowner tuning mine\n"


def test_agent__with_a_function__calls_it_with_each_set_of_values(program: Program) -> None:
    """The sweep's values win over those that the program gives, and can't be changed; open runs are ended."""
    source = f"""
        import os, wandb

        def train():
            run = wandb.init(config={{"lr": 9, "z": 1}})
            run.config.lr = 7
            assert run.sweep_id == sweep_id
            wandb.log({{"loss": run.config.lr}})

        sweep_id = wandb.sweep({GRID!r}, project="tuning")
        wandb.agent(sweep_id, train)
        assert wandb.run is None
        assert not [name for name in os.environ if name.startswith("WANDB_SWEEP") or name == "WANDB_RUN_ID"]
    """
    program(source).ok()
    assert configs(program) == [[("lr", lr), ("n", 3), ("z", 1)] for lr in (0.1, 0.2)]
    records = [record.run for run in runs_in(program.folder) for record in run.records() if record.HasField("run")]
    assert {record.project for record in records} == {"tuning"}
    assert all(record.sweep_id for record in records)


def test_trial__that_names_another_place_and_id__keeps_those_of_the_sweep(program: Program) -> None:
    """Programs name their project in `init`; the run would be lost to the sweep."""
    source = f"""
        import os, wandb

        def train():
            settings = wandb.Settings(run_id="mine", entity="elsewhere")
            with wandb.init(project="other", name="own", settings=settings) as run:
                print(run.project, run.id == os.environ["WANDB_RUN_ID"], run.name)

        sweep_id = wandb.sweep({GRID!r}, project="tuning")
        os.environ["WANDB_PROJECT"] = "from outside"
        wandb.agent(sweep_id, train, count=1)
        assert os.environ["WANDB_PROJECT"] == "from outside"
        with wandb.init(project="other", id="mine") as run:
            print(run.project, run.id)
    """
    result = program(source).ok()
    assert result.stdout.splitlines() == ["tuning True own", "other mine"]
    assert "its project is 'tuning', not 'other'" in result.stderr and "not 'mine'" in result.stderr


def test_agent__whose_function_fails__goes_on_and_the_run_says_so(program: Program) -> None:
    """A failed trial is a result, too."""
    source = f"""
        import wandb

        def train():
            run = wandb.init()
            if run.config.lr == 0.1:
                raise ValueError("does not converge")

        wandb.agent(wandb.sweep({GRID!r}), train)
    """
    ended = program(source).ok()
    assert "does not converge" in ended.stderr
    assert sorted(run.exit_code() for run in runs_in(program.folder)) == [0, 1]


def test_sweep__in_mode_disabled__makes_and_runs_nothing(program: Program) -> None:
    """For people who run their program without wandb."""
    ended = program(
        """
        import os, wandb
        sweep = wandb.sweep({"method": "grid", "parameters": {"a": {"values": [1, 2]}}})
        wandb.agent(sweep, function=lambda: print("called"))
        assert isinstance(sweep, str) and not os.path.exists("wandb")
        """,
        env={"WANDB_MODE": "disabled"},
    ).ok()
    assert ended.stdout == "" and "The agent runs nothing" in ended.stderr


def test_agent__interrupted__ends_with_the_interrupt(program: Program) -> None:
    """One Ctrl-C is enough."""
    source = f"""
        import wandb

        def train():
            wandb.init()
            raise KeyboardInterrupt

        wandb.agent(wandb.sweep({GRID!r}), train)
    """
    ended = program(source)
    assert ended.status != 0
    assert len(runs_in(program.folder)) == 1


def test_agent__whose_runs_all_fail__gives_up(program: Program) -> None:
    """After five at the beginning, or as many as it was told."""
    source = """
        import sys, wandb

        def train():
            calls.append(1)
            raise ValueError

        random = {"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}}
        calls = []
        wandb.agent(wandb.sweep(random), train)
        print(len(calls))
        calls = []
        wandb.agent(wandb.sweep(random), train, max_consecutive_failed_runs=2)
        print(len(calls))
        calls = []
        wandb.agent(wandb.sweep({**random, "run_cap": 3}), train)
        print(len(calls))
    """
    assert program(source).ok().stdout.split() == ["5", "2", "3"]


def test_commands__sweep_and_agents_at_once__run_each_trial_once(program: Program) -> None:
    """Two agents share the folder; the program gets its values as arguments, too."""
    program.write(
        """
        import sys, wandb
        with wandb.init() as run:
            assert f"--lr={run.config.lr}" in sys.argv, sys.argv
            run.log({"loss": run.config.lr * 2})
        """
    )
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    (program.folder / "sweep.yaml").write_text(
        f"program: train.py\nmethod: grid\nmetric: {{name: loss}}\nparameters: {{lr: {{values: {values}}}}}\n"
    )
    options: Any = {"cwd": program.folder, "env": {**program.environment, "PYTHONPATH": str(ROOT)}, "text": True}
    command = [sys.executable, "-m", "wandb"]
    subprocess.run([*command, "sweep", "sweep.yaml"], check=True, **options)
    (folder,) = program.folder.glob("wandb/sweep-*")
    sweep_id = folder.name[len("sweep-") :]
    agents = [subprocess.Popen([*command, "agent", sweep_id], stderr=subprocess.DEVNULL, **options) for _ in range(2)]
    assert [agent.wait(60) for agent in agents] == [0, 0]
    assert configs(program) == [[("lr", lr)] for lr in values]

    from wandb.sweeps.local_sweep import LocalSweep

    trials = LocalSweep(str(program.folder / "wandb"), sweep_id).trials()
    assert sorted((trial.values[0], trial.state, trial.metric) for trial in trials) == [
        (lr, "finished", lr * 2) for lr in values
    ]


def test_command__with_a_file_of_values__gives_its_program_json(program: Program) -> None:
    """Programs take it apart with `json.load`, and expect nothing but names and values."""
    program.write(
        """
        import json, sys, wandb
        with open(sys.argv[1]) as file:
            values = json.load(file)
        assert values == json.loads(sys.argv[2]) == {"lr": 0.5, "model": {"depth": 2}}, values
        with wandb.init() as run:
            assert run.config.as_dict() == values
        """
    )
    (program.folder / "sweep.yaml").write_text(
        "program: train.py\nmethod: grid\ncommand: ['${interpreter}', '${program}', '${args_json_file}', '${args_json}']\n"
        "parameters: {lr: {value: 0.5}, model: {parameters: {depth: {values: [2]}}}}\n"
    )
    options: Any = {"cwd": program.folder, "env": {**program.environment, "PYTHONPATH": str(ROOT)}, "timeout": 60}
    command = [sys.executable, "-m", "wandb"]
    subprocess.run([*command, "sweep", "sweep.yaml"], check=True, **options)
    (folder,) = program.folder.glob("wandb/sweep-*")
    subprocess.run([*command, "agent", folder.name[len("sweep-") :]], check=True, **options)
    (run,) = runs_in(program.folder)
    assert run.exit_code() == 0


def test_command__whose_program_goes_elsewhere__has_its_run_beside_the_sweep(program: Program) -> None:
    """Hydra gives each program a folder of its own, and goes there before the program begins a run."""
    program.write("import os, wandb\nos.mkdir('own')\nos.chdir('own')\nwandb.init().finish()\n")
    (program.folder / "sweep.yaml").write_text("program: train.py\nmethod: grid\nparameters: {lr: {value: 0.5}}\n")
    options: Any = {"cwd": program.folder, "env": {**program.environment, "PYTHONPATH": str(ROOT)}, "timeout": 60}
    command = [sys.executable, "-m", "wandb"]
    subprocess.run([*command, "sweep", "sweep.yaml"], check=True, **options)
    (folder,) = program.folder.glob("wandb/sweep-*")
    subprocess.run([*command, "agent", folder.name[len("sweep-") :]], check=True, **options)
    assert len(runs_in(program.folder)) == 1 and (program.folder / "own").is_dir()


def test_commands__that_can_not_be_done__say_why(program: Program) -> None:
    """One line and a status, no traceback."""
    (program.folder / "sweep.yaml").write_text("method: grid\nparameters: {lr: 3}\n")
    for arguments, words in ((["agent", "nosuch"], "There is no sweep"), (["sweep", "sweep.yaml"], "must be a mapping")):
        ended = subprocess.run(
            [sys.executable, "-m", "wandb", *arguments],
            cwd=program.folder,
            env=program.environment,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 1
        assert words in ended.stderr
        assert "Traceback" not in ended.stderr


def test_agent_command__interrupted__waits_for_its_program(program: Program, wait_for: Any) -> None:
    """The program gets the terminal's Ctrl-C by itself, and may have a checkpoint to write."""
    program.write(
        """
        import os, signal, time
        def end(*_):
            time.sleep(1)
            open("saved", "w").close()
            os._exit(3)
        signal.signal(signal.SIGINT, end)
        open("started", "w").close()
        time.sleep(60)
        """
    )
    (program.folder / "sweep.yaml").write_text("program: train.py\nmethod: random\nparameters: {x: {value: 1}}\n")
    options: Any = {"cwd": program.folder, "env": program.environment, "text": True}
    subprocess.run([sys.executable, "-m", "wandb", "sweep", "sweep.yaml"], check=True, **options)
    (folder,) = program.folder.glob("wandb/sweep-*")
    command = [sys.executable, "-m", "wandb", "agent", folder.name[len("sweep-") :]]
    agent = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL, **options)
    wait_for((program.folder / "started").exists)
    os.killpg(agent.pid, signal.SIGINT)
    assert agent.wait(30) != 0
    assert (program.folder / "saved").exists()


def test_early_terminate__of_runs_that_are_behind__ends_them_and_the_agent_goes_on(program: Program) -> None:
    """The first run sets the mark; a worse one ends soon, a better one goes on to its end."""
    config = {
        "method": "grid", "metric": {"name": "loss"}, "parameters": {"lr": {"values": [2, 3, 1]}},
        "early_terminate": {"type": "hyperband", "min_iter": 3},
    }  # fmt: skip
    source = f"""
        import time, wandb

        def train():
            with wandb.init() as run:
                for number in range(200 if run.config.lr == 3 else 20):
                    run.log({{"loss": run.config.lr}})
                    time.sleep(0 if run.config.lr == 2 else 0.1)  # the agent looks while the later ones go on

        sweep_id = wandb.sweep({config!r})
        wandb.agent(sweep_id, train)
        print("ended", sweep_id)
    """
    ended = program(source).ok()
    assert "is behind the others after 3 values" in ended.stderr and ended.stdout.startswith("ended")
    runs = [(dict(_config(run))["lr"], len(run.rows()), run.exit_code()) for run in runs_in(program.folder)]
    (early,) = [run for run in runs if run[0] == 3]
    assert 3 <= early[1] < 200 and early[2] == 255
    assert sorted(run for run in runs if run[0] != 3) == [(1, 20, 0), (2, 20, 0)]
