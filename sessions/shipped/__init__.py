"""Recordings that come with the program, so that there is something to play on the first minute.

They lie here in the form in which sessions are exported, compressed, and named for what they show. The
person's own store never gets them: another is made of them in the cache folder, once for each version
of them, and opened like any other.

For one thread: none of this may run on an event loop.
"""

import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from engine import folders
from engine.errors import StoreError
from engine.events import AnyEvent
from sessions.export.jsonl import Recording, read_jsonl
from sessions.intake import take_in
from sessions.schema import SCHEMA_VERSION

PREFIX = "shipped:"
"""Before the name of one, where a session's id is expected: `shipped:clean`."""

NAMES = ("clean", "narration", "error", "recovery", "fragmented")
"""In the order in which a newcomer should see them."""

_FOLDER = Path(__file__).parent


class Shipped(msgspec.Struct, frozen=True):
    """One recording that ships."""

    name: str
    recording: Recording
    events: tuple[AnyEvent, ...]

    @property
    def typed(self) -> str:
        """What a person types for it."""
        return f"{PREFIX}{self.name}"


def read(name: str) -> Shipped:
    """The recording of a name. Raises `StoreError` where there is none."""
    path = _path(name)
    if name not in NAMES or not path.is_file():
        raise StoreError(
            f"No recording {PREFIX}{name} ships with driftty; there is: "
            f"{', '.join(PREFIX + one for one in NAMES)}."
        )
    with gzip.open(path) as file:
        recording, events = read_jsonl(file, path.name)
    return Shipped(name, recording, tuple(events))


def store() -> Path:
    """The store with all of them in it, made where it is missing. Raises `StoreError`."""
    path = _store_path()
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path)
        except OSError:
            # A cache that cannot be written: one for as long as this process lives.
            try:
                return _own_store()
            except OSError as error:
                raise StoreError(
                    f"There is no room for what ships with driftty: {error.strerror or error}. Free "
                    f"some space in {path.parent} or the folder for temporary files."
                ) from error
    return path


def id_of(typed: str) -> str | None:
    """The id of `shipped:NAME`; none where something else was typed. Raises as `read` does."""
    if not typed.startswith(PREFIX):
        return None
    return read(typed.removeprefix(PREFIX)).recording.session


def name_of(session: str) -> str | None:
    """The name of a shipped recording by its whole id; none where it is no such."""
    return _names().get(session)


def store_of(typed: str) -> Path | None:
    """The store a person means: that of the shipped where one is named, or its whole id given.

    None for the person's own.
    """
    if typed.startswith(PREFIX) or typed in _names():
        return store()
    return None


def _path(name: str) -> Path:
    return _FOLDER / f"{name}.jsonl.gz"


def _there() -> Iterator[str]:
    return (name for name in NAMES if _path(name).is_file())


@cache
def _names() -> dict[str, str]:
    """Names by ids, read from the first line of each file."""
    found = {}
    for name in _there():
        with gzip.open(_path(name)) as file:
            found[msgspec.json.decode(file.readline(), type=Recording).session] = name
    return found


def _store_path() -> Path:
    digest = hashlib.sha256(b"%d" % SCHEMA_VERSION)
    for name in _there():
        digest.update(_path(name).read_bytes())
    return folders.cache() / f"shipped-{digest.hexdigest()[:16]}.db"


def _make(path: Path) -> None:
    """Make the store beside its place, so that nobody sees half of one."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        making = Path(folder) / "driftty.db"
        # The last is listed first.
        for name in reversed(list(_there())):
            shipped = read(name)
            take_in(shipped.recording, shipped.events, making)
        if making.exists():
            making.replace(path)
    for older in path.parent.glob("shipped-*.db*"):
        if not older.name.startswith(path.name):
            older.unlink(missing_ok=True)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _own_store() -> Path:
    if not _kept:
        _kept.append(tempfile.TemporaryDirectory(prefix="driftty-shipped-"))
    path = Path(_kept[0].name) / "shipped.db"
    if not path.exists():
        _make(path)
    return path
