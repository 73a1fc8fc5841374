"""What is said of models that cannot be loaded, and how device and dtype are chosen."""

import json
import math
from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from engine.model import device, loading
from engine.model.device import choose_device, choose_dtype, choose_threads
from engine.model.endings import endings_of
from engine.model.loading import Gauge, load_model, load_words
from engine.model.protocol import Load
from engine.model.weights import parameters_in
from engine.prompt.encode import PromptEncoder
from tests.engine.model.small_llama import END, OTHER, START, small_folder, small_tokenizer


def asked(folder: Path, dtype: str = "float32") -> Load:
    return Load(model="small", folder=str(folder), device="cpu", dtype=dtype)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("small"))


def damaged(folder: Path, tmp_path: Path, name: str, content: bytes) -> Path:
    """A copy of a model with one file replaced."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no folder .*nowhere"):
        load_words(asked(tmp_path / "nowhere"))


def test_a_hub_id_that_is_not_cached_is_to_be_fetched_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    load = Load(model="nobody/nothing", folder="nobody/nothing")
    with pytest.raises(ModelError, match="driftty models fetch nobody/nothing"):
        load_words(load)


def test_a_folder_without_a_readable_tokenizer_is_named(folder: Path, tmp_path: Path) -> None:
    damaged(folder, tmp_path, "tokenizer.json", b"{")
    with pytest.raises(ModelError, match="tokenizer or configuration"):
        load_words(asked(tmp_path))


def test_weights_are_counted_from_their_header(folder: Path) -> None:
    ready = load_model(asked(folder), load_words(asked(folder)), Gauge())
    assert parameters_in(folder) == ready.provenance.parameters > 10_000


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 8, b"\xff" * 200, b"\x02" + b"\0" * 7 + b"[]", b"\x10" + b"\0" * 7 + b"{"],
)
def test_weights_that_are_no_safetensors_are_damaged(
    folder: Path, tmp_path: Path, content: bytes
) -> None:
    damaged(folder, tmp_path, "model.safetensors", content)
    with pytest.raises(ModelError, match="damaged or cut short"):
        parameters_in(tmp_path)


def test_weights_cut_short_or_with_a_tail_are_damaged(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], whole + b"\0"):
        damaged(folder, tmp_path, "model.safetensors", content)
        with pytest.raises(ModelError, match="damaged or cut short"):
            parameters_in(tmp_path)


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no weights"):
        parameters_in(tmp_path)


def test_weights_of_another_shape_are_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["hidden_size"], config["head_dim"] = 96, 16
    damaged(folder, tmp_path, "config.json", json.dumps(config).encode())
    words = load_words(asked(tmp_path))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(asked(tmp_path), words, Gauge())


def test_too_little_memory_is_said_before_anything_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "free_bytes", lambda _: 1000)
    words = load_words(asked(folder))
    with pytest.raises(ModelError, match=r"needs about 0\.3 GB on cpu as float32, and 0\.0 GB"):
        load_model(asked(folder), words, Gauge())


def test_half_the_width_is_taken_where_only_that_fits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "choose_dtype", lambda wanted, _: torch.float32)
    parameters = parameters_in(folder)
    monkeypatch.setattr(loading, "free_bytes", lambda _: 300_000_000 + 3 * parameters)
    words = load_words(asked(folder))
    ready = load_model(asked(folder, "auto"), words, Gauge())
    assert ready.provenance.dtype == "bfloat16"


def test_narrow_forms_get_what_weights_keys_and_values_leave(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: list[float] = []
    monkeypatch.setattr(loading, "allow", allowed.append)
    free = 10**9
    monkeypatch.setattr(loading, "free_bytes", lambda _: free)
    load_model(asked(folder), load_words(asked(folder)), Gauge())
    weights = 4 * parameters_in(folder)
    limit = loading._kv_bytes(torch.device("cpu"), weights)
    assert allowed[0] == free - weights - limit - 300_000_000
    assert allowed[-1] == math.inf


def test_a_device_that_is_not_there_is_named() -> None:
    for wanted in ("cuda:77", "toaster"):
        with pytest.raises(ModelError, match=wanted):
            choose_device(wanted)


def test_the_dtype_is_what_was_asked_for_or_one_that_was_measured() -> None:
    cpu = torch.device("cpu")
    assert choose_dtype("float16", cpu) is torch.float16
    assert choose_dtype("auto", cpu) in (torch.float32, torch.bfloat16)
    with pytest.raises(ModelError, match="float12"):
        choose_dtype("float12", cpu)


@pytest.mark.parametrize(
    ("one", "many", "chosen"),
    [
        (0.5, 0.5, torch.bfloat16),
        (0.95, 0.5, torch.float32),
        (0.5, 0.95, torch.float32),
        (0.5, 3.0, torch.float32),
    ],
)
def test_bfloat16_has_to_be_clearly_faster_for_one_row_and_for_many(
    monkeypatch: pytest.MonkeyPatch, one: float, many: float, chosen: torch.dtype
) -> None:
    times = {torch.bfloat16: (one, many), torch.float32: (1.0, 1.0)}
    monkeypatch.setattr(device, "_layer_times", times.__getitem__)
    assert choose_dtype("auto", torch.device("cpu")) is chosen


def test_one_core_is_left_to_the_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, threads in ((1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr(device, "cores", lambda cores=cores: cores)
        assert choose_threads(0) == threads
    assert choose_threads(5) == 5


def test_a_turn_ends_with_the_declared_token_and_with_the_templates() -> None:
    tokenizer = small_tokenizer()
    encoder = PromptEncoder(tokenizer)
    endings = endings_of(tokenizer, encoder, None)
    assert (set(endings.turn), set(endings.control)) == ({END}, {START, OTHER})
    tokenizer.eos_token = "<file>"
    endings = endings_of(tokenizer, encoder, [OTHER])
    assert (set(endings.turn), set(endings.control)) == ({END, OTHER}, {START})
