"""The manifest of a fetched model: what its folder must hold, written last.

A folder without a manifest, or with one that its files do not bear out, was never finished and is
taken for nothing.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

MANIFEST = "manifest.json"
WEIGHTS = (".safetensors", ".bin", ".gguf")
"""How the names of files that hold weights end."""

_BLOCK = 4 * 1024 * 1024


class FileSum(msgspec.Struct, frozen=True):
    """What one file must be."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a model's folder holds and where it came from."""

    name: str
    source: str
    """Where the files came from, with the hash of what was downloaded."""
    licence: str
    weights: str
    """SHA-256 of the weights, hex, as `weights_sha256` gives it."""
    files: dict[str, FileSum]


def write_manifest(folder: Path, *, name: str, source: str, licence: str) -> Manifest:
    """Sum every file of `folder`, flush them all to disk, and write the manifest beside them."""
    files = {
        path.name: FileSum(sha256=file_sha256(path), bytes=path.stat().st_size)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != MANIFEST
    }
    manifest = Manifest(
        name=name, source=source, licence=licence, weights=_combined(files), files=files
    )
    for file in files:
        _flush(folder / file)
    target = folder / MANIFEST
    target.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    _flush(target)
    _flush(folder)
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a whole folder; none where it is missing, unreadable or not borne out.

    Sizes are compared, contents are not: reading them takes longer than loading the model.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        whole = all((folder / name).stat().st_size == s.bytes for name, s in manifest.files.items())
    except (OSError, msgspec.MsgspecError):
        return None
    return manifest if whole else None


def weights_sha256(folder: Path, gguf: str = "") -> str:
    """SHA-256 of a model's weights, hex; empty where the folder has none.

    From the manifest where there is one, else computed, at about a second per GB. Of one file it is
    the file's own sum; of several, that of the lines `sum  name` in the order of their names.
    """
    manifest = read_manifest(folder)
    if manifest is not None:
        return manifest.weights
    chosen = [folder / gguf] if gguf else list(_weight_files(folder))
    return _combined({path.name: FileSum(file_sha256(path), 0) for path in chosen})


def file_sha256(path: Path) -> str:
    """SHA-256 of one file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _weight_files(folder: Path) -> Iterator[Path]:
    """The files that are read: safetensors where there are any, as loading prefers them."""
    for ending in WEIGHTS:
        found = sorted(path for path in folder.iterdir() if path.name.endswith(ending))
        if found:
            yield from found
            return


def _combined(files: dict[str, FileSum]) -> str:
    sums = [(name, s.sha256) for name, s in sorted(files.items()) if name.endswith(WEIGHTS)]
    if not sums:
        return ""
    if len(sums) == 1:
        return sums[0][1]
    return hashlib.sha256("".join(f"{s}  {name}\n" for name, s in sums).encode()).hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
