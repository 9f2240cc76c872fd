"""Secrets of every kind are planted, programs are run, and everything that is left or visible is searched for them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator, List

import psutil
import pytest

from tests.conftest import Program
from tests.recorded import runs_in
from wandb.cli.main import main as command_line
from wandb.errors import UsageError
from wandb.settings import Settings, resolve
from wandb.settings_fields import SECRETS, without_credentials

# What each way of giving a secret plants; a key has 40 characters.
KEYS = {way: f"{way}SECRET".ljust(40, "0") for way in ("variable", "netrc", "login", "setting", "file", "token", "later")}
PASSWORDS = {way: f"{way}SECRET" for way in ("proxy", "proxies", "server", "app", "remote", "gitremote", "header", "metrics", "azure")}
# Given to the program, and none of them is in use.
ARGUMENTS = {"other": "0123456789abcdef" * 2 + "01234567", "hub": "hf_hubSECRET", "database": "databaseSECRET", "slurm": "slurmSECRET"}
ALL = [*KEYS.values(), *PASSWORDS.values(), *ARGUMENTS.values()]
GIVEN = ["--lr", "0.1", "--api-key", ARGUMENTS["other"], f"--hub_token={ARGUMENTS['hub']}", f"db.password={ARGUMENTS['database']}"]

PROGRAM = f"""
import os, subprocess, sys, wandb
way = sys.argv[1]
wandb.login(key="{KEYS['login']}")
settings = wandb.Settings(
    api_key="{KEYS['setting']}",
    http_proxy="http://user:{PASSWORDS['proxy']}@localhost:1",
    x_proxies={{"https": "http://user:{PASSWORDS['proxies']}@localhost:1"}},
    x_extra_http_headers={{"Authorization": "Bearer {PASSWORDS['header']}"}},
    x_stats_open_metrics_endpoints={{"gpu": "http://user:{PASSWORDS['metrics']}@localhost:1/metrics"}},
    azure_account_url_to_access_key={{"https://account": "{PASSWORDS['azure']}"}},
    app_url_override="http://user:{PASSWORDS['app']}@localhost:1",
    identity_token_file=os.path.abspath("token"),
    save_code=False,
    console="redirect" if way == "watched" else "wrap",
)
run = wandb.init(project="p", settings=settings)
print(repr(run.settings), run.url, str(run.settings.app_url))
run.log({{"a": 1}})
if way == "kill":
    os.kill(os.getpid(), 9)
if way == "crash":
    raise ValueError("as the program wanted it")
if way == "watched":
    print("READY", flush=True)
    sys.stdin.readline()
