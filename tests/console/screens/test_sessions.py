"""The Sessions screen: listed, filtered, previewed, changed and opened."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.app import DrifttyApp
from console.baselines import BASELINE
from console.panes.sessionbar import FilterInput
from console.panes.sessionpreview import PreviewPane
from console.screens.operate import Operate
from console.screens.sessions import SessionsScreen
from console.settings import Settings, write_settings
from sessions import database, shipped
from sessions.library import Library
from sessions.shelf import Shelf
from sessions.summary import Query, Summary
from tests.console.open import console, screen_text
from tests.sessions.many import experiment_of, fill


class Opened:
    """The console on the Sessions screen, and what it was asked to open."""

    def __init__(self, app: DrifttyApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot
        self.asked: list[tuple[object, ...]] = []

    @property
    def screen(self) -> SessionsScreen:
        assert isinstance(self.app.screen, SessionsScreen)
        return self.app.screen

    async def rest(self) -> None:
        """Until everything that was asked for is read and drawn."""
        while True:
            await self.pilot.pause()
            screen = next(one for one in self.app.screen_stack if isinstance(one, SessionsScreen))
            busy = any(worker.group == "keeping" for worker in screen.workers)
            if screen.idle and (not busy or self.app.screen is not screen):
                break
            await asyncio.sleep(0.005)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.rest()

    async def type(self, text: str) -> None:
        """Write a filter and wait for what it finds."""
        await self.press("slash")
        # At once, as a paste: who types slowly sees what half of it finds in between.
        self.screen.query_one(FilterInput).value = text
        await self.press("enter")

    @property
    def listed(self) -> list[str]:
        """The rows of the person's own sessions and experiments, by kind."""
        return [key.kind for key in self.screen.view.keys if key.kind not in ("shipped", "heading")]

    def shown(self) -> str:
        return screen_text(self.app)

    def told(self) -> str:
        """What notifications say."""
        return " ".join(notice.message for notice in self.app._notifications)

    def preview(self) -> str:
        return self.screen.query_one(PreviewPane).all_text()


@asynccontextmanager
async def opened(size: tuple[int, int] = (120, 40)) -> AsyncIterator[Opened]:
    app = console()
    async with app.run_test(size=size) as pilot:
        opened = Opened(app, pilot)
        for name in ("open_recording", "open_experiment", "open_comparison"):
            setattr(app, name, _noting(opened.asked, name))
        await pilot.press("f5")
        await opened.rest()
        yield opened


def _noting(asked: list[tuple[object, ...]], name: str) -> Callable[..., None]:
    def note(*arguments: Any, **named: Any) -> None:
        asked.append((name, *arguments, *named.values()))

    return note


def store() -> Path:
    return database.default_path()


async def summaries(trash: bool = False) -> list[Summary]:
    async with Library.open() as library:
        return await library.sessions(Query(trash=trash))


async def test_sessions_are_listed_the_newest_first_and_the_one_under_the_cursor_is_read() -> None:
    ids = fill(store(), 12)
    async with opened() as screen:
        assert screen.listed == ["session"] * 12
        for words in ("12 sessions", "▲ drift", "narration @", "hostname", "1.1 s"):
            assert words in screen.shown()
        assert ids[-1] in screen.preview()
        await screen.press("end", "home", "down", "down")
        assert ids[-3] in screen.preview()
        assert "hostname -s" in screen.preview()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_nothing_is_cut_off_the_screen_at_any_size(size: tuple[int, int]) -> None:
    fill(store(), 80)
    async with opened(size) as screen:
        await screen.press("pagedown")
        rows = screen.shown().splitlines()
        assert len(rows) == size[1]
        assert any("PREVIEW" in row for row in rows)
        assert "quit" in rows[-1]
        assert any(row.lstrip("│").startswith("› ") for row in rows)


async def test_an_empty_library_teaches_and_escape_goes_back() -> None:
    async with opened() as screen:
        assert "Nothing is recorded yet" in screen.preview()
        await screen.pilot.press("escape")
        assert isinstance(screen.app.screen, Operate)


async def test_the_filter_narrows_as_it_is_typed_and_escape_takes_it_away() -> None:
    fill(store(), 20)
    async with opened() as screen:
        await screen.type("outcome:drift turns>2")
        found = len(screen.listed)
        assert 0 < found < 20
        assert f"{found} sessions found" in screen.shown()
        await screen.press("escape")
        assert screen.listed == ["session"] * 20


