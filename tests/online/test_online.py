"""mode=online: what a server has when the program has ended, and that no server can hurt the program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import psutil
import pytest

import wandb
from tests.conftest import Program
from tests.online.test_sync_command import RUN, assert_complete, sync
from tests.recorded import runs_in
from tests.server.faults import HANG, STATUS, Fault
from tests.server.server import KEY, RecordingServer

WAITS = """
    import sys
    import wandb
    run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
    run.log({"x": 0})
    print("ready", flush=True)
    sys.stdin.readline()
    run.log({"x": 1})
    run.finish()
"""


def folder_of(program: Program) -> Path:
    (path,) = program.folder.glob("wandb/*run-[0-9]*")
    return path


def told(stderr: str, text: str) -> List[str]:
    return [line for line in stderr.splitlines() if text in line]


def test_online__program__is_at_the_server_when_it_ends(program: Program, server: RecordingServer) -> None:
    """The same state as by `wandb sync`; the folder has the name and the mark of a run that was sent."""
    result = program(RUN, "one", env=server.environment()).ok()
    assert_complete(server)
    run = result.run
    assert run.path.name.startswith("run-") and os.path.exists(run.layout.synced_marker)
    page = f"{server.url}/somebody/p/runs/one"
    assert told(result.stderr, f"View run n at: {page}") and told(result.stderr, "Synced 5 W&B file(s)")
    requests = len(server.requests)
    assert sync(program, server, "--include-synced", str(run.path)).returncode == 0
    assert len(server.requests) == requests, "the upload that the service began is at its end"


def test_online__page__is_known_once_the_server_has_answered(program: Program, server: RecordingServer) -> None:
    """`run.url` and `run.entity` wait for nobody; with an entity the page is told at the start."""
    result = program(
        """
        import time, wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        deadline = time.monotonic() + 30
        while run.url is None and time.monotonic() < deadline:
            time.sleep(0.05)
        print(run.url, run.entity, run.path, run.offline)
        other = wandb.init(project="p", id="two", entity="team", reinit="create_new")
        print(other.url)
        """,
        env=server.environment(),
    ).ok()
    assert result.stdout.splitlines() == [
        f"{server.url}/somebody/p/runs/one somebody somebody/p/one False",
        f"{server.url}/team/p/runs/two",
    ]


def test_online__page_asked_by_a_child__is_known_there_and_told_once(program: Program, server: RecordingServer) -> None:
    """A forked worker that asks for `run.url` says nothing by itself."""
    result = program(
        """
        import os, time, wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        if not os.fork():
            deadline = time.monotonic() + 30
            while run.url is None and time.monotonic() < deadline:
                time.sleep(0.05)
            print(run.url, flush=True)
            os._exit(0)
        os.wait()
        """,
        env=server.environment(),
    ).ok()
    page = f"{server.url}/somebody/p/runs/one"
    assert result.stdout == page + "\n"
    assert len(told(result.stderr, f"View run at {page}")) == 1


@pytest.mark.parametrize("healthy", [True, False])
def test_online__init_timeout__waits_for_the_page_or_for_a_problem(
    program: Program, server: RecordingServer, healthy: bool
) -> None:
    """Only who asks for it waits, and nobody for a server that fails."""
    if not healthy:
        server.stop()
    source = """
        import wandb
        run = wandb.init(project="p", id="one", settings={"init_timeout": 600})
        print(run.url)
    """
    result = program(source, env=server.environment(WANDB_FINISH_TIMEOUT="1")).ok()
    assert result.stdout.strip() == (f"{server.url}/somebody/p/runs/one" if healthy else "None")


def test_online__while_it_goes_on__rows_and_console_come_within_seconds(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """A person looks at the page, not at the folder."""
    process = program.start(WAITS, stdin=subprocess.PIPE, env=server.environment())
    wait_for(lambda: "one" in server.runs and server.run.rows())
    wait_for(lambda: server.run.console() == ["ready"])
    wait_for(lambda: server.run.summary().get("x") == 0)
    assert not server.run.complete
    process.communicate("\n", timeout=60)
    assert [row["x"] for row in server.run.rows()] == [0, 1] and server.run.complete


def test_online__server_gone_at_first__catches_up(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """One warning that names the host; nothing is missing."""
    server.stop()
    process = program.start(WAITS, stdin=subprocess.PIPE, env=server.environment())
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    status = wait_for(lambda: list(program.folder.glob("wandb/run-*/logs/upload-status.json")))[0]
    wait_for(lambda: server.host in json.loads(status.read_text()).get("problem", ""))
    server.start()
    wait_for(lambda: "one" in server.runs and server.run.rows())
    _, stderr = process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert [row["x"] for row in server.run.rows()] == [0, 1] and server.run.complete
    assert len(told(stderr, "WARNING")) <= 1


FAULTS: Dict[str, Callable[[RecordingServer], None]] = {
    "refuses": lambda server: server.stop(),
    "answers 500": lambda server: server.faults.plan("", Fault(STATUS), 10_000),
    "hangs": lambda server: server.faults.plan("", Fault("hang", seconds=60), 10_000),
    "key is refused": lambda server: server.keys.clear(),
    "forbids the run": lambda server: server.faults.plan("UpsertBucket", Fault(STATUS, status=403), 10_000),
    "does not know it": lambda server: server.faults.plan("file_stream", Fault(STATUS, status=404), 10_000),
    "resets": lambda server: server.faults.plan("", Fault("reset"), 10_000),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_online__server_that_fails_for_good__costs_nothing_but_the_upload(
    program: Program, server: RecordingServer, fault: str
) -> None:
    """The program ends as ever, in bounded time, one warning names the host, and `wandb sync` sends it later."""
    FAULTS[fault](server)
    environment = server.environment(WANDB_FINISH_TIMEOUT="4")
    result = program(RUN, "one", env=environment).ok()
    assert result.stdout.splitlines()[:2] == ["line 0", "line 1"]
    assert len(told(result.stderr, "WARNING")) == 1, result.stderr
    assert told(result.stderr, f"wandb sync {folder_of(program)}")
    assert result.run.exit_code() == 0 and len(result.run.rows()) == 10
    if fault != "hangs":
        assert server.host in told(result.stderr, "WARNING")[0]
    server.faults.clear()
    server.keys.add(KEY)
    if fault == "refuses":
        server.start()
    deadline_command = _sync_until_free(program, server)
    assert deadline_command.returncode == 0, deadline_command.stderr
    assert_complete(server)


def _sync_until_free(program: Program, server: RecordingServer) -> subprocess.CompletedProcess[str]:
    """The helper may still be at it for a moment, or finish the work itself."""
    while True:
        result = sync(program, server, str(folder_of(program)))
        if "another process is sending it now" not in result.stderr:
            return result


def test_online__wrong_certificate__is_said_and_costs_nothing(program: Program, server: RecordingServer) -> None:
    """Here: a server that speaks no TLS at all."""
    environment = server.environment(WANDB_BASE_URL=server.url.replace("http:", "https:"), WANDB_FINISH_TIMEOUT="4")
    result = program(RUN, "one", env=environment).ok()
    (warning,) = told(result.stderr, "WARNING")
    assert f"{server.host} can't be reached" in warning
    assert len(result.run.rows()) == 10


def test_online__service_killed_again_and_again__sends_each_row_once(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Its successors go on from the checkpoint; replies are lost on the way."""
    server.faults.plan("file_stream", Fault.lost_reply(), 2)
    process = program.start(
        """
        import os, signal, sys, wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        number = 0
        for _ in sys.stdin:
            for _ in range(100):
                run.log({"x": number})
                print("line", number)
                number += 1
            interface = run._interface
            if interface._service is not None and interface._service_starts < 4:
                os.kill(interface._service.pid, signal.SIGKILL)
                interface._service.wait_for_end(lambda: 10)
                interface._restart_service()
        run.finish()
        """,
        stdin=subprocess.PIPE,
        env=server.environment(),
    )
    assert process.stdin is not None
    for turn in range(4):
        process.stdin.write("go\n")
        process.stdin.flush()
        wait_for(lambda turn=turn: "one" in server.runs and len(server.run.rows()) >= 100 * turn)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert [row["x"] for row in server.run.rows()] == list(range(400))
    lines = [line for line in server.run.console() if not line.startswith("ERROR wandb: ")]
    assert lines == [f"line {number}" for number in range(400)]
    assert server.run.complete


