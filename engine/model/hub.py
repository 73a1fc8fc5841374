"""What the Hugging Face cache holds of a model.

`huggingface_hub` is imported inside functions: it takes a third of a second (and never torch).
"""

import re
from pathlib import Path

import msgspec

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
    """Every model in the Hugging Face cache that could be operated, by name."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return []
    found = []
    for repository in repositories:
        revision = repository.refs.get("main")
        if repository.repo_type != "model" or revision is None:
            continue
        names = {file.file_name for file in revision.files}
        weighty = any(name.endswith((".safetensors", ".bin", ".gguf")) for name in names)
        found.append(
            Cached(
                name=repository.repo_id,
                folder=revision.snapshot_path,
                bytes=repository.size_on_disk,
                whole=weighty,
                licence=_licence(revision.snapshot_path),
            )
        )
    return sorted(found, key=lambda model: model.name.casefold())


def remove(repository: str) -> int:
    """Delete a repository from the Hugging Face cache; returns the bytes freed, 0 if not there."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        scanned = scan_cache_dir()
    except CacheNotFound:
        return 0
    commits = [
        revision.commit_hash
        for found in scanned.repos
        if found.repo_type == "model" and found.repo_id == repository
        for revision in found.revisions
    ]
    strategy = scanned.delete_revisions(*commits)
    strategy.execute()
    return int(strategy.expected_freed_size)


def _licence(folder: Path) -> str:
    try:
        match = _LICENCE.search((folder / "README.md").read_text("utf-8", "replace")[:2000])
    except OSError:
        return ""
    return match[1] if match else ""
