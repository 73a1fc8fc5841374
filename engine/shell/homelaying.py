"""A copy of a home, laid into a fresh one."""

import os
from pathlib import Path

from engine.errors import ShellError
from engine.home import ROOT, HomeCopy, HomeEntry
from engine.shell.homewatch import MODES

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def lay(copy: HomeCopy, home: Path, owner: tuple[int, int] | None) -> None:
    """Put a copy into a new, empty home that nobody uses yet; all of it belongs to `owner`, if given.

    Nothing outside of the home is written whatever the copy says, since it may come from anywhere.
    Raises `ShellError`.
    """
    folders = [entry for entry in copy.entries if entry.kind == "folder"]
    known = {ROOT}
    try:
        for entry in copy.entries:
            if entry.path != ROOT:
                _lay_one(entry, home, known)
                if owner is not None:
                    os.chown(home / entry.path, *owner, follow_symlinks=False)
            if entry.kind == "folder":
                known.add(entry.path)
        if owner is not None:
            os.chown(home, *owner)
        for entry in copy.entries:
            if entry.kind != "folder":
                _dress(entry, home)
        # Deepest first: what is put into a folder changes its time, and may not be allowed any more.
        for entry in reversed(folders):
            _dress(entry, home)
    except (OSError, ValueError) as error:
        raise ShellError(
            f"The home that was kept with the recording could not be restored: {error}. Have its"
            " commands done again instead: `driftty sessions fork --redo`."
        ) from error


def _lay_one(entry: HomeEntry, home: Path, known: set[str]) -> None:
    """Make one entry, closed to others so far. Raises `ValueError` for one that cannot be there."""
    parts = entry.path.split("/")
    folder = "/".join(parts[:-1]) or ROOT
    if any(part in ("", ".", "..") or "\0" in part for part in parts) or folder not in known:
        raise ValueError(f"{entry.path!r} has no place in it")
    path = home / entry.path
    match entry.kind:
        case "folder":
            path.mkdir(mode=0o700)
        case "link":
            path.symlink_to(entry.target)
        case "file":
            handle = os.open(path, _NEW, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(entry.data)


def _dress(entry: HomeEntry, home: Path) -> None:
    """Give an entry its mode and time."""
    path = home / entry.path
    if entry.kind != "link":
        path.chmod(entry.mode & MODES)
    os.utime(path, ns=(entry.modified, entry.modified), follow_symlinks=False)