CHILD = """
    import os, wandb
    run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
    run.log({"x": 0})
    if not os.fork():
        run.log({"child": 1})
        print("child")
        os._exit(0)
    os.wait()
    run.log({"x": 1})
"""


def test_online__rows_of_children__with_a_server_that_comes_at_the_end__are_sent(
    program: Program, server: RecordingServer
) -> None:
    """Whoever has read nothing before the end of the run reads all of it behind."""
    server.faults.plan("UpsertBucket", Fault(STATUS, status=503), 20)
    program(CHILD, env=server.environment()).ok()
    rows = [(row.get("x"), row.get("child"), row["_step"]) for row in server.run.rows()]
    assert rows == [(0, None, 0), (1, None, 1), (None, 1, 2)] and server.run.complete


def test_online__rows_of_children__come_at_the_end_with_the_steps_of_the_record(
    program: Program, server: RecordingServer
) -> None:
    """They are numbered when the run ends; what is sent live equals what is sent later, and what is on the disk."""
    run = program(CHILD, env=server.environment()).ok().run
    rows = [(row.get("x"), row.get("child"), row["_step"]) for row in server.run.rows()]
    assert rows == [(0, None, 0), (1, None, 1), (None, 1, 2)]
    assert [(row.get("x"), row.get("child"), row["_step"]) for row in run.rows()] == rows
    assert server.run.console() == ["child"]


