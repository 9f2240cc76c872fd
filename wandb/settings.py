"""The settings of a run: what is set, where it came from, and the one order in which sources win.

Code beats the environment, which beats the workspace's settings file, then the user's, then the defaults.
`wandb.init`, `wandb.login` and the CLI call `resolve`; programs make `Settings(...)` and read its attributes.
Only what somebody set is stored or checked, because this runs inside the time that `init` takes. Nothing here
prints, asks a server or writes a file: what the user should hear is collected in `warnings`.
"""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.loading import load
from wandb.settings_calls import SettingsCalls
from wandb.settings_derived import DERIVED
from wandb.settings_fields import (
    CODE_ONLY,
    COMPUTED,
    ENVIRONMENT_NAMES,
    FIELDS,
    INIT_NAMES,
    SECRETS,
    field_name,
    is_removed,
    without_credentials,
)
from wandb.settings_files import folder_name, read_file, system_settings_path, tokens_file, workspace_settings_path
from wandb.settings_together import check_together
from wandb.settings_values import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Mapping, Tuple

_FROM_ENVIRONMENT = "environment variable "
_FROM_FILE = "file "
_INIT_KEYWORDS = {setting: keyword for keyword, setting in INIT_NAMES.items()}


class Settings(SettingsCalls):
    """Settings of a run; `Settings(mode="offline", ...)` sets some, and the rest have their defaults."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(_values={}, _sources={}, _removed={}, _base={"root_dir": working_dir()}, _frozen=False)
        self.__dict__.update(warnings=[], files_read=[])
        for name, value in values.items():
            self._put(name, value, f"wandb.Settings({name}=...)")
        if values:
            check_together(self._values, self._sources)

    def __getattr__(self, name: str) -> Any:
        # Runs only for what is no plain attribute. Copying and unpickling ask for names before there is a state.
        values = self.__dict__.get("_values")
        if values is None:
            raise AttributeError(name)
        if name in values:
            return values[name]
        if name in FIELDS:
            return self._default(name)
        if name in DERIVED:
            return DERIVED[name](self)
        field = field_name(name)
        if field:
            return getattr(self, field)
        if is_removed(name):
            return self._removed.get(name)
        raise AttributeError(f"there is no setting {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if self._frozen:
            raise UsageError(f"The settings of a started run can't be changed (setting {name!r}).")
        if name in ("warnings", "files_read"):
            self.__dict__[name] = value
        elif name == "sync_dir":
            # Only `init` knows where a run really went; everything inside the run folder follows from it.
            self._base[name] = os.fspath(value)
        else:
            self._put(name, value, f"assignment to settings.{name}")
            check_together(self._values, self._sources)

    def take_place(self, entity: str, project: str) -> None:
        """Where the server has put the run, in its own words: the rules are for names that users give."""
        self._values.update(entity=entity, project=project)
        self._sources.update(entity="the server", project="the server")

    def __iter__(self) -> Iterator[Tuple[str, Any]]:
        return iter(self.to_dict().items())

    def __eq__(self, other: object) -> bool:
        """Equal values, wherever they came from; not hashable, because values change."""
        if not isinstance(other, Settings):
            return NotImplemented
        return self.to_dict() == other.to_dict() and self._base.get("sync_dir") == other._base.get("sync_dir")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = {name: "***" if name in SECRETS else value for name, value in self._values.items()}
        return without_credentials("Settings(" + ", ".join(f"{name}={value!r}" for name, value in shown.items()) + ")")

    def __copy__(self) -> Settings:
        return self.copy()

    def copy(self) -> Settings:
        """An independent copy that can be changed, with the same values and sources."""
        other = Settings.__new__(Settings)
        state = self.__dict__
        other.__dict__.update(
            {key: value.copy() if isinstance(value, (dict, list)) else value for key, value in state.items()},
            _frozen=False,
        )
        return other

    def freeze(self) -> None:
        """From now on an assignment raises UsageError; copies are not affected."""
        self.__dict__["_frozen"] = True

    def source_of(self, name: str) -> str:
        """Where the value came from: "default", "environment variable WANDB_MODE", "wandb.init(mode=...)", ..."""
        return str(self._sources.get(field_name(name), "default"))

    def to_dict(self, explicit_only: bool = False) -> Dict[str, Any]:
        """Settings and values, by name; with `explicit_only`, those that some source has set."""
        return dict(self._values) if explicit_only else {name: getattr(self, name) for name in FIELDS}

    def _default(self, name: str) -> Any:
        """The default of a field, worked out here where it depends on the process."""
        if name in self._base:
            return self._base[name]
        default = FIELDS[name][1]
        if default is not COMPUTED:
            return default
        if name == "symlink":
            return os.name != "nt"
        if name == "credentials_file":
            return tokens_file()
        from wandb.process import ProcessIdentity

        return ProcessIdentity.current().pid  # x_stats_pid, the only one left

    def _put(self, name: str, value: Any, source: str, from_text: bool = False) -> None:
        """Check and store one value; None takes back what was set."""
        field = field_name(name)
        if not field:
            if not is_removed(name):
                raise _unknown(name, source)
            self._removed[name] = value  # programs read back what they have set
            self._warn(f"The setting {name!r} ({source}) has no effect any more.")
            return
        if value is not None:
            value = check(field, value, source, from_text)
        if field in ("root_dir", "use_dot_wandb"):
            self._base.pop("wandb_dir", None)
        if value is None and (field != "x_stats_disk_paths"):
            self._values.pop(field, None)
            self._sources.pop(field, None)
        else:
            self._values[field] = value
            self._sources[field] = source

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def _add_file(self, path: str) -> None:
        """Take over what a settings file says; what is wrong in it is skipped with a warning."""
        values, problem = read_file(path)
        if problem:
            self._warn(problem)
        if values:
            self.files_read.append(path)
        unknown: List[str] = []
        wrong: List[str] = []
        removed = [name for name in values if not field_name(name) and is_removed(name)]
        for name, value in values.items():
            field = field_name(name)
            if field in CODE_ONLY or not field:
                if name not in removed:
                    unknown.append(name)
                continue
            try:
                self._put(name, value, _FROM_FILE + path, from_text=True)
            except UsageError as error:
                wrong.append(str(error).rstrip("."))
        parts = [f"no settings: {', '.join(unknown)}"] if unknown else []
        parts += [f"without effect since long: {', '.join(removed)}"] if removed else []
        if parts or wrong:
            self._warn(f"Parts of the settings file {path} are ignored: {'; '.join(parts + wrong)}.")

    def _add_environment(self, environ: Mapping[str, str]) -> None:
        """Take over `WANDB_...` variables; an empty one counts as not set, an invalid one is a UsageError."""
        for variable, value in environ.items():
            if not variable.startswith("WANDB_") or not value:
                continue
            name = ENVIRONMENT_NAMES.get(variable[6:]) or variable[6:].lower()
            field = field_name(name)
            if field and field not in CODE_ONLY:
                self._put(field, value, _FROM_ENVIRONMENT + variable, from_text=True)
            elif name == "anonymous":
                self._warn("WANDB_ANONYMOUS has no effect any more.")
        disable = _FROM_ENVIRONMENT + "WANDB_DISABLE_CODE"
        if self._sources.get("disable_code") == disable and self._values["disable_code"]:
            self._put("save_code", False, disable)

    def _add_layer(self, layer: Settings | Mapping[str, Any] | None, source: str) -> None:
        """Take over what code has set, in a Settings object or a plain mapping; None in it means not set."""
        if isinstance(layer, Settings):
            for text in layer.warnings:
                self._warn(text)
            if "sync_dir" in layer._base:
                self._base["sync_dir"] = layer._base["sync_dir"]
            for name, value in layer._values.items():
                origin = layer._sources[name]
                # A resolved object handed back in: what it had from lower layers stays a lower layer.
                if not origin.startswith((_FROM_ENVIRONMENT, _FROM_FILE)):
                    self._values[name] = value
                    self._sources[name] = origin
        elif layer is not None:
            if not hasattr(layer, "items"):
                given = type(layer).__name__
                raise ArgumentTypeError(f"{source} expects wandb.Settings(...) or a dictionary, not {given}.")
            for name, value in layer.items():
                if value is not None:
                    self._put(name, value, source)


def resolve(
    init_settings: Settings | Mapping[str, Any] | None,
    init_kwargs: Mapping[str, Any],
    setup_settings: Settings | Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Settings:
    """The settings of a run from all sources; keyword arguments go by their `wandb.init` or their setting's name.

    Raises UsageError for a wrong value in code or in the environment; files only cause warnings.
    """
    environ = os.environ if environ is None else environ
    settings = Settings()
    base = settings._base
    base["root_dir"] = cwd or base["root_dir"]
    base["settings_system"] = _system_file(init_settings, setup_settings, environ)
    settings._add_file(base["settings_system"])
    settings._add_file(workspace_settings_path(base["root_dir"]))
    settings._add_environment(environ)
    settings._add_layer(setup_settings, "wandb.setup(settings=...)")
    settings._add_layer(init_settings, "wandb.init(settings=...)")
    for name, value in init_kwargs.items():
        if value is not None:
            field = INIT_NAMES.get(name, name)
            settings._put(field, value, f"wandb.init({_INIT_KEYWORDS.get(field, field)}=...)")
    check_together(settings._values, settings._sources)
    mode = settings.mode
    if mode in ("dryrun", "run"):
        settings._values["mode"] = "offline" if mode == "dryrun" else "online"
    base["wandb_dir"] = os.path.join(settings.root_dir, folder_name(settings.root_dir, settings.use_dot_wandb))
    return settings


def _system_file(init_settings: Any, setup_settings: Any, environ: Mapping[str, str]) -> str:
    """The user's settings file; code may name another one, and must be asked before any file is read."""
    for layer in (init_settings, setup_settings):
        values = layer._values if isinstance(layer, Settings) else layer
        path = values.get("settings_system") if hasattr(values, "get") else None
        if path:
            return os.path.expanduser(str(path))
    return system_settings_path(environ)


def working_dir() -> str:
    """The current folder, as an absolute path; what it was called if it is gone."""
    try:
        return os.getcwd()
    except OSError:
        # The folder was removed under the program's feet; that is no reason to fail before anything is written.
        named = os.environ.get("PWD", "")
        return named if os.path.isabs(named) else os.sep


def _unknown(name: str, source: str) -> UsageError:
    if name in DERIVED:
        return ArgumentValueError(f"{name!r} (from {source}) follows from other settings and can't be set.")
    near: List[str] = load("difflib").get_close_matches(name, FIELDS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return ArgumentValueError(f"There is no setting {name!r} (from {source}).{hint}")
