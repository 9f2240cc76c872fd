"""Modules are loaded at their first use while other threads fork: by programs, in processes of their own."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from tests.conftest import Program
from tests.interruption import interrupted_everywhere
from wandb import loading

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")

# A child that hangs is ended, and is what it is reported as.
CHILDREN = """
    import faulthandler, os, sys, threading, time
    def children(count, act):
        pids = []
        for _ in range(count):
            pid = os.fork()
            if not pid:
                faulthandler.dump_traceback_later(20, exit=True)
                act()
                os._exit(0)
            pids.append(pid)
        return [os.waitpid(pid, 0)[1] for pid in pids]
"""


@needs_fork
@pytest.mark.parametrize(
    "act",
    ["wandb.Histogram([1, 2])", "wandb.log({'page': wandb.Html('x')})", "wandb.log({'i': wandb.Image(zeros((2, 2)))})"],
)
def test_fork__while_another_thread_loads__leaves_a_child_that_can_load(program: Program, act: str) -> None:
    """CPython's lock of a half-loaded module does not survive a fork: the child would wait for ever."""
    alone = program(f"from numpy import zeros; import wandb; wandb.init(); {act}")  # from a cold disk it may take longer than forks wait
    assert alone.status == 0
    source = f"""
        {CHILDREN.strip().replace(chr(10), chr(10) + '    ')}
        from numpy import zeros
        import wandb
        wandb.init()
        def act():
            {act}
        thread = threading.Thread(target=act)
        thread.start()
        print(children(12, act))
        thread.join()
        wandb.finish()
    """
    assert f"{[0] * 12}" in program(source).ok().stdout


@needs_fork
def test_fork__while_another_thread_uses_the_package_for_the_first_time__leaves_a_child_that_can(program: Program) -> None:
    """What guards the loading is there from the import on."""
    source = f"""
        {CHILDREN.strip().replace(chr(10), chr(10) + '    ')}
        import wandb
        sys.setswitchinterval(1e-5)
        def act():
            wandb.Settings
        thread = threading.Thread(target=act)
        thread.start()
        print(children(12, act))
        thread.join()
    """
    assert f"{[0] * 12}" in program(source).ok().stdout


@needs_fork
@pytest.mark.parametrize("before", ["pass", "import logging"])
@pytest.mark.parametrize("more", ["", "; import logging; logging.getLogger('its own')"])
def test_fork__in_the_middle_of_a_module_of_ours__waits_for_its_end(program: Program, before: str, more: str) -> None:
    """For certain, and not by chance: the module goes on only once the fork has been asked for.

    What `logging` does around a fork must not hold up the module, nor be done by half.
    """
    source = f"""
        import os, sys, threading, time
        from pathlib import Path
        Path("slowly_loaded.py").write_text("import program_events as e; e.begun.set(); e.asked.wait(); e.pause(){more}")
        sys.path.insert(0, os.getcwd())
        import types
        events = sys.modules["program_events"] = types.ModuleType("program_events")
        events.begun, events.asked = threading.Event(), threading.Event()
        events.pause = lambda: time.sleep(0.2)
        from wandb.loading import load
        thread = threading.Thread(target=load, args=["slowly_loaded"])
        thread.start()
        events.begun.wait()
        {before}
        events.asked.set()
        pid = os.fork()
        if not pid:
            is_whole = not getattr(sys.modules["slowly_loaded"].__spec__, "_initializing", False)
            os._exit(0 if is_whole else 1)
        print("child", os.waitpid(pid, 0)[1])
        thread.join()
    """
    ended = program(source).ok()
    assert "child 0" in ended.stdout and "ignored" not in ended.stderr


