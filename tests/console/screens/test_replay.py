"""The Replay screen, driven by keys and the mouse."""

import random
import sqlite3
from contextlib import closing

import pytest
from msgspec.structs import replace

from console.app import DrifttyApp
from console.panes.pairs import PairsPane
from console.panes.shell import ShellPane
from console.panes.timeline import TimeLine
from console.screens.against import AgainstScreen
from console.screens.payload import PayloadScreen
from console.screens.replay import ReplayScreen
from console.screens.replaychoose import ChooseRecording
from console.still import StillDriver
from engine.events import AnyEvent, PromptSent, SessionStarted, TokensSampled
from engine.seeds.library import SeedLibrary
from engine.shell.terminal import Terminal
from engine.tasks.library import TaskLibrary
from sessions import database
from tests.console.open import console, screen_text, settled, shown, shows, spec
from tests.console.played import drawn, long_session, until
from tests.console.replayed import at_rest, notices, opened, recorded, replay_of
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, drifting

SIZES = [(80, 24), (120, 40), (200, 60)]
OTHER = "20260615-120500-beef"


def otherwise(events: list[AnyEvent], text: str = " elsewhere") -> list[AnyEvent]:
    """The same session with another token in its second turn, and another payload in its third."""
    found: list[AnyEvent] = []
    for event in events:
        match event:
            case SessionStarted():
                event = replace(event, session=OTHER)
            case TokensSampled(turn=2, position=6):
                event = replace(event, ids=(999,), texts=(text,))
            case PromptSent(turn=3):
                event = replace(event, ids=(*event.ids[:-2], 7, 7, 7))
        found.append(event)
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_a_recording_is_on_screen_at_every_size_and_told_apart_from_a_live_run(
    size: tuple[int, int],
) -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, session, 3)
        text = screen_text(app)
        assert "REPLAY" in text.splitlines()[0]
        assert "❚❚ ×1" in text.splitlines()[0]
        assert "turn 3" in text.splitlines()[0]
        assert "cat: /etc/kernel-relase: No such file or directory" in text
        assert "event 95 / 126" in text.splitlines()[-2]
        assert "0:02 / 0:02" in text.splitlines()[-3]
        for sign in ("1", "2", "3", "▲"):
            assert sign in text.splitlines()[-3]
        for name in ("SHELL", "STDERR", "PRIMING", "STAGES", "TALLY"):
            assert name in text


async def test_what_is_on_screen_is_what_the_live_screen_showed() -> None:
    events = drifting(spec())
    session = await recorded(events)
    driver = ScriptedDriver()
    driver.script = lambda planned: events
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.worker("ready", provenance=PROVENANCE)
        await settled(pilot)  # what is planned is counted before it runs
        await pilot.press("r")
        replay = await opened(pilot, app, session, 1)
        await pilot.press("end")
        await until(lambda: replay.position == len(events))
        live, played = drawn(app.view), drawn(replay.view)
        assert played == live


async def test_a_live_run_goes_on_behind_it_and_is_there_when_one_comes_back() -> None:
    session = await recorded(drifting(spec()))
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.worker("ready", provenance=PROVENANCE)
        replay = await opened(pilot, app, session, 2)
        before = drawn(replay.view)
        await driver.start(replace(spec(), rng=77))
        driver.tell(drifting(replace(spec(), rng=77)))
        await settled(pilot)
        assert drawn(replay.view) == before
        await pilot.press("escape")
        await settled(pilot)
        assert app.screen is app.operate
        assert "▲ drift" in screen_text(app).splitlines()[0]
        assert "rng 77" in screen_text(app).splitlines()[0]


async def test_keys_step_play_and_change_the_speed() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 1)
        first = replay.position
        await pilot.press("right", "right", "left")
        await until(lambda: replay.position == first + 1)
        await pilot.press("t")
        await until(lambda: replay.view.header.turn == 2)
        await pilot.press("d")
        await until(lambda: replay.index.step("drift", replay.position, 1) is None)
        assert replay.view.stderr.lines()[-1].text.startswith("▲ DRIFT")
        await pilot.press("R")
        await until(lambda: replay.view.header.turn == 2)
        await pilot.press("home")
        await until(lambda: replay.position == 1)
        await pilot.press("greater_than_sign", "plus", "minus")
        assert replay.playback.speed == 2.0
        await pilot.press("i")
        assert replay.playback.idle == 5.0
        for _ in range(6):
            await pilot.press("greater_than_sign")
        assert replay.playback.speed == 32.0
        await pilot.press("space")
        await until(lambda: replay.position == len(replay.index) and replay.resting)
        assert "■ ×32" in screen_text(app).splitlines()[0]


async def test_the_time_line_is_clicked_and_dragged() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 3)
        line = app.screen.query_one(TimeLine)
        await pilot.click(line, offset=(1, 1))
        await until(lambda: replay.position <= 3 and replay.resting)
        assert not replay.playback.playing
        await pilot.mouse_down(line, offset=(1, 1))
        await pilot.hover(line, offset=(60, 1))
        await until(lambda: 3 < replay.position < len(replay.index))
        middle = replay.position
        await pilot.hover(line, offset=(118, 0))
        await until(lambda: replay.position == len(replay.index))
        await pilot.mouse_up(line, offset=(118, 0))
        await pilot.hover(line, offset=(60, 1))
        await pilot.pause()
        assert replay.position == len(replay.index) > middle


async def test_the_recorded_shell_takes_no_keys_and_what_stands_in_it_stays() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 2)
        app.screen.set_focus(app.screen.query_one("#shell"))
        await pilot.press("enter")
        await pilot.press("t")
        await until(lambda: replay.view.header.turn == 3)
        assert "you type" not in screen_text(app)


