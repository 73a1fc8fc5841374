"""Exported recordings looked at where they lie, without being taken into the person's store.

Each is put into a store of its own for as long as this process lives. Its id then means the file, to
whoever asks `store_of`, so that it plays, and is compared, verified, forked and exported as any other.

For one thread at a time: none of this may run on an event loop.
"""

import gzip
import os
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

from engine.errors import StoreError
from sessions import shipped
from sessions.export.jsonl import read_jsonl
from sessions.intake import take_in


class Visited(NamedTuple):
    """A file, and the store that was made of it."""

    file: Path
    store: Path


_visited: dict[str, Visited] = {}
"""By session."""
_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Removed when the process ends."""


def means_file(typed: str) -> bool:
    """Whether a person who was asked for a session named a file: no id has a dot or a slash."""
    return not typed.startswith(shipped.PREFIX) and ("." in typed or os.sep in typed)


def visit(typed: str) -> str:
    """The id of the session in an exported file; from now on it means the file. `.gz` may end its name.

    Raises `StoreError` where there is no such file, or it is no whole exported session.
    """
    file = Path(typed).expanduser()
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            recording, events = read_jsonl(lines, str(file))
    except FileNotFoundError:
        raise StoreError(
            f"There is no file {file}. A session is named by its id, `last` or "
            f"{shipped.PREFIX}NAME; `driftty sessions list` shows them."
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        words = error.strerror if isinstance(error, OSError) else None
        raise StoreError(f"{file} cannot be read: {words or error}.") from error
    folder = tempfile.TemporaryDirectory(prefix="driftty-visited-")
    _folders.append(folder)
    store = Path(folder.name) / "visited.db"
    take_in(recording, events, store)
    _visited[recording.session] = Visited(file, store)
    return recording.session


def file_of(session: str) -> Path | None:
    """The file that a session's whole id means; none where it is no visited one."""
    found = _visited.get(session)
    return found.file if found else None


def store_of(typed: str) -> Path | None:
    """The store with what a person named, where that is not their own: see `shipped.store_of`."""
    found = _visited.get(typed)
    return found.store if found else shipped.store_of(typed)
