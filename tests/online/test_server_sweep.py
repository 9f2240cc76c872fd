"""Sweeps of a server: made there, run by agents of this machine, watched and stopped from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from tests.conftest import ROOT, Program
from tests.server.server import RecordingServer

CONFIG = {"method": "grid", "program": "train.py", "metric": {"name": "loss", "goal": "minimize"}, "parameters": {"lr": {"values": [0.1, 0.2]}, "n": {"value": 3}}}
WaitFor = Callable[[Callable[[], Any]], Any]


def call(program: Program, server: RecordingServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`wandb ARGUMENTS` in the program's folder, online."""
    return subprocess.run(
        [sys.executable, "-m", "wandb", *arguments], cwd=program.folder, capture_output=True, text=True, timeout=100,
        env={**program.environment, **server.environment(WANDB_X_GRAPHQL_RETRY_MAX="2"), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def configs(server: RecordingServer) -> List[Dict[str, Any]]:
    """Of the runs that arrived, in their order."""
    runs = sorted(server.runs.values(), key=lambda run: run.run_id)
    return [{key: value for key, value in run.config().items() if key != "_wandb"} for run in runs]


def test_sweep__made_and_run_with_a_function__is_at_the_server(program: Program, server: RecordingServer) -> None:
    """Values and ids come from there, and the runs say whose they are; afterwards the Api finds the best one."""
    source = f"""
        import wandb

        def train():
            with wandb.init(config={{"lr": 9, "z": 1}}) as run:
                run.log({{"loss": run.config.lr}})

        sweep_id = wandb.sweep({CONFIG!r}, project="tuning")
        wandb.agent(sweep_id, train)
        api = wandb.Api()
        sweep = api.sweep(f"somebody/tuning/{{sweep_id}}")
        best = sweep.best_run()
        print(sweep.state, len(sweep.runs), best.id, best.config["lr"], best.sweep.id, [s.id for s in api.project("tuning").sweeps()])
    """
    result = program(source, env=server.environment()).ok()
    assert result.stdout.split() == ["FINISHED", "2", "sweep0-0", "0.1", "sweep0", "['sweep0']"], result.stderr
    assert configs(server) == [{"lr": 0.1, "n": 3, "z": 1}, {"lr": 0.2, "n": 3, "z": 1}]
    assert [run.fields["sweep"] for run in server.runs.values()] == ["sweep0", "sweep0"]
    assert all(run.complete and run.exit_code == 0 and run.project == "tuning" for run in server.runs.values())
    assert server.sweeps.by_id["sweep0"].config == CONFIG
    assert f"Sweep URL: {server.url}/somebody/tuning/sweeps/sweep0" in result.stderr


def test_commands__sweep_and_agent__run_the_program(program: Program, server: RecordingServer) -> None:
    """The program has its values as arguments and in its config; `--count` ends the agent before the server does."""
    program.write(
        """
        import sys, wandb
        with wandb.init() as run:
            assert f"--lr={run.config.lr}" in sys.argv and "--n=3" in sys.argv, sys.argv
            run.log({"loss": run.config.lr})
        """
    )
    (program.folder / "sweep.yaml").write_text(
        "method: grid\nprogram: other.py\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {values: [0.1, 0.2]}, n: {value: 3}}\n"
    )
    made = call(program, server, "sweep", "sweep.yaml", "-p", "tuning", "--name", "the name", "--program", "train.py")
    assert made.returncode == 0 and "Create sweep with ID: sweep0" in made.stderr, made.stderr
    assert server.sweeps.by_id["sweep0"].fields["displayName"] == "the name"
    first = call(program, server, "agent", "somebody/tuning/sweep0", "--count", "1")
    assert first.returncode == 0 and configs(server) == [{"lr": 0.1, "n": 3}], first.stderr
    second = call(program, server, "agent", "sweep0", "-p", "tuning")
    assert second.returncode == 0 and configs(server)[1:] == [{"lr": 0.2, "n": 3}], second.stderr
    assert len(server.sweeps.agents) == 2 and set(server.sweeps.hosts) == {os.uname().nodename}


def test_commands__that_change_a_sweep__do_it_at_the_server(program: Program, server: RecordingServer) -> None:
    """Paused, gone on with, stopped, cancelled, and given another configuration."""
    (program.folder / "sweep.yaml").write_text("method: grid\nparameters: {lr: {values: [1]}}\n")
    assert call(program, server, "sweep", "sweep.yaml", "-p", "t").returncode == 0
    fields = server.sweeps.by_id["sweep0"].fields
    for option, state in (("--pause", "PAUSED"), ("--resume", "RUNNING"), ("--stop", "FINISHED"), ("--cancel", "CANCELED")):
        result = call(program, server, "sweep", option, "somebody/t/sweep0")
        assert result.returncode == 0 and fields["state"] == state, result.stderr
    (program.folder / "sweep.yaml").write_text("method: random\nparameters: {lr: {values: [1]}}\n")
    assert call(program, server, "sweep", "--update", "t/sweep0", "sweep.yaml").returncode == 0
    assert server.sweeps.by_id["sweep0"].config["method"] == "random" and len(server.sweeps.by_id) == 1
    for arguments, words in (
        (("--resume", "t/sweep0"), "only one that is paused"), (("--stop", "t/none"), "There is no sweep somebody/t/none"),
        (("none.yaml",), "There is no file none.yaml"),
    ):  # fmt: skip
        result = call(program, server, "sweep", *arguments)
        assert result.returncode != 0 and words in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("by", ["heartbeat", "page"])
def test_run__stopped_at_the_server__ends_and_the_agent_goes_on(
    by: str, program: Program, server: RecordingServer, wait_for: WaitFor
) -> None:
    """Whether the agent hears of it or the run itself: the next one is begun."""
    source = f"""
        import time, wandb
        from wandb.sweeps import heartbeat
        heartbeat.BEAT_SECONDS = {0.1 if by == "heartbeat" else 3600.0}

        def train():
            with wandb.init() as run:
                run.log({{"x": 1}})
                if run.config.lr == 0.1:
                    for _ in range(600):
                        time.sleep(0.1)
                        run.log({{"x": 1}})

        wandb.agent(wandb.sweep({CONFIG!r}, project="t"), train)
        print("ended")
    """
    process = program.start(source, env=server.environment())
    first = wait_for(lambda: server.runs.get("sweep0-0") and server.runs["sweep0-0"].rows() and server.runs["sweep0-0"])
    if by == "heartbeat":
        server.sweeps.by_id["sweep0"].commands.append({"type": "stop", "run_id": "sweep0-0"})
    else:
        first.stopped = True
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (0, "ended\n"), stderr
    assert "run sweep0-0 was stopped" in stderr
    assert first.complete and first.exit_code != 0 and server.runs["sweep0-1"].exit_code == 0


def test_agent__of_a_sweep_that_is_not_there__says_so(program: Program, server: RecordingServer) -> None:
    """One line that names it."""
    result = call(program, server, "agent", "somebody/t/none")
    assert result.returncode == 1 and "There is no sweep somebody/t/none at the server" in result.stderr
    assert "Traceback" not in result.stderr


def test_agent__that_passes_signals_on__ends_its_program(program: Program, tmp_path: Path, wait_for: WaitFor) -> None:
    """A scheduler signals the process that it knows; a program that does not listen is killed after its time."""
    program.write(
        """
        import signal, time
        signal.signal(signal.SIGTERM, lambda *_: open("heard", "w").close())
        open("started", "w").close()
        time.sleep(60)
        time.sleep(60)
        """
    )
    (program.folder / "sweep.yaml").write_text("program: train.py\nmethod: random\nparameters: {x: {value: 1}}\n")
    options: Any = {"cwd": program.folder, "env": program.environment, "text": True}
    subprocess.run([sys.executable, "-m", "wandb", "sweep", "sweep.yaml"], check=True, **options)
    (folder,) = program.folder.glob("wandb/sweep-*")
    command = [sys.executable, "-m", "wandb", "agent", "-f", "-t", "1", folder.name[len("sweep-") :]]
    agent = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    wait_for((program.folder / "started").exists)
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(30) == 128 + signal.SIGTERM and (program.folder / "heard").exists()


def test_controller__of_a_sweep__chooses_what_agents_run(program: Program, server: RecordingServer, wait_for: WaitFor) -> None:
    """One wish at a time is open; when everything has been tried, the sweep ends, and its agents with it."""
    program.write("import wandb\nwith wandb.init() as run: run.log({'loss': run.config.lr})\n")
    source = """
        import time, wandb
        from wandb.sweeps import controller
        controller._STEP_SECONDS = 0.1
        sweep = wandb.controller()
        sweep.configure_search("grid")
        sweep.configure_program("train.py")
        sweep.configure_metric("loss", "minimize")
        sweep.configure_parameter("lr", values=[0.1, 0.2])
        assert sweep.sweep_id is None
        print(sweep.create(), flush=True)
        sweep.run()
        sweep.print_status()
    """
    program.folder.joinpath("control").mkdir()
    (program.folder / "control.py").write_text(__import__("textwrap").dedent(source))
    environment = {**program.environment, **server.environment(WANDB_PROJECT="t"), "PYTHONPATH": str(ROOT)}
    controlling = subprocess.Popen(
        [sys.executable, str(program.folder / "control.py")], cwd=program.folder / "control", env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: server.sweeps.by_id)
    agent = call(program, server, "agent", "t/sweep0")
    stdout, stderr = controlling.communicate(timeout=60)
    assert (agent.returncode, controlling.returncode, stdout) == (0, 0, "sweep0\n"), agent.stderr + stderr
    assert configs(server) == [{"lr": 0.1}, {"lr": 0.2}] and "(grid), runs: 2 (finished: 2)" in stderr
    refused = call(program, server, "controller", "t/sweep0")
    assert refused.returncode == 0, refused.stderr  # it is done already
    (program.folder / "sweep.yaml").write_text("method: grid\nparameters: {lr: {values: [1]}}\n")
    assert call(program, server, "sweep", "sweep.yaml", "-p", "t").returncode == 0
    refused = call(program, server, "controller", "t/sweep1")
    assert refused.returncode == 1 and "is controlled by the server" in refused.stderr


@pytest.mark.parametrize("where", ["server", "here"])
def test_function__of_an_agent__has_no_thread_and_no_child_of_ours(where: str, program: Program, server: RecordingServer) -> None:
    """Training forks, which Python warns of beside a thread, and waits for all its children; heartbeats come all the same."""
    source = f"""
        import os, threading, warnings, wandb
        from wandb.sweeps import heartbeat
        heartbeat.BEAT_SECONDS = 0.1
        warnings.simplefilter("error")

        def train():
            with wandb.init() as run:
                assert threading.active_count() == 1, threading.enumerate()
                for _ in range(3):
                    if os.fork() == 0:
                        os._exit(0)
                    os.wait()
                try:
                    os.wait()
                except ChildProcessError:
                    print("alone", flush=True)
                import time
                deadline = time.monotonic() + 60
                while not os.path.exists("go") and time.monotonic() < deadline:
                    time.sleep(0.05)
                run.log({{"loss": 1}})

        config = {{**{CONFIG!r}, "parameters": {{"lr": {{"value": 1}}}}, "early_terminate": {{"type": "hyperband", "min_iter": 1}}}}
        wandb.agent(wandb.sweep(config, project="t"), train)
    """
    environment = server.environment() if where == "server" else {}
    process = program.start(source, env=environment)
    assert process.stdout is not None and process.stdout.readline() == "alone\n", process.communicate()
    if where == "server":
        while {"sweep0-0": True} not in server.sweeps.run_states:
            assert process.poll() is None
    (program.folder / "go").touch()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
