"""Forking and verifying recordings from the screens that show them."""

import asyncio
from collections.abc import Callable

import pytest
from textual.widgets import Input, Select, Static

from console.app import DrifttyApp
from console.baselines import BASELINE
from console.screens.dialog import Confirm
from console.screens.fork import ForkDialog
from console.screens.replay import ReplayScreen
from console.screens.sessions import SessionsScreen
from console.screens.verify import VerifyScreen
from engine.events import PromptSent, SamplingChanged, WorldRestored
from engine.experiment import Experiment
from engine.fork import fork_spec, start_at
from engine.rerun.past import read_past
from engine.run import Sampling
from engine.start import WorldDifference
from sessions.kept import Placement
from sessions.library import Library
from tests.console.open import console, screen_text, settled, shown, shows
from tests.console.recorded import DRIFT_TURN, SESSION, demo_events, demo_spec, keep
from tests.console.scripted import ScriptedDriver, ended_by_person
from tests.console.test_forking import with_homes
from tests.engine.rerun.recorded import planted

SECOND = "6a0000000002"


@pytest.fixture
def session() -> str:
    """A recorded session in this test's store."""
    return keep(asyncio.run(demo_events()))


def opened(driver: ScriptedDriver) -> DrifttyApp:
    return console(driver, demo_spec())


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds, drawing in between."""
    while True:
        await asyncio.sleep(0.01)
        if holds():
            return


def said(app: DrifttyApp) -> str:
    """What notifications say."""
    return " ".join(notice.message for notice in app._notifications)


async def test_f_in_a_replay_asks_and_starts_the_fork_on_the_operate_screen(session: str) -> None:
    driver = ScriptedDriver()
    app = opened(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_recording(session, turn=3)
        await until(lambda: shows(app, ReplayScreen))
        screen = app.screen
        assert isinstance(screen, ReplayScreen)
        await until(lambda: screen.replay.index.turn(screen.replay.position) == 3)
        await pilot.press("f")
        await until(lambda: shows(app, ForkDialog))
        await pilot.pause()
        assert app.screen.query_one("#turn", Input).value == "3"
        told = str(app.screen.query_one("#fork-restored", Static).render())
        assert "5 turns of the scrollback" in told
        assert "2 commands" in told
        app.screen.query_one("#temperature", Input).value = "0.2"
        await pilot.press("f10")
        await until(lambda: driver.specs)
        await settled(pilot)
        assert app.screen is app.operate
    (asked,) = driver.specs
    assert asked.start is not None
    assert (asked.start.session, asked.start.turn) == (session, 3)
    assert asked.sampling.temperature == 0.2
    assert asked.rng == demo_spec().rng + 1, "other dice, or it would write the same again"


async def test_a_fork_may_be_edited_and_what_is_wrong_is_said_in_the_dialog(session: str) -> None:
    driver = ScriptedDriver()
    app = opened(driver)
    async with app.run_test(size=(80, 24)) as pilot:
        app.fork(session, 2)
        await until(lambda: shows(app, ForkDialog))
        await pilot.pause()
        dialog = app.screen
        assert dialog.query_one("#edited", Input).disabled
        dialog.query_one("#intervention", Select).value = "edit"
        await pilot.pause()
        assert not dialog.query_one("#edited", Input).disabled
        dialog.query_one("#turn", Input).value = "0"
        await pilot.press("f10")
        await pilot.pause()
        assert "turn must be a whole number" in str(
            dialog.query_one("#form-error", Static).render()
        )
        dialog.query_one("#turn", Input).value = "2"
        dialog.query_one("#edited", Input).value = "uptime"
        await pilot.press("f10")
        await until(lambda: driver.specs)
        await settled(pilot)
    start = driver.specs[0].start
    assert start is not None
    assert [turn.text for turn in start.then] == ["uptime"]
    assert start.turn == 3


@pytest.mark.parametrize(
    ("wanted", "words", "acts"),
    [("kept", "2 files, 8 B, in ~/x", 0), ("again", "2 commands done again", 2)],
)
async def test_the_dialog_says_which_home_is_restored_and_lets_commands_be_done_again(
    wanted: str, words: str, acts: int
) -> None:
    session = keep(with_homes(await demo_events()))
    driver = ScriptedDriver()
    app = opened(driver)
    async with app.run_test(size=(80, 24)) as pilot:
        app.fork(session, 3)
        await until(lambda: shows(app, ForkDialog))
        await pilot.pause()
        shell = app.screen.query_one("#shell", Select)
        assert (shell.value, shell.disabled) == ("kept", False)
        shell.value = wanted
        await pilot.pause()
        assert words in str(app.screen.query_one("#fork-restored", Static).render())
        await pilot.press("f10")
        await until(lambda: driver.specs)
        await settled(pilot)
    start = driver.specs[0].start
    assert start is not None
    assert (start.home is None, len(start.acts)) == (acts > 0, acts)


@pytest.mark.parametrize("goes_on", [False, True])
async def test_a_second_fork_begins_where_the_first_has_ended_and_else_asks_whether_to_end_it(
    session: str, goes_on: bool
) -> None:
    driver = ScriptedDriver()
    app = opened(driver)
    async with app.run_test(size=(80, 24)) as pilot:
        app.fork(session, 2)
        await until(lambda: shows(app, ForkDialog))
        await pilot.press("f10")
        await until(lambda: driver.specs)
        if not goes_on:
            driver.tell([ended_by_person(10**12)])
        await settled(pilot)
        assert app.screen is app.operate
        app.open_recording(session, turn=3)
        await until(lambda: shows(app, ReplayScreen))
        app.fork(session, 3)
        await until(lambda: shows(app, ForkDialog))
        await pilot.press("f10")
        if goes_on:
            await until(lambda: shows(app, Confirm))
            assert len(driver.specs) == 1
            await pilot.press("f10")
            await until(lambda: ("stop",) in driver.said)
        await until(lambda: len(driver.specs) == 2)
        await settled(pilot)
        assert app.screen is app.operate
    assert [one.start.turn for one in driver.specs if one.start] == [2, 3]


async def test_a_temperature_that_nobody_touched_is_that_of_the_turn(session: str) -> None:
    driver = ScriptedDriver()
    changed = SamplingChanged(at=1, sampling=Sampling(temperature=0.3))
    events = await demo_events(SECOND)
    place = next(at for at, event in enumerate(events) if isinstance(event, PromptSent)) + 1
    keep([*events[:place], changed, *events[place:]], SECOND)
    app = opened(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        app.fork(SECOND, 3)
        await until(lambda: shows(app, ForkDialog))
        await pilot.pause()
        assert app.screen.query_one("#temperature", Input).value == "0.3"
        app.screen.query_one("#turn", Input).value = "1"
        await pilot.press("f10")
        await until(lambda: driver.specs)
        await settled(pilot)
    assert driver.specs[0].sampling.temperature == demo_spec().sampling.temperature


async def test_many_runs_are_an_experiment_with_an_arm_for_each_intervention(
    session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(ScriptedDriver())
    begun: list[Experiment] = []
    watched: list[str] = []

    async def begin(experiment: Experiment, placement: Placement) -> None:
        begun.append(experiment)

    monkeypatch.setattr(app.experiments.laboratory, "begin", begin)
    monkeypatch.setattr(app, "open_experiment", watched.append)
    async with app.run_test(size=(200, 60)) as pilot:
        app.fork(session)
        await until(lambda: shows(app, ForkDialog))
        await pilot.pause()
        assert app.screen.query_one("#turn", Input).value == str(DRIFT_TURN)
        app.screen.query_one("#intervention", Select).value = "all"
        await pilot.pause()
        assert app.screen.query_one("#runs", Input).value == "20"
        app.screen.query_one("#runs", Input).value = "3"
        await pilot.press("f10")
        await until(lambda: watched)
        await settled(pilot)
    (experiment,) = begun
    assert watched == [experiment.id]
    assert experiment.n == 3
    changes = [each.start.change for each in experiment.conditions if each.start]
    assert changes == [
        f"{each} at {DRIFT_TURN}" for each in ("nothing", "rewind", "recovery", "anchor", "mask")
    ]
    assert len(set(experiment.names)) == 5


async def test_a_recording_of_another_model_is_refused_with_what_to_do(session: str) -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.fork(session)
        await until(lambda: shows(app, ForkDialog))
        await pilot.press("f10")
        await until(lambda: "driftty open -m demo" in said(app))
        await settled(pilot)
    assert driver.specs == []


async def test_how_the_shell_was_restored_is_said_and_what_differed_is_named() -> None:
    driver = ScriptedDriver()
    app = opened(driver)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        different = WorldDifference(turn=2, what="ls -l\x1b[31m", before="a", now="b")
        await settled(pilot)
        driver.tell([WorldRestored(at=1, acts=3, differed=(different,))])
        await until(lambda: "1 answer came out otherwise: turn 2 `ls -l" in said(app))
        await settled(pilot)
        assert "\x1b" not in said(app) + screen_text(app)


@pytest.mark.parametrize("runs", ["1", "3"])
async def test_a_fork_may_be_of_another_model_where_many_runs_load_their_own(
    session: str, runs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = ScriptedDriver()
    app = opened(driver)
    begun: list[Experiment] = []

    async def begin(experiment: Experiment, placement: Placement) -> None:
        begun.append(experiment)

    monkeypatch.setattr(app.experiments.laboratory, "begin", begin)
    monkeypatch.setattr(app, "open_experiment", lambda experiment: None)
    async with app.run_test(size=(80, 24)) as pilot:
        app.fork(session, 2)
        await until(lambda: shows(app, ForkDialog))
        await pilot.pause()
        field = app.screen.query_one("#model", Input)
        assert field.value == demo_spec().model
        field.value = "another"
        app.screen.query_one("#runs", Input).value = runs
        await pilot.press("f10")
        refused = "two runs or more, which load their own model"
        await until(lambda: begun or refused in said(app))
        await settled(pilot)
    assert [one.template.model for one in begun] == (["another"] if runs == "3" else [])
    assert not driver.specs


async def test_capital_v_in_the_list_verifies_and_b_holds_on_to_it(session: str) -> None:
    app = opened(ScriptedDriver())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f5")
        await until(lambda: shows(app, SessionsScreen))
        listed = app.screen
        assert isinstance(listed, SessionsScreen)
        await until(lambda: listed.idle and listed.view.current is not None)
        await pilot.press("V")
        await until(lambda: shows(app, VerifyScreen))
        await until(lambda: "✓ identical" in shown(app))
        assert f"{DRIFT_TURN} turns" in screen_text(app)
        await pilot.press("b")
        await until(lambda: "a baseline" in shown(app))
        await pilot.press("escape")
        await until(lambda: shows(app, SessionsScreen))
        await settled(pilot)
    async with Library.open() as library:
        assert (await library.find(SESSION)).tags == (BASELINE,)


async def test_the_preview_of_a_forked_session_shows_its_tree(session: str) -> None:
    start = start_at(read_past(await demo_events()), 3)
    keep(await demo_events("6a0000000002", fork_spec(demo_spec(), start)), "6a0000000002")
    app = opened(ScriptedDriver())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f5")
        await until(lambda: "└─ 6a0000000002  from turn 3" in shown(app))
        assert session in shown(app)
        await settled(pilot)


async def test_a_divergence_is_shown_and_can_be_no_baseline() -> None:
    keep(planted(await demo_events(), 2, 0, 344))
    app = opened(ScriptedDriver())
    async with app.run_test(size=(80, 24)) as pilot:
        app.verify(SESSION)
        await until(lambda: "first divergence" in shown(app))
        assert "✗ different" in screen_text(app)
        assert app.screen.check_action("baseline", ()) is False
        await pilot.press("escape")
        await settled(pilot)


async def test_what_cannot_be_verified_is_a_sentence_on_the_screen() -> None:
    app = opened(ScriptedDriver())
    async with app.run_test(size=(80, 24)) as pilot:
        app.verify("6azz")
        await until(lambda: "No session's id begins" in shown(app))
        await pilot.press("escape")
        await settled(pilot)
        assert app.screen is app.operate
