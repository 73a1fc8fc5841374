"""Names become files that are whole and can chat, or a sentence that says what is wrong."""

import json
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.model import catalogue
from engine.model.catalogue import EMBEDDED, NotFetched, folder_of, kind_of, listing, resolve
from engine.model.chat import NotWhole
from engine.model.manifest import MANIFEST, read_manifest, weights_sha256, write_manifest
from tests.engine.model import tiny
from tests.engine.model.workers import chat_folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "cache"))


def placed(name: str = EMBEDDED) -> Path:
    """A folder in the place of a catalogue model, with a manifest."""
    folder = folder_of(catalogue.KNOWN[name])
    folder.parent.mkdir(parents=True)
    chat_folder(folder)
    write_manifest(folder, name=name, source="test", licence="none")
    return folder


def test_a_known_model_that_is_not_here_says_how_to_fetch_it() -> None:
    with pytest.raises(NotFetched, match="`driftty models fetch smollm2-135m`"):
        resolve(EMBEDDED)


def test_a_known_model_that_is_here_resolves_to_its_folder() -> None:
    folder = placed()
    files = resolve(EMBEDDED)
    assert (files.name, files.folder, files.gguf) == (EMBEDDED, folder, "")


@pytest.mark.parametrize("breakage", ["lost", "cut", "no manifest", "garbled manifest"])
def test_a_folder_that_is_not_whole_counts_as_not_fetched(breakage: str) -> None:
    folder = placed()
    match breakage:
        case "lost":
            (folder / "tokenizer.json").unlink()
        case "cut":
            (folder / "model.safetensors").write_text("")
        case "no manifest":
            (folder / MANIFEST).unlink()
        case "garbled manifest":
            (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:50])
    with pytest.raises(NotFetched):
        resolve(EMBEDDED)


def test_a_path_resolves_to_itself(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "mine")
    assert resolve(str(folder)).folder == folder
    assert resolve(str(folder)).gguf == ""


def test_a_gguf_file_and_a_folder_with_one_both_name_it(tmp_path: Path) -> None:
    file = tiny.write_gguf(tmp_path / "tiny.gguf")
    for name in (str(file), str(tmp_path)):
        files = resolve(name)
        assert (files.folder, files.gguf) == (tmp_path, "tiny.gguf")


def test_a_folder_of_several_ggufs_asks_for_one(tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        tiny.write_gguf(tmp_path / name)
    with pytest.raises(
        ModelError, match=r"holds 2 GGUF files; name one of them, such as .*a\.gguf"
    ):
        resolve(str(tmp_path))


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("config.json", "holds no model: it has no config.json"),
        ("tokenizer.json", "has no tokenizer"),
        ("model.safetensors", "has no weights"),
        ("chat_template.jinja", "is not a chat model: its tokenizer has no chat template"),
    ],
)
def test_what_a_folder_lacks_is_named(tmp_path: Path, missing: str, why: str) -> None:
    folder = chat_folder(tmp_path / "mine")
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=why):
        resolve(str(folder))


def test_a_template_in_the_tokenizers_settings_counts(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "mine")
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    assert resolve(str(folder)).folder == folder


def test_a_lost_shard_is_named(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(NotWhole, match="1 of its weight files are missing, such as model-00002"):
        resolve(str(folder))
    (folder / shards["b"]).write_text("")
    assert resolve(str(folder)).folder == folder


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"tokenizer": False}, "has no tokenizer, only weights"),
        ({"template": False}, "is not a chat model: it has no chat template"),
    ],
)
def test_what_a_gguf_file_lacks_is_named(tmp_path: Path, parts: dict[str, bool], why: str) -> None:
    file = tiny.write_gguf(tmp_path / "tiny.gguf", **parts)
    with pytest.raises(ModelError, match=why):
        resolve(str(file))


@pytest.mark.parametrize("size", [0, 3, 200])
def test_a_gguf_file_that_is_cut_short_is_told(tmp_path: Path, size: int) -> None:
    file = tiny.write_gguf(tmp_path / "tiny.gguf")
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ModelError, match="is not a whole GGUF file; fetch it again"):
        resolve(str(file))


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ModelError, match="is not a model: name a folder with safetensors, or"):
        resolve(str(tmp_path / "notes.txt"))


@pytest.mark.parametrize("name", ["/no/such", "./nosuch", "../nosuch.gguf", "~/no-such-model"])
def test_a_path_to_nothing_is_told_as_a_path(name: str) -> None:
    with pytest.raises(ModelError, match=r"There is no folder or \.gguf file"):
        resolve(name)


@pytest.mark.parametrize("name", ["smollm2", "SmolLM2-135", "smollm-135m", "smolm2"])
def test_a_mistyped_name_is_answered_with_the_one_meant(name: str) -> None:
    with pytest.raises(ModelError, match=f"Did you mean {EMBEDDED}"):
        resolve(name)


def test_a_name_like_no_other_is_answered_with_what_names_can_be() -> None:
    with pytest.raises(ModelError, match="`driftty models list` shows what is known") as caught:
        resolve("qqq")
    assert "Did you mean" not in str(caught.value)


def test_each_kind_of_name_is_told_by_its_form(tmp_path: Path) -> None:
    assert kind_of(EMBEDDED) == "embedded"
    assert kind_of(str(tmp_path)) == "local"
    assert kind_of("org/name") == "hub"
    assert kind_of("org/name/sub/file.gguf") == "hub"
    with pytest.raises(ModelError):
        kind_of("org/name/file.txt")


def test_the_list_says_what_is_here() -> None:
    assert [(model.name, model.fetched) for model in listing()][:1] == [(EMBEDDED, False)]
    folder = placed()
    here = listing()[0]
    assert here.fetched
    assert here.folder == str(folder)
    assert here.bytes == sum(
        path.stat().st_size for path in folder.iterdir() if path.name != MANIFEST
    )


def test_the_weights_sum_is_that_of_the_one_file_or_of_all(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "mine")
    single = weights_sha256(folder)
    assert single == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    manifest = write_manifest(folder, name="mine", source="", licence="")
    assert manifest.weights == single == weights_sha256(folder)
    (folder / MANIFEST).unlink()
    (folder / "model-2.safetensors").write_text("more")
    several = weights_sha256(folder)
    assert several not in ("", single)
    assert write_manifest(folder, name="mine", source="", licence="").weights == several


def test_a_folder_without_weights_has_no_sum(tmp_path: Path) -> None:
    assert weights_sha256(tmp_path) == ""
    assert read_manifest(tmp_path) is None


@pytest.mark.model
def test_the_embedded_model_is_the_pinned_one(
    embedded_model: catalogue.ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read_manifest(embedded_model.folder)
    assert manifest is not None
    assert catalogue.SMOLLM2.member_sha256 in manifest.source
    assert manifest.weights == weights_sha256(embedded_model.folder)
    assert sum(file.bytes for file in manifest.files.values()) > 538_000_000
