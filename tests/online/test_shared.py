"""mode="shared": one run that several programs write, each on its own, as ranks on several machines do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.recorded import runs_in
from tests.server.server import ENTITY, OTHER_KEY, RecordingServer

RANK = """
    import sys, wandb
    rank = int(sys.argv[1])
    settings = wandb.Settings(
        mode="shared", x_label=f"rank {rank}/a", x_primary=rank == 0, x_update_finish_state=rank == 0, x_disable_stats=True
    )
    run = wandb.init(project="p", id="one", config={f"of_{rank}": rank}, settings=settings)
    for step in range(4):
        run.log({"rank": rank, "value": step})
        print("step", step, flush=True)
        if step % 2 == 1:
            sys.stdin.readline()
    assert (run.settings.mode, run.offline, run.settings._shared) == ("shared", False, True)
    run.finish()
"""


def assert_all_is_there(server: RecordingServer, sent: int = 1) -> None:
    ranks = 3
    rows = [(row["rank"], row["_step"], row["value"]) for row in server.run.rows()]
    assert sorted(rows) == [(rank, step, step) for rank in range(ranks) for step in range(4)]
    console = [f"[rank {rank}/a] step {step}" for rank in range(ranks) for step in range(4)]
    assert sorted(server.run.console()) == console
    logs = {f"output_rank {rank}_a.log" for rank in range(ranks)}
    of_the_run = {"config.yaml", "requirements.txt", "wandb-metadata.json", "wandb-summary.json"}
    assert set(server.run.files) == logs | of_the_run
    assert len(server.run.puts) == sent * (ranks + 4), "each file is sent by one of them"
    assert all(server.run.files[name].decode().split("\n")[0] == "step 0" for name in logs)


def test_shared__three_ranks_at_once__write_over_nothing_of_each_other(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Each rank numbered its lines behind those that the server had at its start, and so over those of the others."""
    ranks = [program.start(RANK, str(rank), stdin=subprocess.PIPE, env=server.environment()) for rank in range(3)]
    for rows in (6, 12):
        wait_for(lambda rows=rows: server.runs and len(server.run.rows()) == rows)
        for rank in reversed(ranks):  # the primary one last: its end is that of the run
            assert rank.stdin is not None
            rank.stdin.write("\n")
            rank.stdin.flush()
            if rows == 12:
                _, stderr = rank.communicate(timeout=60)
                assert rank.returncode == 0 and "no effect" not in stderr, stderr
    assert_all_is_there(server)
    assert server.run.complete and server.run.exit_code == 0
    assert [post.get("complete") for post in server.run.posts].count(True) == 1, (
        "the primary rank's end is that of the run"
    )
    assert "displayName" not in server.run.fields, "each rank gave the run a name of its own"


def test_shared__sent_later_and_from_a_copy__is_there_once(
    program: Program, server: RecordingServer, tmp_path: Path
) -> None:
    """Who a writer is follows from its record: a command on another machine sends the same lines to the same places."""
    environment = server.environment(WANDB_API_KEY=OTHER_KEY)  # refused: no helper tries again
    for rank in range(3):
        process = program.start(RANK, str(rank), stdin=subprocess.PIPE, env=environment)
        process.communicate("\n\n", timeout=60)
        assert process.returncode == 0
    folders = [run.path for run in runs_in(program.folder)]
    copies = [Path(shutil.copytree(folder, tmp_path / "copies" / folder.name)) for folder in folders]
    for sent, paths in enumerate((folders, copies), 1):
        answer = sync(program, server, *map(str, paths))
        assert answer.returncode == 0, answer.stderr
        assert_all_is_there(server, sent)


def test_shared__without_a_label__has_one(program: Program, server: RecordingServer) -> None:
    """Lines of the common console must say whose they are, and files of two writers must not have one name."""
    source = """
        import wandb
        with wandb.init(project="p", mode="shared", settings={"x_disable_stats": True}) as run:
            print("hello")
    """
    label = program(source, env=server.environment()).ok().run.records()[1]
    settings = {item.key: json.loads(item.value_json) for item in label.run.settings.item}
    assert server.run.console() == [f"[{settings['x_label']}] hello"]
    assert f"output_{settings['x_label']}.log" in server.run.files and server.run.entity == ENTITY