def test_online__child_that_outlives_the_run__is_sent_to_its_end(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """The run is complete at the server when `finish` returns, and once more when the last child is gone."""
    process = program.start(
        """
        import os, sys, wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        run.log({"x": 0})
        read, write = os.pipe()
        if not os.fork():
            os.read(read, 1)
            run.log({"late": 1})
            print("late", flush=True)
            os._exit(0)
        run.finish()
        print("finished", flush=True)
        sys.stdin.readline()
        os.write(write, b"x")
        """,
        stdin=subprocess.PIPE,
        env=server.environment(),
    )
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "finished\n"
    assert server.run.complete and [row["x"] for row in server.run.rows()] == [0]
    process.stdin.write("\n")
    process.stdin.flush()
    wait_for(lambda: len(server.run.rows()) == 2 and server.run.complete)
    assert (server.run.rows()[1]["late"], server.run.rows()[1]["_step"]) == (1, 1)
    assert server.run.console() == ["late"]


def test_online__stop_asked_by_the_server__is_ctrl_c_for_the_program(program: Program, server: RecordingServer) -> None:
    """As the button on the page; the run ends as an interrupted one."""
    process = program.start(
        """
        import time, wandb
        with wandb.init(project="p", id="one") as run:
            while True:
                run.log({"x": 1})
                time.sleep(0.05)
        """,
        env=server.environment(),
    )
    while "one" not in server.runs:
        assert process.poll() is None
    server.run.stopped = True
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT and "KeyboardInterrupt" in stderr
    assert server.run.complete and server.run.exit_code not in (0, None)


def test_online__resumed__goes_on_behind_the_earlier_part(program: Program, server: RecordingServer) -> None:
    """Steps, lines, config, summary and runtime, by the server's word."""
    source = """
        import sys, wandb
        with wandb.init(project="p", id="one", resume="allow", config={sys.argv[1]: 1}) as run:
            run.log({sys.argv[1]: 0})
            run.log({sys.argv[1]: 1})
            print(sys.argv[1])
    """
    for part in "ab":
        program(source, part, env=server.environment()).ok()
    run = server.run
    assert [row["_step"] for row in run.rows()] == [0, 1, 2, 3]
    assert run.console() == ["a", "b"]
    assert (run.summary()["a"], run.summary()["b"], run.summary()["_step"]) == (1, 1, 3)
    assert {"a", "b"} <= set(run.config())


@pytest.mark.parametrize("resume", ["must", "allow"])
@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ({}, ("g", "j", "n", "some", ["t"])),
        ({"group": "", "job_type": "", "notes": "", "tags": []}, ("g", "j", "n", "some", ["t"])),
        ({"group": "g2"}, ("g2", "j", "n", "some", ["t"])),
        ({"job_type": "j2", "name": "n2", "tags": ["t2"]}, ("g", "j2", "n2", "some", ["t2"])),
    ],
)
def test_online__resumed_without_what_was_given_before__loses_nothing_of_it(
    program: Program, server: RecordingServer, resume: str, later: Any, expected: Any
) -> None:
    """The later part's record names only what is given again; the server keeps the rest, and so does the local API."""
    source = """
        import json, sys, wandb
        with wandb.init(project="p", id="one", **json.loads(sys.argv[1])) as run:
            run.log({"x": 1})
    """
    first = {"group": "g", "job_type": "j", "name": "n", "notes": "some", "tags": ["t"]}
    for given in (first, {"resume": resume, **later}):
        program(source, json.dumps(given), env=server.environment()).ok()
    fields = server.run.fields
    names = ("groupName", "jobType", "displayName", "notes", "tags")
    assert tuple(fields[name] for name in names) == expected and len(server.run.rows()) == 2
    found = wandb.Api(local=str(program.folder)).run("one")
    assert (found.group, found.job_type, found.name, found.notes, found.tags) == expected


