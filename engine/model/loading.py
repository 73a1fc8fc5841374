"""Loading a model from local files: tokenizer first, then weights, then the runner that fits.

Nothing here reaches the network: what is not here has to be fetched first.
"""

import hashlib
import importlib.metadata
import json
import math
import os
import platform
from pathlib import Path
from typing import Any

import msgspec
import torch

from engine.errors import ModelError
from engine.events import Provenance
from engine.model import hub
from engine.model.device import (
    choose_device,
    choose_dtype,
    cores,
    device_name,
    free_bytes,
    held_bytes,
)
from engine.model.endings import Endings, endings_of
from engine.model.few import allow
from engine.model.manifest import weights_sha256
from engine.model.probe import runner_for
from engine.model.protocol import Load
from engine.model.runner import Runner, SharedRunner
from engine.model.threads import Pace
from engine.model.weights import parameters_in
from engine.prompt.encode import PromptEncoder

_SPARE_BYTES = 300_000_000
"""What a forward and a little KV need beside the weights."""
_KV_SHARE = 0.4
"""Of the memory that is left on a CPU once the weights are there; a GPU has no other use for its."""
_MOST_KV_BYTES = 4 << 30
"""On a CPU: 64 rows of a small model need a quarter of it."""


class Words(msgspec.Struct, frozen=True):
    """The part of a model that needs no weights."""

    folder: Path
    tokenizer: Any
    encoder: PromptEncoder
    window: int
    """Context length in tokens; 0 where the model names none."""


class Ready(msgspec.Struct, frozen=True):
    """A model that can answer."""

    runner: Runner
    endings: Endings
    provenance: Provenance
    device: torch.device


class Gauge:
    """How far the weights are, told by the memory this process holds."""

    def __init__(self) -> None:
        self._device = torch.device("cpu")
        self._before = 0
        self._expected = 0

    def expect(self, expected: int, device: torch.device) -> None:
        """So many bytes will come on this device."""
        self._device = device
        self._before = held_bytes(device)
        self._expected = expected

    def fraction(self) -> float:
        """From 0 to 1."""
        if not self._expected:
            return 0.0
        held = held_bytes(self._device) - self._before
        return min(max(held / self._expected, 0.0), 1.0)


