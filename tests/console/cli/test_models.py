"""`driftty models`, as a person calls it: in a process of its own, on a hub and caches of its own."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from engine.model.catalogue import EMBEDDED, KNOWN, folder_of
from engine.model.manifest import write_manifest
from tests.engine.model import tiny
from tests.engine.model.hubserver import REPOSITORY, SHA, Hub, hub_served
from tests.engine.model.workers import chat_folder

DRIFTTY = [sys.executable, "-c", "from console.cli import main; main()"]
CHAT = {
    "config.json": b"{}",
    "tokenizer.json": b"{ }",
    "chat_template.jinja": b"{{ messages }}",
    "model.safetensors": bytes(300_000),
    "README.md": b"---\nlicense: mit\n---\nA model.",
    "original/weights.bin": bytes(10),
    "logo.png": bytes(10),
}


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_served(dict(CHAT)) as served:
        for name, value in served.environment(tmp_path / "hf").items():
            monkeypatch.setenv(name, value)
        yield served


def models(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DRIFTTY, "models", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        input="",
    )


def refused(*arguments: str, **environment: str) -> str:
    """The one sentence on standard error of a command that fails."""
    run = models(*arguments, **environment)
    assert run.returncode == 1
    assert run.stdout == ""
    last = run.stderr.splitlines()[-1]
    assert last.startswith("driftty: ")
    assert "Traceback" not in run.stderr
    return last


def embedded_in_place() -> Path:
    folder = folder_of(KNOWN[EMBEDDED])
    folder.parent.mkdir(parents=True)
    chat_folder(folder)
    write_manifest(folder, name=EMBEDDED, source="test", licence="none")
    return folder


def test_the_list_says_what_is_known_and_how_to_get_it() -> None:
    run = models("list")
    assert run.returncode == 0
    assert "smollm2-135m  ○ no" in run.stdout
    assert "driftty models fetch smollm2-135m" in run.stdout
    [embedded] = json.loads(models("list", "--json").stdout)
    assert embedded["name"] == EMBEDDED
    assert embedded["fetched"] is False
    assert embedded["licence"] == "Apache-2.0"


def test_the_list_says_what_is_here_and_how_large() -> None:
    folder = embedded_in_place()
    [embedded] = json.loads(models("list", "--json").stdout)
    assert embedded["fetched"] is True
    assert embedded["folder"] == str(folder)
    assert embedded["bytes"] == 8
    assert "● yes" in models("list").stdout


def test_a_path_is_all_that_standard_output_gets() -> None:
    folder = embedded_in_place()
    assert models("path").stdout == f"{folder}\n"
    run = models("fetch", EMBEDDED)
    assert run.stdout == f"{folder}\n"
    assert run.stderr == "smollm2-135m is already here.\n"


def test_the_path_of_a_gguf_is_the_file(tmp_path: Path) -> None:
    file = tiny.write_gguf(tmp_path / "tiny.gguf")
    assert models("path", str(file)).stdout == f"{file}\n"


def test_what_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    assert "fetch it with `driftty models fetch smollm2-135m`" in refused("path", EMBEDDED)
    assert "Did you mean smollm2-135m?" in refused("fetch", "smollm2")
    assert "holds no model: it has no config.json" in refused("fetch", str(tmp_path))
    assert "Not all of the model a/b is in the Hugging Face cache" in refused("path", "a/b")


def test_no_network_is_one_sentence_for_either_source(tmp_path: Path) -> None:
    nowhere = tiny.environment(tmp_path / "cache", "http://127.0.0.1:9/simple")
    assert "could not be reached: check the network" in refused("fetch", EMBEDDED, **nowhere)
    hub = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    assert "Hub could not be reached for a/b: check the" in refused("fetch", "a/b", **hub)


def test_a_hub_model_is_fetched_without_what_is_not_needed(hub: Hub, tmp_path: Path) -> None:
    run = models("fetch", REPOSITORY)
    assert run.returncode == 0, run.stderr
    folder = Path(run.stdout.strip())
    assert folder == tmp_path / "hf/hub/models--tests--tiny/snapshots" / SHA
    assert sorted(hub.downloads) == sorted(set(CHAT) - {"original/weights.bin", "logo.png"})
    assert f"{REPOSITORY}: 100% ready" in run.stderr
    assert models("path", REPOSITORY, HF_HUB_OFFLINE="1").stdout == run.stdout
    listed = {model["name"]: model for model in json.loads(models("list", "--json").stdout)}
    assert listed[REPOSITORY]["licence"] == "mit"
    assert listed[REPOSITORY]["source"] == "hub"
    assert listed[REPOSITORY]["bytes"] >= 300_000


def test_one_gguf_of_a_hub_model_is_fetched_alone(hub: Hub, tmp_path: Path) -> None:
    data = tiny.write_gguf(tmp_path / "tiny.gguf").read_bytes()
    hub.files = {"a.gguf": data, "b.gguf": data, "README.md": b""}
    assert f"name one of them, such as {REPOSITORY}/a.gguf" in refused("fetch", REPOSITORY)
    assert "has no file c.gguf; it has a.gguf, b.gguf" in refused("fetch", f"{REPOSITORY}/c.gguf")
    run = models("fetch", f"{REPOSITORY}/b.gguf")
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).name == "b.gguf"
    assert hub.downloads == ["b.gguf"]
    listed = [model["name"] for model in json.loads(models("list", "--json").stdout)]
    assert listed == [EMBEDDED, f"{REPOSITORY}/b.gguf"]
    assert models("fetch", f"{REPOSITORY}/a.gguf").returncode == 0
    assert models("remove", f"{REPOSITORY}/b.gguf", "--yes").returncode == 0
    assert "Not all of" in refused("path", f"{REPOSITORY}/b.gguf")
    assert models("path", f"{REPOSITORY}/a.gguf").returncode == 0


def test_a_hub_model_that_cannot_chat_is_refused(hub: Hub) -> None:
    del hub.files["chat_template.jinja"]
    assert "is not a chat model: its tokenizer has no chat template" in refused("fetch", REPOSITORY)
    listed = [model["name"] for model in json.loads(models("list", "--json").stdout)]
    assert listed == [EMBEDDED]


def test_a_hub_model_that_is_not_there_or_closed_is_refused(hub: Hub) -> None:
    assert "Hub has no model tests/other, or it is private" in refused("fetch", "tests/other")
    hub.gated = True
    assert "tests/tiny is gated: accept its terms" in refused("fetch", REPOSITORY)


def test_a_hub_model_half_fetched_is_not_taken_for_whole(hub: Hub, tmp_path: Path) -> None:
    folder = Path(models("fetch", REPOSITORY).stdout.strip())
    (folder / "model.safetensors").unlink()
    listed = {model["name"]: model for model in json.loads(models("list", "--json").stdout)}
    assert listed[REPOSITORY]["fetched"] is False
    assert "Not all of the model" in refused("path", REPOSITORY)
    assert models("fetch", REPOSITORY).returncode == 0
    assert (folder / "model.safetensors").stat().st_size == 300_000


def test_a_model_is_removed_when_told_so(hub: Hub) -> None:
    folder = embedded_in_place()
    assert models("remove", EMBEDDED).returncode == 1, "without a yes, nothing is removed"
    assert folder.is_dir()
    assert (
        "smollm2-135m is deleted; 709 B are free again"
        in models("remove", EMBEDDED, "--yes").stderr
    )
    assert not folder.exists()
    assert models("remove", EMBEDDED, "--yes").stderr == "smollm2-135m was not here.\n"
    models("fetch", REPOSITORY)
    assert "300 kB are free again" in models("remove", REPOSITORY, "--yes").stderr
    assert "Not all of" in refused("path", REPOSITORY)


def test_a_folder_of_ones_own_is_not_removed(tmp_path: Path) -> None:
    assert "driftty does not delete it" in refused("remove", str(tmp_path), "--yes")


def test_on_a_terminal_progress_is_a_bar(hub: Hub) -> None:
    assert "\x1b[" in _on_terminal([*DRIFTTY, "models", "fetch", REPOSITORY], {"TERM": "xterm"})


def test_listing_imports_neither_torch_nor_the_hub_of_downloads() -> None:
    probe = (
        "import sys; sys.argv[1:] = ['models', 'list']\n"
        "from console.cli import driftty\n"
        "driftty(standalone_mode=False)\n"
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def _on_terminal(command: list[str], environment: Mapping[str, str]) -> str:
    """What a command writes to a terminal, all of it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while data := os.read(ours, 65536):
                written += data
        except OSError:
            pass  # Linux says EIO where the terminal has no other end any more
        os.close(ours)
    assert process.returncode == 0
    return written.decode()