@pytest.mark.parametrize(("resume", "exists"), [("must", False), ("never", True)])
def test_online__resume_that_may_not_be__is_said_and_recorded(
    program: Program, server: RecordingServer, resume: str, exists: bool
) -> None:
    """Nothing waits for the server, so it is a warning; the other run is not touched."""
    if exists:
        program(RUN, "one", env=server.environment()).ok()
    source = f"""
        import wandb
        with wandb.init(project="p", id="one", resume="{resume}") as run:
            run.log({{"x": 1}})
    """
    elsewhere = program.folder / "elsewhere"  # where no part of the run is
    result = program(source, env=server.environment(WANDB_DIR=str(elsewhere))).ok()
    assert len(told(result.stderr, f"resume={resume}: ")) == 1
    assert len(runs_in(elsewhere)[0].rows()) == 1
    assert ("one" in server.runs) == exists
    if exists:
        assert_complete(server)


def test_online__key_given_in_the_code__reaches_the_service_and_nothing_else(
    program: Program, server: RecordingServer
) -> None:
    """Not the record, the argument list, or a log; also with a netrc file that can't be written."""
    source = f"""
        import os, subprocess, wandb
        with wandb.init(project="p", id="one", settings=wandb.Settings(api_key="{KEY}", base_url="{server.url}")) as run:
            run.log({{"x": 1}})
            print(subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True).stdout.count("{KEY}"))
    """
    result = program(source, env={"WANDB_MODE": "online"}).ok()
    assert server.run.complete and result.stdout == "0\n"
    for path in result.run.path.rglob("*"):
        if path.is_file():
            assert KEY[6:] not in path.read_bytes().decode("latin-1"), path


def test_online__training_process__loads_no_network_library(program: Program, server: RecordingServer) -> None:
    """The price of online is paid by the service."""
    source = """
        import sys, wandb
        with wandb.init(project="p", id="one") as run:
            run.log({"x": 1})
        print(*sorted({name.partition(".")[0] for name in sys.modules} & {"requests", "urllib3", "google", "yaml", "http"}))
    """
    assert program(source, env=server.environment()).ok().stdout == "\n"


def test_online__finish_timeout__ends_the_waiting_and_says_what_is_left(
    program: Program, server: RecordingServer
) -> None:
    """A slow server does not hold the machine; the helper goes on while the server answers."""
    server.faults.plan("put", Fault("slow", seconds=8), 100)
    result = program(RUN, "one", env=server.environment(WANDB_FINISH_TIMEOUT="2")).ok()
    assert told(result.stderr, "not wholly sent") and told(result.stderr, "wandb sync")
    server.faults.clear()
    _sync_until_free(program, server)
    assert_complete(server)