run.finish()
"""


@pytest.fixture
def planted(program: Program) -> Program:
    """A program's surroundings with all the secrets that don't stand in the program itself."""
    folder = program.folder
    (folder / "token").write_text(KEYS["token"])
    (folder / ".netrc").write_text(f"machine other\n  login user\n  password {KEYS['netrc']}\n")
    settings = folder / "config" / "settings"
    settings.parent.mkdir()
    settings.write_text(f"[default]\napi_key = {KEYS['file']}\nhttps_proxy = http://user:{PASSWORDS['proxy']}@localhost:1\n")
    for path in (folder / "token", folder / ".netrc", settings):
        path.chmod(0o600)
    for command in (["init", "-q"], ["remote", "add", "origin", f"https://user:{PASSWORDS['remote']}@localhost/x.git"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    subprocess.run([*"git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x".split()], cwd=folder, check=True)
    program.environment.update(
        WANDB_API_KEY=KEYS["variable"],
        WANDB_BASE_URL=f"http://user:{PASSWORDS['server']}@localhost:1",
        WANDB_GIT_REMOTE_URL=f"https://user:{PASSWORDS['gitremote']}@localhost/x.git?private_token={PASSWORDS['gitremote']}",
        WANDB_DEBUG="true",
        WANDB_X_LOG_LEVEL="10",
        WANDB_FINISH_TIMEOUT="1",  # nobody is at that address
        TMPDIR=str(folder / "tmp"),
    )
    program.environment.pop("WANDB_MODE")
    (folder / "tmp").mkdir()
    return program


def files_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            yield path


def leaks(folder: Path) -> List[str]:
    """Files that hold a secret, but for those that are there to hold one, which nobody else may read."""
    found = []
    for path in files_below(folder):
        held = [secret for secret in ALL if secret.encode() in path.read_bytes()]
        private = path.name in (".netrc", "token", "settings") and path.stat().st_mode & 0o77 == 0
        if held and not private and path.name != "train.py":
            found.append(f"{path}: {held}")
    return found


def shown(text: str) -> List[str]:
    return [secret for secret in ALL if secret in text]


@pytest.mark.parametrize("way", ["crash", "kill", "no helper"])
def test_secrets__planted_in_every_way__are_in_no_file_and_no_message(
    planted: Program, wait_for: Callable[[Callable[[], Any]], Any], way: str
) -> None:
    """Record, files, diaries, temporary folder, terminal; whatever becomes of the program or its helper."""
    source = PROGRAM
    if way == "no helper":
        source = source.replace("import os,", "import os, sys; sys.frozen = True\nimport")
    result = planted(source, way, *GIVEN, env={"SLURM_JWT": ARGUMENTS["slurm"]})
    assert result.status == {"crash": 1, "kill": -9}.get(way, 0), result.stderr
    run = next(planted.folder.glob("wandb/*run-2*"))
    wait_for(lambda: (run / "files" / "config.yaml").exists() and not list(run.glob("*.spool")))
    assert shown(result.stdout + result.stderr) == []
    assert leaks(planted.folder) == []
    if way != "no helper":
        recorded = runs_in(planted.folder)[0].file("wandb-metadata.json")
        assert json.loads(recorded)["args"][1:5] == ["--lr", "0.1", "--api-key", "*" * 8]
    assert (planted.folder / ".netrc").stat().st_mode & 0o777 == 0o600
    assert KEYS["login"] in (planted.folder / ".netrc").read_text()


def test_secrets__while_the_program_runs__are_in_no_argument_and_only_in_the_environment_of_the_service(
    planted: Program,
) -> None:
    """The relay needs none; the service may have to talk to the server."""
    process = planted.start(PROGRAM, "watched", stdin=subprocess.PIPE)
    assert process.stdout and process.stdin
    while "READY" not in process.stdout.readline():
        assert process.poll() is None
    (run,) = planted.folder.glob("wandb/*run-2*")
    helpers = [helper for helper in psutil.process_iter() if helper.pid != process.pid and _works_in(helper, run)]
    commands = {" ".join(helper.cmdline()): " ".join(helper.environ().values()) for helper in helpers}
    assert any("wandb.service" in command for command in commands) and shown(" ".join(commands)) == []
    keyless = [shown(environment) == [] for command, environment in commands.items() if "wandb.service" not in command]
    assert keyless and all(keyless)
    process.stdin.write("\n")
    process.stdin.close()
    assert process.wait(60) == 0 and leaks(planted.folder) == []


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder)
    except psutil.Error:
        return False


def test_credentials__in_addresses__are_taken_out_and_nothing_else() -> None:
    """Of every address in a text; a user name alone is one too."""
    text = "http://u:p@h/x?a=b@c and https://token@h:1 and mail@h, git@h:x, 'ssh://u:p@ss@h/x'"
    assert without_credentials(text) == "http://h/x?a=b@c and https://h:1 and mail@h, git@h:x, 'ssh://h/x'"


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_settings__wrong_secret__is_not_repeated(name: str) -> None:
    """A message may end up in anybody's log."""
    for wrong in (f" {ALL[0]} ", [ALL[0]], {ALL[0]: {1: 2}}, f"[{ALL[0]}"):
        for source in ("code", "environment"):
            try:
                if source == "code":
                    shown_text = repr(Settings(**{name: wrong}))
                else:
                    shown_text = repr(resolve(None, {}, environ={f"WANDB_{name.upper()}": str(wrong)}, cwd="/"))
            except UsageError as error:
                shown_text = f"{error!r} {error} {error.__context__!r}"
            assert shown(shown_text) == []


def test_settings_file__broken_line_with_a_key__is_not_repeated(tmp_path: Path) -> None:
    """The line's number is enough to find it."""
    path = tmp_path / "settings"
    path.write_text(f"[default]\nproject = p\n= {KEYS['file']}\n")
    (warning,) = resolve(Settings(settings_system=str(path)), {}, environ={}, cwd=str(tmp_path)).warnings
    assert "line 3" in warning and shown(warning) == []


def test_command_line__server_address_with_a_password__is_kept_privately_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in the settings file afterwards."""
    from click.testing import CliRunner

    monkeypatch.chdir(tmp_path)
    address = f"http://user:{PASSWORDS['server']}@localhost:1"
    result = CliRunner().invoke(command_line, ["login", "--host", address, KEYS["login"]])
    result_of_status = CliRunner().invoke(command_line, ["status"])
    assert result.exit_code == 0, result.output
    assert shown("".join(_written(one) for one in (result, result_of_status))) == []
    path = tmp_path / "config" / "settings"
    assert address in path.read_text() and path.stat().st_mode & 0o77 == 0


def _written(result: Any) -> str:
    """To both streams; older releases of click have them in one unless they are told."""
    try:
        return str(result.output + result.stderr)
    except ValueError:
        return str(result.output)


def test_run__pickled__holds_no_key(program: Program) -> None:
    """A run may be pickled into a checkpoint with everything around it."""
    source = f"""
        import pickle, sys, wandb
        run = wandb.init(mode="offline", settings=wandb.Settings(api_key="{KEYS['setting']}"))
        data = pickle.dumps(run)
        print(b"SECRET" in data, pickle.loads(data) is run)
    """
    assert program(source).ok().stdout == "False True\n"
