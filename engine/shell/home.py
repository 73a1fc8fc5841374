"""The scratch folder of one shell: its home with the task's files, and what the sandbox needs.

driftty-XXXX/         on the host, in the folder for temporary files
    lock              held by the console that owns it, so that abandoned ones can be told
    home/             the operator's home
    shell.bash        bash's start file
    hostname, hosts   what the sandbox shows in their place

A console that is killed leaves the folder behind, and no process that could write to it; the next
console sweeps it away.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from engine.errors import ShellError
from engine.run import TaskFile

_PREFIX = "driftty-"


class Scratch:
    """One shell's folder on the host; removed with the shell."""

    def __init__(self) -> None:
        """Make it. Raises `ShellError` where there is no room or no right to."""
        try:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            # Passable, so that a sandbox running as another user reaches the home in it.
            self.path.chmod(0o711)
            self._lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.home.mkdir(mode=0o700)
        except OSError as error:
            raise ShellError(
                f"The operator's scratch home could not be made in {tempfile.gettempdir()}:"
                f" {error.strerror}. Make room there, or name another folder in TMPDIR."
            ) from error

    @property
    def home(self) -> Path:
        """The operator's home, on the host."""
        return self.path / "home"

    def write(self, name: str, text: str) -> Path:
        """Put a file beside the home, readable by the sandbox."""
        path = self.path / name
        path.write_text(text)
        path.chmod(0o644)
        return path

    def place(self, files: tuple[TaskFile, ...], owner: tuple[int, int] | None) -> None:
        """Put a task's files into the home; everything belongs to `owner`, a (uid, gid), if given.

        Raises `ShellError` for a path that leaves the home or is in another one's way.
        """
        made = [self.home]
        for file in files:
            try:
                made += self._put(file)
            except OSError as error:
                raise ShellError(
                    f"The task's file `{file.path}` could not be placed: {error.strerror}."
                ) from error
        if owner is not None:
            for path in made:
                os.chown(path, *owner)

    def _put(self, file: TaskFile) -> list[Path]:
        """Write one file; returns what was made, folders first."""
        inside = PurePosixPath(file.path)
        if inside.is_absolute() or ".." in inside.parts or inside == PurePosixPath("."):
            raise ShellError(
                f"The task's file `{file.path}` lies outside the home; name it relative to it."
            )
        path = self.home / inside
        folders = [folder for folder in reversed(path.parents) if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
        path.chmod(0o755 if file.executable else 0o644)
        return [*folders, path]

    def remove(self, keep_home: bool = False) -> None:
        """Take it away, the home too unless it is to be kept; may be called again."""
        if self._lock < 0:
            return
        for entry in list(self.path.iterdir()) if keep_home else [self.path]:
            if entry != self.home:
                _remove(entry)
        os.close(self._lock)
        self._lock = -1


def sweep() -> list[Path]:
    """Remove the folders that consoles left behind when they were killed; returns which."""
    removed = []
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), _abandoned(path) as abandoned:
            if abandoned:
                _remove(path)
                removed.append(path)
    return removed


@contextlib.contextmanager
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether a folder is ours and nobody's; held for as long as it is asked about.

    One without a lock is a home that was kept on purpose, or one that is being made just now.
    """
    ours = path.lstat().st_uid == os.geteuid() and (path / "home").is_dir()
    if not ours or path.is_symlink():
        yield False
        return
    lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    finally:
        os.close(lock)


def _remove(path: Path) -> None:
    """Remove a file or folder, whatever the operator did to keep it."""
    if not path.is_dir():
        path.unlink()
        return
    for prepare in (lambda _: None, _open_up):
        with contextlib.suppress(OSError, RecursionError):
            prepare(path)
            shutil.rmtree(path)
            return
    # Folders within folders, deeper than Python goes. What even rm leaves, because the disk fails,
    # has no lock any more once this console is gone, and is tried again by the next.
    subprocess.run(["rm", "-rf", "--", str(path)], stderr=subprocess.DEVNULL, check=False)


def _open_up(path: Path) -> None:
    """Make folders accessible that their owner has closed to himself."""
    for folder, names, _ in os.walk(path):
        for name in names:
            below = Path(folder, name)
            if not below.is_symlink():
                below.chmod(0o700)