@needs_fork
def test_fork__by_the_module_that_is_loaded__waits_for_nobody_and_leaves_nothing(program: Program) -> None:
    """A module may start processes; and what an exception leaves behind costs one wait, not one for each fork."""
    source = """
        import os, sys
        from pathlib import Path
        import wandb.loading as loading
        Path("forking.py").write_text("import os; pid = os.fork(); pid or os._exit(0); status = os.waitpid(pid, 0)[1]")
        sys.path.insert(0, os.getcwd())
        print("child", loading.load("forking").status)
        print("left", len(loading._under_way), len(loading._forking))
        loading._MOST_SECONDS = 0.1
        loading._under_way[0] = 0, None
        for _ in range(2):
            pid = os.fork()
            pid or os._exit(len(loading._under_way) + len(loading._forking))
            print("forgotten", os.waitpid(pid, 0)[1], len(loading._under_way), len(loading._forking))
    """
    ended = program(source).ok()
    assert "child 0" in ended.stdout and "left 0 0" in ended.stdout and ended.stdout.count("forgotten 0 0 0") == 2


@needs_fork
def test_fork__that_nobody_delays__swallows_no_exception_of_a_signal_handler(program: Program) -> None:
    """A hook in Python would: a third of the time limits that end in a loop of forks were printed and gone."""
    source = """
        import os
        from _thread import interrupt_main
        import wandb
        wandb.Histogram
        os.register_at_fork(before=interrupt_main)  # as a signal that comes now
        for _ in range(3):
            try:
                os.fork() or os._exit(0)
            except KeyboardInterrupt:
                print("interrupted", os.waitpid(-1, 0)[1])
    """
    ended = program(source).ok()
    assert ended.stdout.count("interrupted 0") == 3 and "ignored" not in ended.stderr


@needs_fork
@pytest.mark.parametrize("kind", ["time_limit", "interrupt"])
def test_fork__that_waits_for_a_load_when_a_handler_raises__is_made_and_then_raises(program: Program, kind: str) -> None:
    """What is raised in a hook goes nowhere; the time limit would never come back."""
    source = f"""
        import os, signal, sys, threading
        import wandb.loading as loading
        begun, go, main = threading.Event(), threading.Event(), threading.get_ident()
        def load():
            with loading.loading():
                begun.set()
                while sys._current_frames()[main].f_code.co_name != "_wait_for_others":
                    pass
                os.kill(os.getpid(), {"signal.SIGALRM" if kind == "time_limit" else "signal.SIGINT"})
                while not loading._again:
                    pass
                print("waits")
        def limit(*_):
            raise TimeoutError
        signal.signal(signal.SIGALRM, limit)
        thread = threading.Thread(target=load)
        thread.start()
        begun.wait()
        try:
            os.fork() or os._exit(len(loading._forking) + len(loading._again))
        except (TimeoutError, KeyboardInterrupt) as error:
            print(type(error).__name__, os.waitpid(-1, 0)[1])
        thread.join()
        print("left", len(loading._under_way), len(loading._forking), len(loading._again))
    """
    ended = program(source).ok()
    expected = "TimeoutError 0" if kind == "time_limit" else "KeyboardInterrupt 0"
    assert ended.stdout.split("\n")[:3] == ["waits", expected, "left 0 0 0"]


def test_loading__interrupted_anywhere__leaves_nothing() -> None:
    """What stays behind would delay a fork."""

    def limit(*_: object) -> None:
        raise TimeoutError

    def body() -> None:
        with loading.loading():
            pass

    body()
    for raised in interrupted_everywhere([loading], lambda: None, body, limit):
        assert raised and not loading._under_way


@needs_fork
@pytest.mark.parametrize("first", ["library", "wandb"])
def test_fork__with_hooks_of_a_library_that_load_ours__is_not_delayed(program: Program, first: str) -> None:
    """Each in front of the other: the thread that forks never waits for itself."""
    source = f"""
        import os
        import wandb, wandb.loading as loading
        loading._MOST_SECONDS = 3600
        names = iter(["Histogram", "Html", "Object3D", "Molecule", "Video", "Audio", "Plotly", "Graph", "Table"])
        def hook():
            getattr(wandb, next(names))
        def library():
            os.register_at_fork(before=hook, after_in_parent=hook, after_in_child=hook)
        def ours():
            wandb.Settings
        {"library(), ours()" if first == "library" else "ours(), library()"}
        for _ in range(2):
            pid = os.fork()
            pid or os._exit(len(loading._under_way) + len(loading._forking))
            print("child", os.waitpid(pid, 0)[1], len(loading._forking))
    """
    assert program(source).ok().stdout.count("child 0 0") == 2


