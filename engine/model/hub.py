"""What the Hugging Face cache holds of a model.

`huggingface_hub` is imported inside functions: it takes a third of a second (and never torch).
"""

import re
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import ModelError
from engine.model.chat import NotWhole, refuse_unless_chat

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(/[\w./-]+\.gguf)?", re.ASCII)
_LICENCE = re.compile(r"^license:\s*([\w.+-]+)\s*$", re.MULTILINE)

FILES = ("*.json", "*.jinja", "*.model", "*.txt")
"""What is fetched beside the weights."""


class Cached(msgspec.Struct, frozen=True, kw_only=True):
    """A model in the Hugging Face cache."""

    name: str
    folder: Path
    bytes: int
    whole: bool
    """Whether weights and tokenizer are there; a folder may hold some files only."""
    licence: str


def is_id(name: str) -> bool:
    """Whether `name` reads as `org/name` or `org/name/file.gguf`."""
    return _ID.fullmatch(name) is not None


def split(name: str) -> tuple[str, str]:
    """`org/name/file.gguf` as repository and file; the file is empty where none is named."""
    org, repository, *rest = name.split("/", 2)
    return f"{org}/{repository}", rest[0] if rest else ""


def find(repository: str, gguf: str = "") -> Path | None:
    """The folder of the cached snapshot of a repository; none where it, or `gguf`, is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                repository,
                local_files_only=True,
                allow_patterns=[gguf] if gguf else ["config.json"],
            )
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return folder if not gguf or (folder / gguf).is_file() else None


def cached() -> list[Cached]:
    """Every model in the Hugging Face cache that could be operated, by name; each GGUF file is one."""
    found = []
    for repository in _repositories():
        revision = repository.refs.get("main")
        if revision is None:
            continue
        folder = revision.snapshot_path
        licence = _licence(folder)
        ggufs = [file for file in revision.files if file.file_name.endswith(".gguf")]
        for file in ggufs:
            name = f"{repository.repo_id}/{file.file_path.relative_to(folder)}"
            size = file.size_on_disk
            found.append(Cached(name=name, folder=folder, bytes=size, whole=True, licence=licence))
        whole = None if ggufs else _whole(folder)
        if whole is not None:
            name, size = repository.repo_id, repository.size_on_disk
            found.append(Cached(name=name, folder=folder, bytes=size, whole=whole, licence=licence))
    return sorted(found, key=lambda model: model.name.casefold())


def remove(repository: str, gguf: str = "") -> int:
    """Delete a repository, or one GGUF file of it, from the Hugging Face cache.

    Returns the bytes freed, 0 where it was not there.
    """
    from huggingface_hub import scan_cache_dir

    revisions = [
        revision
        for found in _repositories()
        if found.repo_id == repository
        for revision in found.revisions
    ]
    if not revisions:
        return 0
    scanned = scan_cache_dir()
    if gguf:
        strategy = scanned.delete_files(
            *(
                file
                for revision in revisions
                for file in revision.files
                if file.file_path == revision.snapshot_path / gguf
            )
        )
    else:
        strategy = scanned.delete_revisions(*(revision.commit_hash for revision in revisions))
    freed = int(strategy.expected_freed_size)
    strategy.execute()
    return freed


def _repositories() -> list[Any]:
    """The models in the cache, as huggingface_hub describes them."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return []
    return [found for found in repositories if found.repo_type == "model"]


def _whole(folder: Path) -> bool | None:
    """Whether a chat model's files are all there; none where it is no chat model."""
    try:
        refuse_unless_chat(folder)
    except NotWhole:
        return False
    except ModelError:
        return None
    return True


def _licence(folder: Path) -> str:
    try:
        match = _LICENCE.search((folder / "README.md").read_text("utf-8", "replace")[:2000])
    except OSError:
        return ""
    return match[1] if match else ""
