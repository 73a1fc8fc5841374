"""Going to places of a recording, finding texts in it, and taking copies of it, by keys."""

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input, Select

from console.exporting import Request, export
from console.panes.shell import ShellPane
from console.screens.against import AgainstScreen
from console.screens.replay import ReplayScreen
from console.screens.replaychoose import ChooseRecording
from console.screens.sessionsexport import ExportDialog
from sessions import visiting
from tests.console.open import console, screen_text, shown, shows, spec
from tests.console.played import until
from tests.console.replayed import notices, opened, recorded
from tests.console.story import drifting


async def test_one_goes_to_a_turn_by_its_number_and_to_an_event_by_its_own() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 1)
        await pilot.press("colon", "3", "enter")
        await until(lambda: replay.view.header.turn == 3)
        await pilot.press("colon", "9", "enter")
        await until(lambda: "is no place in this recording" in notices(app))
        assert replay.view.header.turn == 3
        await pilot.press("colon", "number_sign", "7", "enter")
        await until(lambda: replay.position == 7)


async def test_a_text_is_found_in_the_whole_recording_and_marked() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 1)
        await pilot.press("s", *"6.1.0-18", "enter")
        await until(lambda: "of 1 place" in notices(app))
        await until(lambda: replay.resting)
        assert replay.view.header.turn == 1
        assert "6.1.0-18-amd64" in screen_text(app)
        assert app.screen.query_one(ShellPane).found == "6.1.0-18"
        await pilot.press("escape")
        assert app.screen.query_one(ShellPane).found == ""
        assert shows(app, ReplayScreen)
        await pilot.press("s", "ctrl+a", "ctrl+k", *"zebra", "enter")
        await until(lambda: "nowhere in this recording" in notices(app))


async def test_places_of_a_text_are_gone_through_and_round_again() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 1)
        screen = app.screen
        assert isinstance(screen, ReplayScreen)
        await pilot.press("s", *"kernel", "enter")
        await until(lambda: screen.found is not None and replay.resting)
        assert screen.found is not None
        places = screen.found.positions
        assert len(places) > 2
        seen = [replay.position]
        for key in ("n",) * len(places):
            before = replay.position
            await pilot.press(key)
            await until(lambda at=before: replay.position != at and replay.resting)  # type: ignore[misc]
            seen.append(replay.position)
        assert sorted(set(seen)) == places
        assert seen[0] == seen[-1]
        await pilot.press("N")
        await until(lambda: replay.position == seen[-2])


async def test_a_picture_is_of_the_moment_in_view(tmp_path: Path) -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 2)
        await pilot.press("m")
        await until(lambda: shows(app, ExportDialog))
        assert app.screen.query_one("#export-format", Select).value == "png"
        assert "the moment you look at" in screen_text(app)
        app.screen.query_one("#export-format", Select).value = "svg"
        path = app.screen.query_one("#export-path", Input)
        path.value = str(tmp_path / "moment.svg")
        path.focus()
        await pilot.press("enter")
        await until(lambda: "written to" in notices(app))
        picture = (tmp_path / "moment.svg").read_text()
        assert "turn 2 of 3" in picture
        assert "▲" not in picture
        assert replay.view.header.turn == 2


async def test_a_file_says_that_it_is_not_in_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "_visited", {})
    session = await recorded(drifting(spec()))
    file = tmp_path / "theirs.jsonl"
    file.write_bytes(b"".join((await export(session, Request())).pieces))
    visited = await asyncio.to_thread(visiting.visit, str(file))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, visited, 2)
        await until(lambda: "takes into your library" in notices(app))


async def test_what_ships_is_offered_beside_a_recording_and_beside_itself() -> None:
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, "shipped:error", 1)
        await pilot.press("a")
        await until(lambda: shows(app, ChooseRecording) and "shipped:recovery" in shown(app))
        assert "shipped:error" not in screen_text(app)
        await pilot.press(*"fragmented")
        await until(lambda: "shipped:clean" not in screen_text(app))
        await pilot.press("enter")
        await until(lambda: shows(app, AgainstScreen))
