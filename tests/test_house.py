"""The rules of the house, executed: rooms, sizes, single homes, public names. ARCHITECTURE.md says why."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wandb"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
HARD_LIMIT = 300
GENERATED = {"wandb.wire.schema"}

GROUND = {
    "wandb.errors", "wandb.errors.errors", "wandb.version", "wandb.process", "wandb.loading", "wandb.signals", "wandb.descriptors", "wandb.settings", "wandb.settings_fields", "wandb.settings_values",
    "wandb.settings_files", "wandb.settings_checks", "wandb.settings_derived", "wandb.settings_calls", "wandb.running_shell", "wandb.yaml_file", "wandb.settings_together", "wandb.credentials", "wandb.metric_rules", "wandb.summary_state", "wandb.config_state",
    "wandb.foreign_names", "wandb.foreign_answers", "wandb.masking", "wandb.certificates", "wandb.failed_connections", "wandb.patience",
}  # fmt: skip
# Older import paths, and stand-ins for what later releases bring; nothing inside uses them.
ALIASES = {
    "wandb.wandb_run": ["Run"],
    "wandb.util": ["generate_id", "json_dumps_safer", "make_artifact_name_safe", "to_forward_slash_path", "get_module"],
    "wandb.env": ["set_entity", "set_project", "get_dir", "get_cache_dir", "get_base_url", "get_run", "is_offline"],
    "wandb.errors.term": ["termerror", "termlog", "termsetup", "termwarn"],
    "wandb.cli.cli": ["cli"],
    "wandb.apis.public": ["Api", "File", "Run", "Runs", "Sweep"],
    "wandb.data_types": ["Image", "Table", "WBValue", "Bokeh", "ImageMask", "EvalTable"],
    "wandb.gym": ["monitor"],
    "wandb.jupyter": ["load_ipython_extension"],
    "wandb.plot": ["confusion_matrix", "line_series", "pr_curve"],
    "wandb.sklearn": ["plot_roc"],
    "wandb.tensorboard": ["patch"],
    "wandb.sdk.artifacts": ["artifact"],
    "wandb.sdk.artifacts.artifact": ["Artifact"],
    "wandb.sdk.artifacts.artifact_manifest": ["ArtifactManifest"],
    "wandb.sdk.artifacts.artifact_manifest_entry": ["ArtifactManifestEntry"],
    "wandb.sdk.artifacts.artifact_state": ["ArtifactState"],
    "wandb.sdk.artifacts.artifact_ttl": ["ArtifactTTL"],
    "wandb.sdk.artifacts.exceptions": ["ArtifactFinalizedError", "ArtifactNotLoggedError", "ArtifactStatusError", "WaitTimeoutError"],
    "wandb.sdk.data_types": ["image", "table", "video", "base_types"],
    "wandb.sdk.data_types.audio": ["Audio"],
    "wandb.sdk.data_types.base_types": [],
    "wandb.sdk.data_types.base_types.media": ["BatchableMedia", "Media"],
    "wandb.sdk.data_types.base_types.wb_value": ["WBValue"],
    "wandb.sdk.data_types.bokeh": ["Bokeh"],
    "wandb.sdk.data_types.graph": ["Edge", "Graph", "Node"],
    "wandb.sdk.data_types.helper_types": [],
    "wandb.sdk.data_types.helper_types.bounding_boxes_2d": ["BoundingBoxes2D"],
    "wandb.sdk.data_types.helper_types.classes": ["Classes"],
    "wandb.sdk.data_types.helper_types.image_mask": ["ImageMask"],
    "wandb.sdk.data_types.histogram": ["Histogram"],
    "wandb.sdk.data_types.html": ["Html"],
    "wandb.sdk.data_types.image": ["Image"],
    "wandb.sdk.data_types.molecule": ["Molecule"],
    "wandb.sdk.data_types.object_3d": ["Object3D", "box3d"],
    "wandb.sdk.data_types.plotly": ["Plotly"],
    "wandb.sdk.data_types.table": ["JoinedTable", "PartitionedTable", "Table"],
    "wandb.sdk.data_types.trace_tree": ["Result", "Span", "SpanKind", "StatusCode", "Trace", "WBTraceTree"],
    "wandb.sdk.data_types.video": ["Video"],
    "wandb.sdk.wandb_alerts": ["AlertLevel"],
    "wandb.sdk.wandb_helper": ["parse_config"],
    "wandb.sdk.wandb_require": ["require"],
    "wandb.sdk.wandb_run": ["Run", "RunStatus"],
    "wandb.sdk.wandb_config": ["Config"],
    "wandb.sdk.wandb_init": ["init"],
    "wandb.sdk.wandb_login": ["login"],
    "wandb.sdk.wandb_metric": ["Metric"],
    "wandb.sdk.wandb_settings": ["Settings"],
    "wandb.sdk.wandb_setup": ["setup", "teardown"],
    "wandb.sdk.wandb_summary": ["Summary"],
    "wandb.sdk.lib.config_util": ["ConfigError"],
    "wandb.sdk.lib.disabled": ["RunDisabled"],
    "wandb.sdk.lib.filesystem": ["mkdir_exists_ok"],
    "wandb.sdk.lib.ipython": ["in_ipython", "in_jupyter", "in_notebook"],
    "wandb.sdk.lib.json_util": ["dump", "dumps", "load", "loads"],
    "wandb.sdk.lib.paths": ["StrPath"],
    "wandb.sdk.lib.runid": ["generate_id"],
    "wandb.sdk.lib.telemetry": ["context"],
    "wandb.sdk.lib": ["RunDisabled"],
}
# Modules of later releases: importing one says so.
LATER = {
    "wandb.automations", "wandb.integration.diffusers", "wandb.integration.huggingface", "wandb.tensorflow", "wandb.wandb_torch",
}  # fmt: skip
# Older import paths that load the library that they are for.
OF_LIBRARIES = {"wandb.catboost", "wandb.keras", "wandb.lightgbm", "wandb.sacred", "wandb.xgboost"}
THIRD_PARTY = {"click", "google", "psutil", "yaml", "requests", "numpy", "torch", "PIL", "pandas", "matplotlib"}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room of a module, by ARCHITECTURE.md's table."""
    if (module in ALIASES or module in LATER or module in OF_LIBRARIES) and module not in ("wandb.cli.cli", "wandb.sdk.lib"):
        return "alias"
    if module in GROUND:
        return "ground"
    for room in ("wandb.sdk.interface", "wandb.sdk.lib", "wandb.sdk", "wandb.wire", "wandb.runlog", "wandb.sync",
                 "wandb.relay", "wandb.service", "wandb.cli", "wandb.media", "wandb.artifacts", "wandb.apis", "wandb.export",
                 "wandb.integration", "wandb.sweeps"):  # fmt: skip
        if module == room or module.startswith(room + "."):
            return room[6:]
    return {"wandb": "root", "wandb.__main__": "cli"}[module]


