"""The two settings files: where they are, what they say, and how one value in them is changed.

`settings.resolve` reads them, the CLI also writes them. A file is INI text with one section, `[default]`.
Reading never fails: whatever is wrong with a file comes back as one warning. Writing touches the lines of one
setting only, replaces the file at once, and refuses to guess about a file that can't be read.
"""

from __future__ import annotations

import errno
import io
import os

from wandb.errors import UsageError
from wandb.loading import loading
from wandb.settings_fields import without_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Tuple

SECTION = "default"
_MOST_BYTES = 1 << 20
# Why a file can't be exchanged although it may be written: its folder is closed, or it is mounted by itself.
_NOT_REPLACEABLE = (errno.EACCES, errno.EBUSY, errno.EPERM, errno.EROFS, errno.EXDEV)


def home_folder(environ: Mapping[str, str]) -> str:
    """The user's home; "" if nobody knows it, as for a container's user without a passwd entry."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return "" if home.startswith("~") else home


def system_settings_path(environ: Mapping[str, str]) -> str:
    """The settings file of this user, whether it exists or not; "" if there is no home for it."""
    if environ.get("WANDB_SETTINGS_SYSTEM"):
        return os.path.expanduser(environ["WANDB_SETTINGS_SYSTEM"])
    folder = environ.get("WANDB_CONFIG_DIR")
    if not folder:
        home = home_folder(environ)
        if not home:
            return ""
        folder = os.path.join(home, ".config", "wandb")
    return os.path.join(os.path.expanduser(folder), "settings")


def workspace_settings_path(root_dir: str) -> str:
    """The settings file of the folder that a program is started in, whether it exists or not."""
    return os.path.join(root_dir, folder_name(root_dir), "settings")


def folder_name(root_dir: str, use_dot_wandb: bool | None = None) -> str:
    """`wandb` or `.wandb`: the folder inside `root_dir` that belongs to us.

    A Python package called wandb there is somebody's source code (this one's, perhaps), never a place for runs.
    """
    if use_dot_wandb is None:
        use_dot_wandb = os.path.isdir(os.path.join(root_dir, ".wandb"))
    if use_dot_wandb or os.path.exists(os.path.join(root_dir, "wandb", "__init__.py")):
        return ".wandb"
    return "wandb"


def read_file(path: str) -> Tuple[Dict[str, str], str]:
    """(values of the section, "") or ({}, what is wrong); a file that does not exist is empty, not wrong."""
    if not os.path.isfile(path):
        strange = os.path.exists(path) and path != os.devnull
        return {}, f"The settings file {path} is not a file and is ignored." if strange else ""
    try:
        raw = read_small_file(path)
    except OSError as error:
        return {}, f"The settings file {path} can't be read and is ignored: {error.strerror or error}."
    try:
        return _parse(raw.decode().lstrip("\ufeff")), ""
    except ValueError as error:
        return {}, f"The settings file {path} is ignored, because {error}."


def tokens_file() -> str:
    """Where access tokens are kept, unless the settings say otherwise."""
    return os.path.join(os.path.expanduser("~"), ".config", "wandb", "credentials.json")


def read_small_file(path: str) -> bytes:
    """The bytes of a file that people write; OSError if it can't be read, or is no file of at most a megabyte."""
    if os.path.exists(path) and not os.path.isfile(path):
        # Opening a named pipe would wait for its writer, for ever.
        raise OSError(errno.EINVAL, "it is not a file", path)
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise OSError(errno.EFBIG, "it is larger than a megabyte", path)
    return content


