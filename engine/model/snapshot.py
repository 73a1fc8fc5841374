"""Download a model of the Hugging Face Hub into its cache: what is needed to run it, no more.

`python -m engine.model.snapshot ORG/NAME [FILE.gguf]` runs as a child, so that it can be ended at any
moment; what it leaves half-done is resumed by the next. It says how far it is on standard output, a
JSON object a line, and a failure as a `Refused` on the last.
"""

import glob
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.model.hub import FILES
from engine.model.progress import Progress, say

_POLL_SECONDS = 0.25


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why nothing was downloaded."""

    kind: Literal["network", "room", "other"]
    why: str


def download(repository: str, gguf: str) -> Refused | None:
    """Download a repository's model, or one GGUF file of it; says what stood in the way."""
    import httpx2
    from huggingface_hub import constants, model_info, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    say(Progress("asking the Hugging Face Hub", 0.0))
    try:
        info = model_info(repository, files_metadata=True)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        wanted = _wanted(repository, gguf, set(sizes))
        if isinstance(wanted, Refused):
            return wanted
        cache = Path(constants.HF_HUB_CACHE)
        cache.mkdir(parents=True, exist_ok=True)
        home = cache / f"models--{repository.replace('/', '--')}"
        snapshot = home / "snapshots" / str(info.sha)
        missing = sum(sizes[name] for name in wanted if not (snapshot / name).exists())
        free = shutil.disk_usage(cache).free
        if free < missing:
            return Refused(
                "room",
                f"{repository} takes {missing / 1e9:.1f} GB more and {cache} has"
                f" {free / 1e9:.1f} GB free: free some, or move the cache with HF_HOME.",
            )
        with _Watched(home / "blobs", missing):
            snapshot_download(repository, allow_patterns=sorted(map(glob.escape, wanted)))
    except GatedRepoError:
        return Refused(
            "other",
            f"{repository} is gated: accept its terms on the Hugging Face Hub, then log in with"
            " `hf auth login`.",
        )
    except RepositoryNotFoundError:
        return Refused(
            "other",
            f"The Hugging Face Hub has no model {repository}, or it is private: check the name, or"
            " log in with `hf auth login`.",
        )
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, httpx2.TransportError):
        return Refused(
            "network",
            f"The Hugging Face Hub could not be reached for {repository}: check the network, then"
            " try again; what was downloaded is kept.",
        )
    except HfHubHTTPError as error:
        return Refused("network", f"The Hugging Face Hub did not serve {repository}: {error}")
    except OSError as error:
        return Refused("room", f"{repository} could not be written to the cache: {error}.")
    return None


def _wanted(repository: str, gguf: str, names: set[str]) -> set[str] | Refused:
    """Which of a repository's files are needed."""
    ggufs = sorted(name for name in names if name.endswith(".gguf"))
    if gguf:
        if gguf in names:
            return {gguf}
        return Refused("other", f"{repository} has no file {gguf}; it has {_some(ggufs)}.")
    top = {name for name in names if "/" not in name}
    for ending in (".safetensors", ".bin"):
        weights = {name for name in top if name.endswith(ending) and "consolidated" not in name}
        if weights:
            return weights | {n for n in top if Path(n).match("README.md") or _beside(n)}
    if ggufs:
        return Refused(
            "other",
            f"{repository} holds GGUF files: name one of them, such as {repository}/{ggufs[0]}.",
        )
    return Refused("other", f"{repository} holds no weights (.safetensors or .gguf).")


def _beside(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in FILES)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "") if names else "no GGUF file"


class _Watched:
    """Says how many bytes of a download are on the disk, until it is left."""

    def __init__(self, blobs: Path, total: int) -> None:
        self._blobs = blobs
        self._total = total
        self._before = self._on_disk()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: Any) -> None:
        self._left.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._left.wait(_POLL_SECONDS):
            done = min(max(0, self._on_disk() - self._before), self._total)
            fraction = done / self._total if self._total else 1.0
            say(Progress("downloading", fraction, done, self._total))

    def _on_disk(self) -> int:
        total = 0
        for path in self._blobs.glob("*"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                continue  # renamed between listing and looking, as finished files are
        return total


if __name__ == "__main__":
    refused = download(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    if refused is not None:
        sys.stdout.write(msgspec.json.encode(refused).decode() + "\n")
        sys.exit(1)
