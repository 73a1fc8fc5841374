"""How a running driftty is, for whoever asks from another terminal.

Every console and every `driftty run` serves a Unix socket named after its process in the runtime
folder, which only its owner can reach. Whoever connects gets one JSON document and the end of the
stream; `driftty status` asks all of them.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from engine import folders

PATIENCE_SECONDS = 2.0
"""A process that has not answered by then is too busy to."""
_LONGEST_ADDRESS = 100
"""Bytes; the kernel takes 104 on macOS and 108 on Linux, the closing zero among them."""


class StatusServer:
    """Answers whoever asks with a snapshot of this process.

    Nobody can ask where the socket cannot be made; the process goes on, and `problem` says why.
    """

    def __init__(self, snapshot: Callable[[], dict[str, Any]]) -> None:
        """`snapshot` is called on the event loop for every question; it makes a JSON object."""
        self._snapshot = snapshot
        self._path = folders.runtime() / f"{os.getpid()}.sock"
        self._server: asyncio.Server | None = None
        self.problem = ""
        """Why nobody can ask, as a sentence; empty while all is well."""

    async def __aenter__(self) -> "StatusServer":
        try:
            _own_folder(self._path.parent)
            self._path.unlink(missing_ok=True)
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                with _address(self._path) as address:
                    listening.bind(address)
                self._path.chmod(0o600)
                self._server = await asyncio.start_unix_server(self._answer, sock=listening)
            except BaseException:
                listening.close()
                raise
        except OSError as error:
            self.problem = (
                f"`driftty status` cannot ask this process: no socket at {self._path} "
                f"({error.strerror or error}). DRIFTTY_RUNTIME_DIR names another folder."
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # Who asked has gone; there is nobody left to tell.
            try:
                writer.write(msgspec.json.encode({"pid": os.getpid(), **self._snapshot()}))
                await asyncio.wait_for(writer.drain(), PATIENCE_SECONDS)
            finally:
                writer.close()


def running() -> list[dict[str, Any]]:
    """What every running driftty of this person says of itself, the oldest process first.

    A process that does not answer in time is there with its `pid` and a `problem`. Sockets that
    processes left behind are removed.
    """
    answers = []
    for path in sorted(folders.runtime().glob("*.sock"), key=_age):
        if not path.stem.isdigit():
            continue
        answer = _ask(path)
        if answer is None:
            path.unlink(missing_ok=True)
        else:
            answers.append(answer)
    return answers


def _ask(path: Path) -> dict[str, Any] | None:
    """What the process at a socket says; none where no process is at it any more."""
    pid = int(path.stem)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            with _address(path) as address:
                connection.connect(address)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return msgspec.json.decode(answer, type=dict[str, Any])
    except (ConnectionRefusedError, FileNotFoundError):
        return None
    except (OSError, msgspec.DecodeError) as error:
        busy = isinstance(error, TimeoutError)
        return {"pid": pid, "problem": "it does not answer" if busy else f"it broke off: {error}"}


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _own_folder(folder: Path) -> None:
    """Make the runtime folder, reachable for nobody else. Raises `OSError` where it is another's."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    folder.chmod(0o700)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """What to call a socket's path towards the kernel, which takes short ones only."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
