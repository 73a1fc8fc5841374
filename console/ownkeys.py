"""A person's own keys, in `keymap.toml` of the config folder: ids of the keymap, to other keys.

    "run.pause" = "p"
    "app.quit" = "ctrl+q,ctrl+x"

A line that is wrong costs that line and no other.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from console.keymap import known
from engine import folders
from engine.errors import SettingsError

_KEY = re.compile(r"(?:(?:ctrl|shift|alt|super)\+)*[A-Za-z0-9_]+")


class OwnKeys(NamedTuple):
    """What a keymap file says."""

    keys: dict[str, str]
    """By id, as Textual takes them: names separated by commas."""
    wrong: list[SettingsError]
    """A sentence for each line that was left out, naming the file, the id and what to do."""


def read_keymap(path: Path | None = None) -> OwnKeys:
    """A person's own keys; none where there is no file.

    Raises `SettingsError` where the file as a whole cannot be read.
    """
    path = path or folders.config() / "keymap.toml"
    try:
        document = msgspec.toml.decode(path.read_bytes())
    except FileNotFoundError:
        return OwnKeys({}, [])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the keymap cannot be read: {error}.") from error
    own = OwnKeys({}, [])
    for name, keys in _lines(document):
        why = _wrong(name, keys)
        if why:
            own.wrong.append(SettingsError(f"{path}: {why} This line is left out."))
        else:
            own.keys[name] = keys
    return own


def _lines(table: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Ids and what they are given; `run.pause` without quotes is a table `run` to TOML."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{within}{name}.")
        else:
            yield within + name, value


def _wrong(name: str, keys: object) -> str:
    """What is wrong with a line, as a sentence; empty where nothing is."""
    ids = known()
    if name not in ids:
        near = ", ".join(sorted(one for one in ids if one.split(".")[0] == name.split(".")[0]))
        return (
            f"there is no key `{name}`; {'near it are ' + near if near else 'F1 lists them all'}."
        )
    if not isinstance(keys, str):
        return f'`{name}`: {keys!r} is not text; write keys in quotes, such as "ctrl+k".'
    odd = next((key for key in keys.split(",") if not _KEY.fullmatch(key.strip())), None)
    return "" if odd is None else f"`{name}`: `{odd}` is not a key, such as `ctrl+k`."