@needs_fork
def test_fork__in_several_threads_and_their_children__leaves_no_mark(program: Program) -> None:
    """A child has one thread; what the others of its parent were about is over."""
    source = """
        import os, sys, threading
        import linecache, tokenize  # which Python loads to warn of such a fork, while another thread forks
        import wandb, wandb.loading as loading
        loading._MOST_SECONDS = 3600
        wandb.Settings
        os.register_at_fork(before=lambda: [0 for _ in range(2000)])  # the other thread's turn
        sys.setswitchinterval(1e-5)
        def child(depth):
            if depth:
                pid = os.fork()
                pid or child(depth - 1)
                assert os.waitpid(pid, 0)[1] == 0
            wandb.Histogram
            os._exit(len(loading._under_way) + len(loading._forking))
        states = []
        def forks():
            for _ in range(25):
                pid = os.fork()
                pid or child(1)
                states.append(os.waitpid(pid, 0)[1])
        threads = [threading.Thread(target=forks) for _ in range(3)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        print(len(states), any(states), len(loading._forking))
    """
    assert "75 False 0" in program(source).ok().stdout


def test_import__of_the_root__registers_no_hook(program: Program) -> None:
    """That comes with the first use of a name."""
    source = """
        import os
        calls = []
        os.register_at_fork = lambda **hooks: calls.append(hooks)
        import wandb
        print("hooks", len(calls))
        wandb.Histogram
        print("then", bool(calls))
    """
    ended = program(source).ok()
    assert "hooks 0" in ended.stdout and "then True" in ended.stdout


# What `wandb` imports within a function, and by itself, without a word to the forks of other threads.
UNGUARDED = """
    import os, sys, threading
    import wandb, wandb.loading as loading
    root, unguarded = os.path.dirname(wandb.__file__), []
    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            frame = sys._getframe(1)
            while "importlib" in frame.f_code.co_filename or "encodings" in frame.f_code.co_filename:
                frame = frame.f_back
            is_ours = frame.f_code.co_filename.startswith(root) and frame.f_code.co_name != "<module>"
            if is_ours and threading.get_ident() not in [entry[0] for entry in loading._under_way.values()]:
                unguarded.append((os.path.relpath(frame.f_code.co_filename, root), frame.f_lineno, name))
"""
ACTS = """
    def artifact():
        from pathlib import Path
        Path("file.txt").write_text("x")
        made = wandb.Artifact("a", "t")
        made.add_file("file.txt")
        made.add(wandb.Table(columns=["a"], data=[[1]]), "table")
        made.add_reference("file://" + os.path.abspath("file.txt"))
        run.log_artifact(made)
    def picture():
        mask = {"mask_data": numpy.zeros((4, 4), "uint8"), "class_labels": {0: "a"}}
        return wandb.Image(numpy.zeros((4, 4, 3), "uint8"), masks={"m": mask})
    def curve():
        from io import BytesIO
        from types import SimpleNamespace as Message
        from PIL import Image
        from wandb.media import event_values
        file = BytesIO()
        Image.new("L", (2, 2)).save(file, "gif")
        event_values._picture(Message(encoded_image_string=file.getvalue()))
    acts = {
        "histogram": lambda: run.log({"x": wandb.Histogram([1, 2])}),
        "html": lambda: run.log({"x": wandb.Html("x")}),
        "image": lambda: run.log({"x": picture()}),
        "images": lambda: run.log({"x": [picture(), picture()]}),
        "table": lambda: run.log({"x": wandb.Table(columns=["a"], data=[[picture()]])}),
        "plot": lambda: run.log({"x": wandb.plot.line(wandb.Table(columns=["a", "b"], data=[[1, 2]]), "a", "b")}),
        "object": lambda: run.log({"x": wandb.Object3D(numpy.zeros((5, 3)))}),
        "metric": lambda: run.define_metric("x", summary="max"),
        "alert": lambda: run.alert("a", "b"),
        "code": lambda: run.log_code("."),
        "save": lambda: run.save("train.py"),
        "pickle": lambda: pickle.dumps(run),
        "picture of an event": curve,
        "artifact": artifact,
        "finish": run.finish,
    }
"""


