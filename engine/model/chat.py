"""Can these files be operated? A chat model has weights, a tokenizer and a chat template."""

import json
from pathlib import Path

import msgspec

from engine.errors import ModelError

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json", "spiece.model")
_TEMPLATES = ("chat_template.jinja", "chat_template.json")
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


class NotWhole(ModelError):
    """Files that a model needs are missing or cut short."""


class _Index(msgspec.Struct):
    """Which file holds which tensor, where the weights are split."""

    weight_map: dict[str, str]


def refuse_unless_chat(folder: Path, gguf: str = "") -> None:
    """Raise unless these are a chat model's files.

    `NotWhole` where files are missing or cut short, `ModelError` where it is no chat model.
    """
    if gguf:
        _check_gguf(folder / gguf)
    else:
        _check_folder(folder)


def _check_folder(folder: Path) -> None:
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise ModelError(
            f"The folder {folder} cannot be read: {error.strerror}; check path and permissions."
        ) from error
    if "config.json" not in names:
        raise NotWhole(f"The folder {folder} holds no model: it has no config.json.")
    _check_weights(folder, names)
    if not names.intersection(_TOKENIZERS):
        raise NotWhole(
            f"The model in {folder} has no tokenizer (tokenizer.json); fetch it again, whole."
        )
    if not _has_template(folder, names):
        raise ModelError(
            f"The model in {folder} is not a chat model: its tokenizer has no chat template; choose"
            " the instruct or chat variant of it."
        )


def _check_weights(folder: Path, names: set[str]) -> None:
    index = next((index for index in _INDEXES if index in names), "")
    if index:
        try:
            parts = msgspec.json.decode((folder / index).read_bytes(), type=_Index)
        except (OSError, msgspec.MsgspecError) as error:
            raise NotWhole(
                f"{folder / index} cannot be read ({error}); fetch the model again."
            ) from error
        lost = sorted(set(parts.weight_map.values()) - names)
        if lost:
            raise NotWhole(
                f"The model in {folder} is not whole: {len(lost)} of its weight files are missing,"
                f" such as {lost[0]}; fetch it again."
            )
    elif not any(name.endswith((".safetensors", ".bin")) for name in names):
        raise NotWhole(f"The model in {folder} has no weights (.safetensors); fetch it again.")


def _has_template(folder: Path, names: set[str]) -> bool:
    if names.intersection(_TEMPLATES):
        return True
    try:
        config = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and bool(config.get("chat_template"))


def _check_gguf(path: Path) -> None:
    # Imported here because it brings numpy, which `driftty --help` has no use for.
    import gguf

    try:
        fields = gguf.GGUFReader(path).fields
    except OSError as error:
        raise ModelError(
            f"The file {path} cannot be read: {error.strerror}; check path and permissions."
        ) from error
    except (ValueError, IndexError, KeyError) as error:
        raise NotWhole(f"The file {path} is not a whole GGUF file; fetch it again.") from error
    if "tokenizer.ggml.tokens" not in fields:
        raise ModelError(
            f"The GGUF file {path} has no tokenizer, only weights; choose one made for chat."
        )
    if "tokenizer.chat_template" not in fields:
        raise ModelError(
            f"The model {path} is not a chat model: it has no chat template; choose the instruct or"
            " chat variant of it."
        )