def quieten() -> None:
    """Keep transformers from printing and from looking for anything on the network."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def load_words(load: Load) -> Words:
    """Tokenizer, chat template and context length. Raises `ModelError`."""
    from transformers import AutoConfig, AutoTokenizer

    folder = _folder(load)
    files = {"gguf_file": load.gguf} if load.gguf else {}
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, **files)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **files)
    except Exception as error:
        raise ModelError(
            f"The tokenizer or configuration in {folder} cannot be read ({_clause(error)}); fetch"
            " the model again."
        ) from error
    if not tokenizer.chat_template:
        raise ModelError(
            f"The model in {folder} is not a chat model: its tokenizer has no chat template; choose"
            " the instruct or chat variant of it."
        )
    text = config.get_text_config()
    window = int(getattr(text, "max_position_embeddings", 0) or 0)
    return Words(folder, tokenizer, PromptEncoder(tokenizer, window), window)


def load_model(load: Load, words: Words, gauge: Gauge) -> Ready:
    """Weights and all that runs them. Raises `ModelError`, `MemoryError`."""
    device = choose_device(load.device)
    parameters = parameters_in(words.folder, load.gguf)
    dtype = _affordable(load, device, parameters)
    weights = parameters * dtype.itemsize
    gauge.expect(weights, device)
    limit = _kv_bytes(device, weights)
    spare = free_bytes(device) - weights - limit - _SPARE_BYTES
    counted = 0

    def read() -> Any:
        nonlocal counted
        # Anew each time: what a way tried in vain had taken is free again.
        allow(spare)
        model = _read(words.folder, load.gguf, dtype, device)
        counted = sum(parameter.numel() for parameter in model.parameters())
        return model

    try:
        runner = runner_for(read, limit)
    finally:
        allow(math.inf)
    if (
        isinstance(runner, SharedRunner)
        and device.type == "cpu"
        and not load.threads
        and cores() > 1
    ):
        runner.pace = Pace(cores())
    declared = getattr(runner.model.generation_config, "eos_token_id", None)
    return Ready(
        runner=runner,
        endings=endings_of(words.tokenizer, words.encoder, declared),
        provenance=_provenance(load, words, counted, dtype, runner, device),
        device=device,
    )


def _read(folder: Path, gguf: str, dtype: torch.dtype, device: torch.device) -> Any:
    """The model as transformers has it."""
    from transformers import AutoModelForCausalLM

    files = {"gguf_file": gguf} if gguf else {}
    placed = {} if device.type == "cpu" else {"device_map": {"": device}}
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, **files, **placed
        )
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise ModelError(
            f"The weights in {folder} cannot be loaded ({_clause(error)}); fetch the model again, or"
            " choose another."
        ) from error
    return model.eval().requires_grad_(False)


def _folder(load: Load) -> Path:
    """The local folder, or the snapshot of the Hugging Face id in its cache."""
    folder = Path(load.folder).expanduser()
    if folder.is_dir():
        if not os.access(folder, os.R_OK | os.X_OK):
            raise ModelError(f"The folder {folder} cannot be read; check its permissions.")
        return folder
    if not hub.is_id(load.folder):
        raise ModelError(f"There is no folder {folder}; check the path of the model {load.model}.")
    found = hub.find(load.folder, load.gguf)
    if found is None:
        raise ModelError(
            f"The model {load.folder} is not here yet: fetch it with"
            f" `driftty models fetch {load.folder}`."
        )
    return found


def _affordable(load: Load, device: torch.device, parameters: int) -> torch.dtype:
    """The dtype, half as wide where the weights would not fit otherwise and none was asked for."""
    dtype = choose_dtype(load.dtype, device)
    free = free_bytes(device)
    if load.dtype == "auto" and parameters * dtype.itemsize + _SPARE_BYTES > free:
        dtype = dtype if dtype.itemsize < 4 else torch.bfloat16
    needed = parameters * dtype.itemsize + _SPARE_BYTES
    if needed > free:
        raise ModelError(
            f"The model {load.model} needs about {needed / 1e9:.1f} GB on {device} as"
            f" {_dtype_name(dtype)}, and {free / 1e9:.1f} GB are free; close other programs, or"
            " choose a smaller model."
        )
    return dtype


def _kv_bytes(device: torch.device, weights: int) -> int:
    """The bound for keys and values, when so many bytes of weights will have come."""
    left = max(free_bytes(device) - weights, 0)
    if device.type == "cuda":
        return int(max(left - _SPARE_BYTES, left // 2) * 0.9)
    return int(min(left * _KV_SHARE, _MOST_KV_BYTES))


def _provenance(
    load: Load,
    words: Words,
    parameters: int,
    dtype: torch.dtype,
    runner: Runner,
    device: torch.device,
) -> Provenance:
    return Provenance(
        model=load.model,
        weights=weights_sha256(words.folder, load.gguf),
        tokenizer=_sha256(words.tokenizer.backend_tokenizer.to_str()),
        template=_sha256(_template(words.tokenizer)),
        device=device_name(device),
        dtype=_dtype_name(dtype),
        window=words.window,
        parameters=parameters,
        libraries={
            "python": platform.python_version(),
            **{
                name: importlib.metadata.version(name)
                for name in ("torch", "transformers", "tokenizers")
            },
        },
        forward=runner.forward_name,
    )


def _template(tokenizer: Any) -> str:
    template = tokenizer.chat_template
    return template if isinstance(template, str) else json.dumps(template, sort_keys=True)


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _clause(error: Exception) -> str:
    """An error of a library as a clause: its first line, at a bearable length."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    first = lines[0].strip().rstrip(".")
    return first if len(first) <= 160 else first[:159] + "…"