def _parse(text: str) -> Dict[str, str]:
    """The values of the section; ValueError says what is wrong with the text."""
    if "\0" in text:
        raise ValueError("it is not a text file")
    if not text.strip():
        return {}
    with loading():
        import configparser

    parser = configparser.ConfigParser(interpolation=None, default_section="", strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError:
        raise ValueError(f"it does not begin with a line [{SECTION}]") from None
    except configparser.Error as error:  # its own words would show the line, and a key may stand there
        lines = ", ".join(str(line) for line, _ in getattr(error, "errors", ()))
        raise ValueError(f"it is no INI file (line {lines or 'unknown'})") from None
    if not parser.has_section(SECTION):
        return {}
    return {name: value for name, value in parser.items(SECTION) if value}


def write_setting(path: str, name: str, value: Any) -> None:
    """Set one key of the section, or remove it (`value=None`); all other lines stay as they are.

    Folders are made as needed; a file that can't be understood or written is a UsageError and stays untouched.
    """
    if not path:
        raise UsageError("There is no home folder for the settings file: set HOME or WANDB_CONFIG_DIR.")
    line = "" if value is None else f"{name} = {_to_text(name, value)}\n"
    try:
        old = read_small_file(path).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        old = ""
    except (OSError, ValueError) as error:
        raise UsageError(f"The settings file {path} can't be read: {error}") from None
    try:
        _parse(old)
    except ValueError as error:
        raise UsageError(f"Repair or remove the settings file {path} first: {error}.") from None
    new = _with_line(old, name, line)
    if new == old:
        return
    try:
        replace_file(path, new.encode("utf-8"), private=without_credentials(line) != line)
    except OSError as error:
        raise UsageError(f"The settings file {path} can't be written: {error}") from None


def _to_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        value = ",".join(str(item) for item in value)
    text = str(value).strip()
    if not text or len(text.splitlines()) > 1:
        raise UsageError(f"The value of {name!r} must be one line of text to be kept in a settings file.")
    return text


def _with_line(text: str, name: str, line: str) -> str:
    """`text` with the key's lines replaced by `line`, or with `line` at the end of the section."""
    kept: List[str] = []
    place = -1  # where the line goes: at the key's old place, else behind the section's last line with words
    margin = ""
    found = inside = dropping = False
    level = -1  # indent of the last key: a line that is indented deeper goes on with its value
    for row in io.StringIO(text, newline=""):
        word = row.strip()
        indent = len(row) - len(row.lstrip())
        if word.startswith("[") and not indent:
            inside, dropping, level = word.startswith(f"[{SECTION}]"), False, -1
        elif word and word[0] not in "#;":
            if level < 0 or indent <= level:
                level = indent
                key = word.replace(":", "=").split("=")[0].strip().lower()
                dropping = inside and key == name.lower()
                if inside and not found:
                    margin = row[:indent]
                if dropping:
                    place, found = (place if found else len(kept)), True
            if dropping:
                continue
        kept.append(row)
        if inside and word and not found:
            place = len(kept)
    if not line:
        return "".join(kept)
    if kept and not kept[-1].endswith(("\n", "\r")):
        kept[-1] += "\n"
    if place < 0:
        kept += [f"[{SECTION}]\n", line]
    else:
        kept.insert(place, margin + line)
    return "".join(kept)


def clear_settings(path: str) -> None:
    """Remove every key of the section; comments and other sections stay."""
    for name in read_file(path)[0]:
        write_setting(path, name, None)


def replace_file(path: str, content: bytes, private: bool) -> None:
    """Put `content` in the place of a file at once, so that no reader ever sees a part of it.

    A link is followed (people keep such files elsewhere); `private` gives mode 0600, otherwise the mode is kept. Where
    a file can't be replaced but be written, it is written over.
    """
    path = os.path.realpath(path)
    try:
        _exchange(path, content, private)
    except OSError as error:
        if error.errno not in _NOT_REPLACEABLE or not os.path.isfile(path):
            raise
        _overwrite(path, content, private)


def _exchange(path: str, content: bytes, private: bool) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    new = f"{path}.{os.urandom(6).hex()}.new"
    # Owner-only from its first moment, if it is to be private: the content is a key.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not private and os.path.exists(path):
            os.chmod(new, os.stat(path).st_mode & 0o777)
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def _overwrite(path: str, content: bytes, private: bool) -> None:
    with open(path, "r+b") as file:
        if private and os.stat(path).st_mode & 0o077:
            os.chmod(path, 0o600)
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