@lru_cache(maxsize=None)
def import_table() -> Dict[str, Set[str]]:
    """room -> rooms it may import, read from ARCHITECTURE.md."""
    table = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines():
        match = re.match(r"\| `([\w.]+)` \|([^|]*)\|", line)
        if match:
            table[match.group(1)] = set(re.findall(r"`([\w.]+)`", match.group(2)))
    return table


@lru_cache(maxsize=None)
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=None)
def imports(path: Path) -> List[Tuple[str, bool]]:
    """(module, at the top level?) of each import that runs; those for the type checker do not."""
    return list(_imports(tree_of(path)))


def _imports(tree: ast.Module) -> Iterator[Tuple[str, bool]]:
    inside: Set[ast.AST] = set()
    skipped: Set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            skipped.update(ast.walk(node))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node not in inside
        elif isinstance(node, ast.ImportFrom) and node.module:
            if (ROOT / node.module.replace(".", "/")).is_dir():
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    yield (name if import_exists(name) else node.module), node not in inside
            else:
                yield node.module, node not in inside


@lru_cache(maxsize=None)
def import_exists(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").exists() or path.is_dir()


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports__of_each_file__keep_to_the_table(path: Path) -> None:
    """Data flows one way; sdk and sync never meet."""
    room, table = room_of(module_of(path)), import_table()
    assert room in table, f"ARCHITECTURE.md has no room {room}"
    for name, _ in imports(path):
        if name == "wandb" or name.startswith("wandb."):
            other = room_of(name)
            assert other == room or other in table[room], f"{module_of(path)} ({room}) imports {name} ({other})"


def test_imports__as_a_graph__have_no_cycle() -> None:
    """Imports inside functions count too, but for the way back from a run to what makes one."""
    graph: Dict[str, Set[str]] = {}
    for path in FILES:
        graph[module_of(path)] = {name for name, top in imports(path) if top and name.startswith("wandb.")}
    done: Set[str] = set()

    def visit(module: str, trail: List[str]) -> None:
        assert module not in trail, " -> ".join([*trail, module])
        if module not in done:
            for other in graph.get(module, ()):
                visit(other, [*trail, module])
            done.add(module)

    for module in graph:
        visit(module, [])


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_sizes__files_and_functions__fit_on_a_few_screens(path: Path) -> None:
    """A file at its limit is split by responsibility."""
    text = path.read_text(encoding="utf-8")
    if module_of(path) in GENERATED:
        return
    assert len(text.splitlines()) <= HARD_LIMIT
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef):
            body = node.end_lineno - node.body[0].lineno + 1  # type: ignore[operator]
            assert body <= 50, f"{node.name}: {body} lines"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_docstrings__of_modules_and_public_functions__are_there(path: Path) -> None:
    """A module says what it owns; a public call says what it does."""
    tree = tree_of(path)
    docstring = ast.get_docstring(tree)
    assert docstring and len(docstring.splitlines()) <= 24
    if room_of(module_of(path)) == "alias":
        return
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