async def test_it_is_asked_while_it_is_typed() -> None:
    fill(store(), 20)
    async with opened() as screen:
        await screen.pilot.press("slash", "t", "u", "r", "n", "s", "greater_than_sign", "9", "9")
        await screen.rest()
        assert screen.listed == []


async def test_words_are_searched_in_the_text() -> None:
    fill(store(), 6)
    async with opened() as screen:
        await screen.type('"made up"')
        assert screen.listed == ["session"] * 6
        await screen.press("escape")
        await screen.type("nowhere")
        assert screen.listed == []


async def test_a_filter_that_cannot_be_understood_is_a_sentence_and_leaves_the_list() -> None:
    fill(store(), 4)
    async with opened((200, 60)) as screen:
        await screen.type("colour:red")
        while "There is no field “colour”" not in screen.shown():
            await screen.pilot.pause(0.05)
        assert screen.listed == ["session"] * 4


async def test_sorting_goes_through_the_columns_and_turns_round() -> None:
    fill(store(), 9)
    async with opened() as screen:
        view = screen.screen.view
        await screen.press("s")
        assert view.order.column == "outcome"
        first = view.rows[view.keys[0]]
        assert isinstance(first, Summary)
        assert first.outcome == "stopped"
        await screen.press("S")
        last = view.rows[view.keys[0]]
        assert isinstance(last, Summary)
        assert last.outcome == "clean"


async def test_an_experiment_is_one_row_until_it_is_unfolded() -> None:
    ids = fill(store(), 8)
    experiment = experiment_of(store(), ids[2:6])
    async with opened() as screen:
        assert screen.listed == ["session", "session", "trial", "session", "session"]
        assert "3/4 clean" in screen.shown()
        await screen.press("down", "down", "right")
        assert screen.listed == ["session"] * 2 + ["trial"] + ["run"] * 4 + ["session"] * 2
        assert experiment in screen.preview()
        await screen.press("down", "down", "left")
        assert screen.listed == ["session", "session", "trial", "session", "session"]
        await screen.press("left", "enter")
        assert screen.asked == [("open_experiment", experiment)]


async def test_enter_plays_a_session_back_from_where_it_drifted() -> None:
    fill(store(), 2)
    (drifted, clean) = await summaries()
    async with opened() as screen:
        await screen.press("enter", "down", "enter")
        assert screen.asked == [
            ("open_recording", drifted.id, drifted.drift_turn),
            ("open_recording", clean.id, None),
        ]


async def test_two_that_are_marked_are_compared() -> None:
    ids = fill(store(), 4)
    async with opened() as screen:
        await screen.press("space", "down", "space", "enter")
        assert screen.asked == [("open_comparison", ids[3], ids[1])]


async def test_the_recordings_that_ship_are_listed_last_and_stay_as_they_are() -> None:
    fill(store(), 1)
    async with opened() as screen:
        assert "shipped with driftty" in screen.shown()
        await screen.press("end")
        assert "pieces, as turns of its own" in " ".join(screen.preview().split())
        await screen.press("x", "enter")
        fragmented = shipped.read("fragmented").recording.session
        assert screen.asked == [("open_recording", fragmented, 2)]
        assert [key.kind for key in screen.screen.view.keys].count("shipped") == 5


async def test_rules_of_the_settings_are_applied_when_the_console_opens() -> None:
    ids = fill(store(), 3)
    Shelf().tag(ids[0], ["baseline"])
    write_settings(Settings(keep_days=1))
    app = console()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        while len(await summaries()) > 1:
            await pilot.pause(0.05)
        while any(worker.group == "retention" for worker in app.workers):
            await pilot.pause(0.01)
        await pilot.pause()
        assert "2 recordings removed by your rules" in screen_text(app)
    assert [one.id for one in await summaries()] == ids[:1]


async def test_what_is_deleted_can_be_had_back_at_once_and_out_of_the_trash() -> None:
    ids = fill(store(), 5)
    async with opened() as screen:
        await screen.press("x")
        assert len(screen.listed) == 4
        assert [one.id for one in await summaries(trash=True)] == [ids[-1]]
        await screen.press("u")
        assert len(screen.listed) == 5
        await screen.press("space", "space", "x")
        assert len(screen.listed) == 3
        await screen.press("T")
        assert len(screen.listed) == 2
        assert "trash" in screen.shown().splitlines()[0]
        await screen.press("u", "escape")
        assert len(screen.listed) == 4
        assert [one.id for one in await summaries(trash=True)] == [ids[-2]]


