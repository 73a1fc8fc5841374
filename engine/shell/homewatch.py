"""Copies of a scratch home, taken while the operator's programs may be at work in it.

It goes by folder handles and never follows a link, since whoever writes in the home may put one in
place of anything at any moment.
"""

import os
import stat
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.figures import number, size
from engine.home import ROOT, EntryKind, HomeEntry

MOST_ENTRIES = 2000
"""Files, folders and links in a home that is kept; more take longer than a turn should be held up."""
DEEPEST = 64
"""How far below the home a folder may lie in one that is kept."""
RECORDING_HOMES = 8
"""How many times the largest home all copies of one recording may take together."""
MODES = 0o1777
"""The permission bits that are kept; no file of a recording takes on its owner's rights."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TICK = 50_000_000
"""Nanoseconds in which a file may be changed twice and bear one time of change."""


class HomeChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is otherwise in a home than at the look before; fields as of `engine.events.HomeKept`."""

    whole: bool = False
    entries: tuple[HomeEntry, ...] = ()
    gone: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    cwd: str = ""
    processes: int = 0
    why: str = ""


class _Stamp(NamedTuple):
    """What differs once anything of an entry was changed: nobody can set back a time of change."""

    inode: int
    mode: int
    bytes: int
    modified: int
    changed: int


class _Seen(NamedTuple):
    """An entry as it was found."""

    stamp: _Stamp
    digest: bytes
    """Of a file's contents."""
    settled: bool
    """Whether an equal stamp means equal contents: it was changed well before it was read."""


class _TooMuch(Exception):
    """The home is larger than what is kept."""


class HomeWatch:
    """Looks at one home again and again, and tells what changed in between."""

    def __init__(self, home: Path, limit: int) -> None:
        """`limit`: bytes of all files together, beyond which no copy is taken."""
        self._home = home
        self._limit = limit
        self._spent = 0
        self._known: dict[str, _Seen] | None = None

    def look(self) -> HomeChange:
        """What changed since the look before, with the contents. Waits for the disk."""
        look = _Look(self._known or {}, self._limit)
        try:
            look.walk(self._home)
            if self._spent + look.taken > self._limit * RECORDING_HOMES:
                most = size(self._limit * RECORDING_HOMES)
                raise _TooMuch(f"the copies of this recording would take more than {most}")
        except _TooMuch as much:
            self._known = None
            return HomeChange(why=str(much))
        except OSError as error:
            self._known = None
            return HomeChange(why=f"the home could not be read: {error.strerror}")
        whole = self._known is None
        gone = tuple(sorted(path for path in self._known or {} if path not in look.seen))
        self._known, self._spent = look.seen, self._spent + look.taken
        return HomeChange(
            whole=whole, entries=tuple(look.entries), gone=gone, left_out=tuple(look.left_out)
        )


class _Look:
    """One walk through a home."""

    def __init__(self, known: dict[str, _Seen], limit: int) -> None:
        self.seen: dict[str, _Seen] = {}
        self.entries: list[HomeEntry] = []
        self.left_out: list[str] = []
        self.taken = 0
        self._known = known
        self._limit = limit
        self._held = 0

    def walk(self, home: Path) -> None:
        """Look at everything. Raises `_TooMuch`, and `OSError` where the home itself is closed."""
        handle = os.open(home, _FOLDER)
        try:
            self._folder(handle, ROOT)
        finally:
            os.close(handle)

    def _folder(self, handle: int, path: str) -> None:
        self._note(path, "folder", os.fstat(handle))
        with os.scandir(handle) as found:
            names = sorted(entry.name for entry in found)
        for name in names:
            below = name if path == ROOT else f"{path}/{name}"
            if len(self.seen) + len(self.left_out) >= MOST_ENTRIES:
                raise _TooMuch(f"the home holds more than {number(MOST_ENTRIES, 'file')}")
            if below.count("/") >= DEEPEST:
                raise _TooMuch(f"the home has folders more than {DEEPEST} deep")
            try:
                below.encode()
                self._one(handle, name, below)
            except UnicodeEncodeError:
                # Neither the store nor a transcript has room for what is no text.
                self.left_out.append(os.fsencode(below).decode("latin-1"))
            except FileNotFoundError:
                continue
            except OSError:
                self.left_out.append(below)

    def _one(self, folder: int, name: str, path: str) -> None:
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(seen.st_mode):
            target = os.readlink(name, dir_fd=folder)
            target.encode()
            self._note(path, "link", seen, target=target)
        elif stat.S_ISDIR(seen.st_mode):
            handle = os.open(name, _FOLDER, dir_fd=folder)
            try:
                self._folder(handle, path)
            finally:
                os.close(handle)
        elif stat.S_ISREG(seen.st_mode):
            self._file(folder, name, path, seen)
        else:
            self.left_out.append(path)

    def _file(self, folder: int, name: str, path: str, seen: os.stat_result) -> None:
        self._hold(seen.st_size)
        known = self._known.get(path)
        if known is not None and known.settled and known.stamp == _stamp(seen):
            self.seen[path] = known
            return
        handle = os.open(name, _FILE, dir_fd=folder)
        try:
            opened = os.fstat(handle)
            if not stat.S_ISREG(opened.st_mode):
                raise OSError("it was replaced meanwhile")
            data = _read(handle, self._limit + 1)
        finally:
            os.close(handle)
        self._hold(max(0, len(data) - seen.st_size))
        self._note(path, "file", opened, data=data)

    def _hold(self, count: int) -> None:
        self._held += count
        if self._held > self._limit:
            raise _TooMuch(f"the home holds more than {size(self._limit)}")

    def _note(
        self,
        path: str,
        kind: EntryKind,
        seen: os.stat_result,
        *,
        data: bytes = b"",
        target: str = "",
    ) -> None:
        stamp, digest = _stamp(seen), sha256(data).digest() if kind == "file" else b""
        settled = abs(time.time_ns() - seen.st_ctime_ns) > _TICK
        known = self._known.get(path)
        self.seen[path] = _Seen(stamp, digest, settled)
        if known is not None and (known.stamp, known.digest) == (stamp, digest):
            return
        self.taken += len(data)
        self.entries.append(
            HomeEntry(
                path=path,
                kind=kind,
                mode=stat.S_IMODE(seen.st_mode) & MODES,
                modified=seen.st_mtime_ns,
                data=data,
                target=target,
            )
        )


def _read(handle: int, most: int) -> bytes:
    """The contents from its beginning, at most so many bytes."""
    pieces, left = [], most
    while left and (piece := os.read(handle, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _stamp(seen: os.stat_result) -> _Stamp:
    return _Stamp(seen.st_ino, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