HOMES = {
    r"os\.getpid\(\)": {"process", "sdk.interface.interface", "service.waited_for"},
    r"os\.register_at_fork": {"loading"},
    r"atexit\.register": {"process"},
    r"sys\.(stdout|stderr)": {"sdk.lib", "credentials"},
    r"psutil\.pid_exists": {"process", "sdk.interface.interface"},
}


def code_of(path: Path) -> str:
    """The names and operators of a file, without texts and comments."""
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    return "".join(token.string for token in tokens if token.type in (tokenize.NAME, tokenize.OP, tokenize.NEWLINE))


@pytest.mark.parametrize("pattern", HOMES)
def test_guards__each__has_one_home(pattern: str) -> None:
    """Whoever looks for a guard finds one place."""
    for path in FILES:
        module = module_of(path)[6:]
        if re.search(pattern, path.read_text(encoding="utf-8")) and re.search(pattern, code_of(path)):
            assert any(module == home or module.startswith(home + ".") for home in HOMES[pattern]), f"{pattern} in {module}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_exceptions__broad_ones__say_what_is_expected_and_do_something(path: Path) -> None:
    """Nothing is caught and forgotten; data checks are not assertions."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: an assert in the package"  # type: ignore[attr-defined]
        if isinstance(node, ast.ExceptHandler):
            name = getattr(node.type, "id", None)
            assert node.type is not None, f"line {node.lineno}: a bare except"
            if name in ("Exception", "BaseException"):
                near = "\n".join(lines[node.lineno - 1 : node.body[0].lineno])
                raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                assert "#" in near or raises, f"line {node.lineno}: no comment names what is expected"
                assert not isinstance(node.body[0], ast.Pass), f"line {node.lineno}: only passes"


EXECUTING = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
EXECUTING_CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "numpy.load", "np.load"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_reading__of_anything__executes_nothing(path: Path) -> None:
    """What is read came from somewhere: a pickle in it would be a program that runs here."""
    writes = [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and [alias.name for alias in node.names] == ["dump"]
    ]
    found = {name.partition(".")[0] for name, _ in imports(path)} & EXECUTING
    assert not found - {node.module for node in writes}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in EXECUTING_CALLS if sys.version_info >= (3, 9) else True, f"line {node.lineno}"


def test_names__of_files_and_marks__follow_the_house() -> None:
    """A name says what the thing is for its reader."""
    for path in FILES:
        if room_of(module_of(path)) != "alias":
            assert path.stem not in ("util", "utils", "helper", "helpers", "common", "misc", "core", "manager", "base")
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text(encoding="utf-8")), path


def test_public_names__equal_all__sorted_and_documented() -> None:
    """What `import wandb` offers is stated in one place."""
    import wandb

    assert list(wandb.__all__) == sorted(wandb.__all__)
    for name in wandb.__all__:
        value = getattr(wandb, name)
        if callable(value) and name not in ("config", "summary", "run"):
            assert value.__doc__, name
    assert set(wandb.__all__) <= set(dir(wandb))


@pytest.mark.parametrize("module", ALIASES)
def test_aliases__each__has_its_names_and_is_not_used_inside(module: str) -> None:
    """Import paths that real programs use."""
    for name in ALIASES[module]:
        assert hasattr(import_module(module), name)
    if module == "wandb.sdk.lib":
        return
    for path in FILES:
        used = {name for name, _ in imports(path)}
        assert module not in used, f"{path} imports the alias {module}"


@pytest.mark.parametrize("module", sorted(LATER))
def test_modules_of_later_releases__imported__say_so(module: str) -> None:
    """An ImportError, for programs that can do without, that names what is missing."""
    with pytest.raises(ImportError, match=f"{module} is not part of this build yet"):
        import_module(module)
    assert not any(name == module for path in FILES for name, _ in imports(path))


def test_recording_side__imports_no_third_party_at_the_top() -> None:
    """The training process loads none of them."""
    for path in FILES:
        if room_of(module_of(path)) in ("ground", "sdk", "sdk.lib", "sdk.interface", "media", "artifacts", "root"):
            top = {name.partition(".")[0] for name, is_top in imports(path) if is_top}
            assert not top & THIRD_PARTY, path


def test_repository__names_no_path_of_a_machine() -> None:
    """What is committed works anywhere."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    unwanted = re.compile(r"/(wo" + r"rk|fa" + r"rm|ro" + r"ot)/")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix not in (".desc", ".png"):
            assert not unwanted.search(path.read_text(encoding="utf-8")), name


def test_import__of_the_root__is_cheap() -> None:
    """A count that does not depend on the machine's mood."""
    source = "import sys; before = set(sys.modules); import wandb; print(*sorted(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(result.stdout.split()) <= {"__future__", "_functools", "_operator", "wandb", "wandb.loading", "wandb.version"}