async def test_many_are_not_deleted_without_a_question() -> None:
    ids = fill(store(), 14)
    experiment_of(store(), ids)
    async with opened() as screen:
        await screen.pilot.press("x")
        while isinstance(screen.app.screen, SessionsScreen):
            await screen.pilot.pause(0.01)
        assert "14 recordings" in screen.shown()
        await screen.pilot.press("enter")
        await screen.rest()
        assert await summaries(trash=True) == []


async def test_tags_and_notes_are_written_and_found_again() -> None:
    fill(store(), 3)
    async with opened() as screen:
        await asked(screen, "t", "seen baseline")
        await asked(screen, "e", "the one")
        (newest, *_) = await summaries()
        assert (newest.tags, newest.note) == (("baseline", "seen"), "the one")
        assert "baseline seen" in screen.shown()
        await screen.type("tag=seen")
        assert screen.listed == ["session"]
        await asked(screen, "t", "")
        (newest, *_) = await summaries()
        assert newest.tags == ()


async def test_the_tag_of_baselines_is_not_given_by_hand_and_stays_where_it_is() -> None:
    ids = fill(store(), 2)
    Shelf().tag(ids[0], [BASELINE])
    async with opened() as screen:
        await asked(screen, "t", f"seen {BASELINE}")
        assert "when they were run again" in screen.told()
        await screen.press("down")
        await asked(screen, "t", f"{BASELINE} seen")
        assert [one.tags for one in await summaries()] == [(), ("seen", BASELINE)]


async def asked(screen: Opened, key: str, answer: str) -> None:
    """Press a key and answer what it asks."""
    await screen.pilot.press(key)
    while isinstance(screen.app.screen, SessionsScreen):
        await screen.pilot.pause(0.01)
    field = screen.app.screen.query_one("#answer")
    field.value = answer  # type: ignore[attr-defined]  # an Input
    await screen.pilot.press("enter")
    await screen.rest()


async def test_what_another_process_records_appears_by_itself() -> None:
    fill(store(), 2)
    async with opened() as screen:
        await asyncio.to_thread(fill, store(), 3)
        while len(screen.listed) < 5:
            await screen.pilot.pause(0.05)
        assert screen.listed == ["session"] * 5


async def test_the_cursor_stays_on_its_session_when_others_come() -> None:
    ids = fill(store(), 4)
    async with opened() as screen:
        await screen.press("down")
        await asyncio.to_thread(fill, store(), 2)
        while len(screen.listed) < 6:
            await screen.pilot.pause(0.05)
        await screen.rest()
        assert screen.screen.view.cursor == 3
        assert ids[-2] in screen.preview()


async def test_a_filter_that_finds_nothing_and_an_empty_trash_say_how_to_go_back() -> None:
    async with opened() as screen:
        await screen.press("T")
        assert "The trash is empty" in screen.preview()
        await screen.press("T", "slash", *"turns>99", "enter")
        assert "No session is like that" in screen.preview()


async def test_an_experiment_is_not_forked_and_says_what_can_be() -> None:
    experiment_of(store(), fill(store(), 3))
    async with opened() as screen:
        await screen.press("f")
        assert "→ shows its runs" in screen.told()


async def test_a_session_is_written_to_a_file(tmp_path: Path) -> None:
    fill(store(), 1)
    async with opened() as screen:
        await screen.pilot.press("m")
        while isinstance(screen.app.screen, SessionsScreen):
            await screen.pilot.pause(0.01)
        target = tmp_path / "one.jsonl"
        screen.app.screen.query_one("#export-path").value = str(target)  # type: ignore[attr-defined]  # an Input
        await screen.pilot.press("f10")
        await screen.rest()
        assert '"type":"RecordingEnded"' in target.read_text().splitlines()[-1]


async def test_a_store_that_cannot_be_read_is_a_sentence() -> None:
    store().parent.mkdir(parents=True)
    store().write_bytes(b"something else entirely, and not a database")
    async with opened((200, 60)) as screen:
        assert "is not a session store" in screen.shown()


async def test_untrusted_words_of_a_session_reach_the_screen_only_as_words() -> None:
    (session,) = fill(store(), 1)
    Shelf().annotate(session, "\x1b]52;c;aGk=\x07 [@click=app.quit]x[/]")
    async with opened((200, 60)) as screen:
        shown = screen.shown()
        assert "\x1b" not in shown
        assert "[@click=app.quit]" in shown