async def test_the_payload_is_the_one_of_that_moment() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 3)
        await pilot.press("f3")
        await pilot.pause()
        assert shows(app, PayloadScreen)
        asked = f"turn {replay.view.payload.turn} ·"
        await until(lambda: asked in shown(app))
        await pilot.press("escape")
        await pilot.pause()
        assert shows(app, ReplayScreen)


async def test_help_and_the_palette_know_its_keys() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(pilot, app, session, 1)
        await pilot.press("f1")
        await pilot.pause()
        text = screen_text(app)
        assert "replay.faster" in text
        assert "run.pause" not in text
        await pilot.press("escape", "ctrl+p", *"next drift")
        await until(lambda: "Next drift" in shown(app))


async def test_a_theme_is_worn_by_the_recording_too() -> None:
    session = await recorded(drifting(spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, session, 2)
        app.wear("light", keep=False)
        await pilot.pause()
        ground = app.looks["light"].terminal.background
        backgrounds = {
            segment.style.bgcolor.get_truecolor().hex
            for strip in app.screen._compositor.render_strips(app.size)[3:20]
            for segment in strip
            if segment.style and segment.style.bgcolor
        }
        assert ground in backgrounds


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM events", "has no events"),
        ("DELETE FROM events WHERE seq BETWEEN 20 AND 29", "events 20 to 29 are missing"),
        ("UPDATE events SET body = x'c1', packing = 0 WHERE seq = 30", "1 event could not be read"),
        ("UPDATE sessions SET outcome = NULL, interrupted = 1", "breaks off without an end"),
    ],
)
async def test_what_is_wrong_with_a_recording_is_a_sentence_and_the_rest_plays(
    statement: str, said: str
) -> None:
    session = await recorded(drifting(spec()))
    with closing(sqlite3.connect(database.default_path())) as connection, connection:
        connection.execute(statement)
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 99)
        await until(lambda: said in notices(app) or said in shown(app))
        if len(replay.index):
            assert "uname -r" in screen_text(app)


async def test_a_session_that_is_not_there_is_a_sentence() -> None:
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_recording("nowhere")
        await pilot.pause()
        await until(lambda: "No session" in shown(app))
        await pilot.press("space", "right", "end", "t")
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.operate


async def test_a_console_opened_on_a_recording_ends_with_it() -> None:
    session = await recorded(drifting(spec()))
    app = DrifttyApp(
        StillDriver(), SeedLibrary(), TaskLibrary(), spec(), opened=ReplayScreen(session)
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: len(replay_of(app).index) == 126)
        await pilot.press("escape")
    assert app.return_value == 0


@pytest.mark.parametrize("size", SIZES)
async def test_two_recordings_stand_side_by_side_where_they_part(size: tuple[int, int]) -> None:
    events = drifting(spec())
    session = await recorded(events)
    await recorded(otherwise(events))
    app = console()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, session, 1)
        await pilot.press("a")
        await until(lambda: shows(app, ChooseRecording) and OTHER in shown(app))
        await pilot.press("enter")
        await until(lambda: "turn 2, token 7" in shown(app))
        if size[0] < 100:
            await until(lambda: f"left: {session}" in shown(app))
            assert "elsewhere" not in screen_text(app)
            await pilot.press("tab")
            await until(lambda: f"right: {OTHER}" in shown(app))
        else:
            await until(lambda: "⟦ wants⟧" in shown(app))
        await until(lambda: "⟦ elsewhere⟧" in shown(app))
        assert "turn 1 = same" in screen_text(app)
        # It goes to where they part once it is drawn; `d` before that would be from the top.
        pairs = app.screen.query_one(PairsPane)
        await until(lambda: pairs.turn == 2)
        await pilot.press("d")
        await until(lambda: pairs.turn == 3)
        await pilot.press("f3")
        await until(lambda: "Payloads of turn 3" in shown(app))
        await until(lambda: "3 tokens new" in shown(app))
        await pilot.press("escape", "escape")
        await until(lambda: shows(app, ReplayScreen))


async def test_a_recording_is_played_from_the_turn_that_differs() -> None:
    events = drifting(spec())
    await recorded(events)
    await recorded(otherwise(events))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_comparison(OTHER, "last")
        await pilot.pause()
        await until(lambda: "Every token" in shown(app))
        await pilot.press("T", "t", "t", "o")
        replay = await at_rest(pilot, app)
        assert replay.view.header.turn == 3
        await pilot.press("escape")
        await pilot.pause()
        assert shows(app, AgainstScreen)


async def test_hostile_tokens_are_shown_and_not_obeyed() -> None:
    events = drifting(spec())
    session = await recorded(events)
    await recorded(otherwise(events, "\x1b]52;c;evil\x07[@click=app.quit]x[/]\u202e"))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_comparison(session, OTHER)
        await pilot.pause()
        await until(lambda: "␛]52;c;evil␇[@click=app.quit]" in shown(app))
        assert "\x1b" not in screen_text(app)


async def test_a_terminal_that_lost_lines_is_drawn_before_its_pane_has_looked() -> None:
    session = await recorded(long_session(20, random.Random(5), spec()))
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        replay = await opened(pilot, app, session, 99)
        assert replay.view.shell.terminal is not None
        shell = app.screen.query_one(ShellPane)
        rows = shell.row_count()
        replay.view.shell.terminal = Terminal(40, 5)
        assert rows > 5
        assert {shell.row(number).text.strip() for number in range(rows)} == {""}
        assert {shell.row_text(number) for number in range(rows)} == {""}