@needs_fork
def test_first_use__of_anything__tells_forks_what_it_loads(program: Program) -> None:
    """Each in a process of its own, with what `init` has loaded and nothing else."""
    source = f"""
        {UNGUARDED.strip().replace(chr(10), chr(10) + "    ")}
        import numpy, pickle
        wandb.Settings
        sys.meta_path.insert(0, Finder)
        run = wandb.init()
        print("init", unguarded, flush=True)
        {ACTS.strip().replace(chr(10), chr(10) + "    ")}
        for name, act in acts.items():
            pid = os.fork()
            if not pid:
                act()
                print(name, unguarded, flush=True)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0, name
    """
    lines = program(source).ok().stdout.splitlines()
    assert len(lines) == 16 and [line for line in lines if not line.endswith(" []")] == []


@needs_fork
def test_run__in_a_bare_interpreter__tells_forks_what_it_loads(program: Program) -> None:
    """What nearly every program has loaded long before: modules of Python's own, and those of codecs."""
    source = f"""
        {UNGUARDED.strip().replace(chr(10), chr(10) + "    ")}
        sys.meta_path.insert(0, Finder)
        run = wandb.init(config={{"a": 1}})
        run.log({{"a": 1}})
        run.summary["c"] = 1
        run.finish()
        print("run", unguarded)
    """
    assert "run []" in program(source).ok().stdout


BEFORE_A_RUN = """
    def progress():
        from wandb.sdk.lib.progress import Progress
        shown = Progress(print, lambda: open("bars.txt", "w"))
        shown._told = 0
        shown.show("run", {"left_bytes": 5})
    def configured():
        with open("config.yaml", "w") as file:
            file.write("a: 1")
        return wandb.init(config="config.yaml", settings=wandb.Settings(base_url="http://u:p@127.0.0.1:1"))
    acts = {
        "login": lambda: wandb.login(key="a" * 40, host="http://127.0.0.1:1"),
        "sagemaker": lambda: wandb.sagemaker_auth(api_key="a" * 40),
        "api key": lambda: wandb.api.api_key,
        "arguments": lambda: sys.argv.append("--x=" + "y" * 50) or configured(),
        "nobody": lambda: wandb.init(mode="disabled"),
        "sweep": lambda: wandb.sweep({"method": "grid", "parameters": {"a": {"values": [1]}}}),
        "progress": progress,
        "psutil": lambda: wandb.process.is_written_by_somebody("x"),
    }
"""


@needs_fork
def test_first_use__before_any_run__tells_forks_what_it_loads(program: Program) -> None:
    """A login in a thread, while the program makes its workers; the settings file is read with each."""
    folder = program.folder / "config"
    folder.mkdir()
    (folder / "settings").write_text("[default]\nproject = p\n")
    source = f"""
        {UNGUARDED.strip().replace(chr(10), chr(10) + "    ")}
        import wandb.process
        sys.meta_path.insert(0, Finder)
        {BEFORE_A_RUN.strip().replace(chr(10), chr(10) + "    ")}
        for name, act in acts.items():
            pid = os.fork()
            if not pid:
                if name == "login":
                    os.environ["WANDB_MODE"] = "online"
                act()
                print(name, unguarded, flush=True)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0, name
    """
    lines = program(source, env={"TERM": "xterm"}).ok().stdout.splitlines()
    assert len(lines) == 8 and [line for line in lines if not line.endswith(" []")] == []


@pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
def test_watch__for_the_first_time__tells_forks_what_it_loads(program: Program) -> None:
    """The same, for what hooks of a model log while workers of its data are forked."""
    source = f"""
        {UNGUARDED.strip().replace(chr(10), chr(10) + "    ")}
        import torch
        run = wandb.init()
        sys.meta_path.insert(0, Finder)
        model = torch.nn.Linear(2, 2)
        run.watch(model, log="all", log_freq=1, log_graph=True)
        model(torch.ones(1, 2)).sum().backward()
        run.log({{"x": 1}})
        print("watch", unguarded)
    """
    assert "watch []" in program(source).ok().stdout
