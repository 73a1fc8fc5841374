"""The recordings that ship: whole, playable without a model, and what they claim to be."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine import folders
from engine.errors import StoreError
from engine.events import PromptSent, RunEnded, SessionStarted, TokensNamed
from engine.rerun.rejudge import rejudge
from sessions import database, shipped
from sessions.library import Library
from sessions.soundness import find_damage
from tests.sessions.many import fill
from tests.sessions.ship import RECIPES, shows


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "cache"))


def test_there_is_one_of_each_and_a_recipe_for_it() -> None:
    assert set(RECIPES) == set(shipped.NAMES)
    for name in shipped.NAMES:
        assert shipped.read(name).typed == f"shipped:{name}"


@pytest.mark.parametrize("name", shipped.NAMES)
def test_each_shows_what_its_name_says(name: str) -> None:
    assert shows(name, shipped.read(name).events)


@pytest.mark.parametrize("name", shipped.NAMES)
async def test_each_is_whole_in_a_store_of_its_own_and_named_by_what_is_typed(name: str) -> None:
    typed = f"shipped:{name}"
    events = shipped.read(name).events
    async with Library.holding(typed) as library:
        summary = await library.find(typed)
        assert await find_damage(library, summary.id) == ""
        assert tuple([event async for event in library.events(summary.id)]) == events
    first = events[0]
    assert isinstance(first, SessionStarted)
    assert summary.id == first.session
    assert summary.note == RECIPES[name].note
    # Its id alone names it too, which is what the screen opens it by.
    async with Library.holding(summary.id) as library:
        assert (await library.find(summary.id)).id == summary.id


@pytest.mark.parametrize("name", shipped.NAMES)
def test_the_judge_of_today_finds_the_same_in_each(name: str) -> None:
    found = rejudge(shipped.read(name).events)
    assert found.changed == ()
    assert found.lines > 0
    assert found.now == found.recorded
    ended = shipped.read(name).events[-1]
    assert isinstance(ended, RunEnded)
    assert (found.now.outcome, found.now.drift_turn, found.now.drift_kind) == (
        ended.outcome,
        ended.drift_turn,
        ended.drift_kind,
    )


@pytest.mark.parametrize("name", shipped.NAMES)
def test_each_has_the_text_of_every_token_that_its_model_was_sent(name: str) -> None:
    named: dict[int, str] = {}
    prompts = 0
    for event in shipped.read(name).events:
        if isinstance(event, TokensNamed):
            named |= dict(zip(event.ids, event.texts, strict=True))
        elif isinstance(event, PromptSent):
            prompts += 1
            assert set(event.ids) <= named.keys()
    assert prompts
    assert all(named.values())


def test_the_person_s_own_store_gets_none_of_them() -> None:
    path = shipped.store()
    assert path.parent == folders.cache()
    assert path == shipped.store()
    assert not database.default_path().exists()


def test_where_the_cache_cannot_be_written_they_are_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert shipped.store().is_file()


def test_what_does_not_ship_is_a_sentence_that_names_what_does() -> None:
    with pytest.raises(StoreError, match=r"No recording shipped:nothing ships.*shipped:clean"):
        shipped.read("nothing")
    with pytest.raises(StoreError, match=r"No recording shipped:\.\./x ships"):
        shipped.id_of("shipped:../x")


async def test_own_sessions_are_found_as_ever() -> None:
    (session,) = fill(database.default_path(), 1, events=3)
    async with Library.holding(session[:6]) as library:
        assert (await library.find(session[:6])).id == session
    assert await asyncio.to_thread(shipped.store_of, session) is None


WITHOUT_TORCH = """
import sys
class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "accelerate"):
            raise ImportError(name)
sys.meta_path.insert(0, Refused())
from console.cli import main
sys.argv = ["driftty", "sessions", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--shipped", "--json"),
        ("show", "shipped:error"),
        ("export", "shipped:clean", "-f", "asciicast-v2"),
    ],
)
def test_they_are_read_on_a_machine_without_torch(arguments: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    if arguments[-1] == "--json":
        assert [one["outcome"] for one in json.loads(ran.stdout)].count("clean") >= 1
    else:
        assert "exit" in ran.stdout