def test_online__files__are_sent_by_their_policies(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """At once, whenever they change, at the end; names that are ignored never."""
    program(
        """
        import os, wandb
        with wandb.init(project="p", id="one", settings={"ignore_globs": ["*.tmp"]}) as run:
            for policy in ("now", "end", "live"):
                name = f"sub/{policy}.txt"
                os.makedirs("sub", exist_ok=True)
                open(name, "w").write(policy)
                run.save(name, base_path=".", policy=policy)
            open("no.tmp", "w").write("x")
            run.save("no.tmp")
            open("empty", "w").close()
            run.save("empty")
            open("sub/live.txt", "w").write("changed")
        """,
        env=server.environment(),
    ).ok()
    files = server.run.files
    assert (files["sub/now.txt"], files["sub/end.txt"], files["sub/live.txt"]) == (b"now", b"end", b"changed")
    assert files["empty"] == b"" and "no.tmp" not in files


def test_online__file_saved_now__is_sent_as_it_was_then(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """And once more for each further call, not at the end of the run."""
    process = program.start(
        """
        import sys, wandb
        with wandb.init(project="p", id="one") as run:
            def write(text):
                open("now.txt", "w").write(text)
                return text
            for number in range(2):
                text = write(f"saved {number}")
                run.save("now.txt", policy="now")
                print("ready", flush=True)
                sys.stdin.readline()
            write("after")
        """,
        stdin=subprocess.PIPE,
        env=server.environment(),
    )
    assert process.stdin is not None
    for number in range(2):
        wait_for(lambda: "one" in server.runs and server.run.files.get("now.txt") == b"saved %d" % number)  # noqa: B023
        process.stdin.write("\n")
        process.stdin.flush()
    process.communicate(timeout=60)
    assert server.run.files["now.txt"] == b"saved 1" and server.run.puts.count("now.txt") == 2


def test_online__no_key__records_offline(program: Program, server: RecordingServer) -> None:
    """As ever; the folder says so by its name."""
    result = program(RUN, "one", env=server.environment(WANDB_API_KEY="")).ok()
    assert result.run.path.name.startswith("offline-run-") and server.requests == []
    assert sys.executable and len(runs_in(program.folder)) == 1


def test_online__silent_program__sends_heartbeats(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """A run that says nothing for long must not look like a dead one."""
    process = program.start(WAITS, stdin=subprocess.PIPE, env=server.environment(WANDB_HEARTBEAT_SECONDS="1"))
    wait_for(lambda: "one" in server.runs and server.run.posts.count({}) >= 2)
    process.communicate("\n", timeout=60)


def test_online__preemption__is_told_at_once(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """The machine may be gone before the next post is due."""
    source = WAITS.replace('print("ready"', 'run.mark_preempting(); print("ready"')
    environment = server.environment(WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL="1000")
    process = program.start(source, stdin=subprocess.PIPE, env=environment)
    wait_for(lambda: "one" in server.runs and server.run.preempting)
    process.communicate("\n", timeout=60)
    assert server.run.complete


def test_online__server_that_reads_structured_console_lines__gets_them(program: Program) -> None:
    """With the label of this writer, if it has one."""
    with RecordingServer(features=("STRUCTURED_CONSOLE_LOGS",)) as server:
        program(WAITS, env=server.environment(WANDB_X_LABEL="node 1"), stdin=subprocess.DEVNULL).ok()
        (line,) = server.run.lines("output.log")
        values = json.loads(line)
        assert (values["content"], values["label"]) == ("ready", "node 1")
        assert server.unexpected == []


def test_online__run_that_shall_stay_open__is_not_completed(program: Program, server: RecordingServer) -> None:
    """Several writers of one run: only one of them ends it."""
    environment = server.environment(WANDB_X_UPDATE_FINISH_STATE="false")
    program(WAITS, env=environment, stdin=subprocess.DEVNULL).ok()
    assert [row["x"] for row in server.run.rows()] == [0, 1] and not server.run.complete
    assert set(server.run.uploaded) == set(server.run.files)


def test_online__name_notes_tags_and_config__that_change_are_told(program: Program, server: RecordingServer) -> None:
    """Without the console, which is switched off."""
    program(
        """
        import wandb
        run = wandb.init(project="p", id="one", config={"a": 1}, settings={"console": "off"})
        run.name, run.notes, run.tags = "new", "text", ("x",)
        run.config.update({"b": {"c": 2}})
        print("not recorded")
        run.finish()
        """,
        env=server.environment(),
    ).ok()
    run = server.run
    assert (run.fields["displayName"], run.fields["notes"], run.fields["tags"]) == ("new", "text", ["x"])
    assert run.config()["b"] == {"c": 2}
    assert run.console() == [] and "output.log" not in run.files


def test_online__stop_on_fatal_error__ends_the_program(program: Program, server: RecordingServer) -> None:
    """Only for those who ask for it."""
    server.keys.clear()
    source = """
        import time, wandb
        with wandb.init(project="p", id="one", settings={"stop_on_fatal_error": True}) as run:
            while True:
                run.log({"x": 1})
                time.sleep(0.05)
    """
    result = program(source, env=server.environment())
    assert result.status == -signal.SIGINT and "KeyboardInterrupt" in result.stderr


def test_online__lines_printed_beside_a_bar__are_there_at_the_same_time(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """A request has room for one row of lines: that of the bar must not be all that an interval brings."""
    process = program.start(
        """
        import sys
        import wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        print("bar", end="", file=sys.stderr)
        print("ready", flush=True)
        sys.stdin.readline()
        print("\\rBAR", end="", file=sys.stderr)
        print("new", flush=True)
        run.mark_preempting()  # is posted at once
        sys.stdin.readline()
        """,
        stdin=subprocess.PIPE,
        env=server.environment(WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL="1000"),
    )
    assert process.stdin is not None
    wait_for(lambda: "one" in server.runs and server.run.console() == ["ERROR bar", "ready"])
    process.stdin.write("\n")
    process.stdin.flush()
    wait_for(lambda: server.run.console() == ["ERROR BAR", "ready", "new"])
    process.communicate("\n", timeout=60)


def test_online__ctrl_c_while_finish_waits__says_how_to_send_the_rest(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """The program's own exception goes on; who gave it learns what becomes of the run."""
    server.faults.plan("put", Fault(HANG, seconds=60), 99)
    process = program.start(RUN, "one", env=server.environment())
    wait_for(lambda: server.requests.count("put") > 1)  # the files of the end are on their way
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0 and "KeyboardInterrupt" in said
    assert f"wandb sync {folder_of(program)}" in said


def test_online__media_of_all_kinds__are_counted_as_such(program: Program, server: RecordingServer) -> None:
    """What lies below media/, as upstream's client counts: a page is a medium, too."""
    result = program(
        """
        import os, wandb
        with wandb.init(project="p", id="one") as run:
            run.log({"page": wandb.Html("<b>hi</b>")})
            os.mkdir("media")
            for name in ("media/own.txt", "plain.txt"):
                open(name, "w").close()
                run.save(name, base_path=".")
        """,
        env=server.environment(),
    ).ok()
    assert told(result.stderr, "2 media file(s), 0 artifact file(s) and 1 other file(s)"), result.stderr


def test_online__request_that_nothing_interrupts__does_not_keep_the_helper(
    program: Program, server: RecordingServer, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """A name server, or a server, that hangs for ever: once the helper gives up, it does not wait for the request."""
    server.faults.plan("UpsertBucket", Fault(HANG, seconds=1000), 9)
    quick = {"WANDB_FINISH_TIMEOUT": "0.5", "WANDB_X_GRAPHQL_TIMEOUT_SECONDS": "1000"}
    program(RUN, "one", env=server.environment(**quick)).ok()
    folder = folder_of(program)
    (helper,) = (each for each in psutil.process_iter(["cmdline"]) if str(folder) in (each.info["cmdline"] or ()))
    wait_for(lambda: runs_in(program.folder)[0].kinds()[-1] == "exit" and "UpsertBucket" in server.requests)
    folder.rename(program.folder / "elsewhere")  # nobody waits for it any more
    wait_for(lambda: not helper.is_running())
