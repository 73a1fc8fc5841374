"""The Experiment screen, key by key, over a scripted model and the real store."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.app import DrifttyApp
from console.experimenting import Experimenting, ExperimentSnapshot
from console.panes.experimentlayout import BOARD_PANES
from console.panes.experimentpanes import ConfigsPane, RunsPane
from console.screens.dialog import Ask, Confirm
from console.screens.draft import DraftScreen
from console.screens.experiment import ExperimentScreen
from console.screens.experiments import ExperimentsScreen
from console.screens.lines import LinesScreen
from console.screens.replay import ReplayScreen
from engine import folders
from engine.experiment import Cell
from engine.model.script import Script
from engine.run import Task
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from sessions.experiments import Experiments
from sessions.kept import Kept, Placement
from sessions.recorder import Recorder
from tests.console.experiment.made import (
    FIVE,
    TASKS,
    Underway,
    by_chance,
    experiment,
    kept,
    result,
    stored,
)
from tests.console.open import screen_text, settled, shows, spec
from tests.console.replicated import HANGING, WELL, AnsweringShell, experimenting, planned
from tests.console.scripted import ScriptedDriver


def laboratory(script: Script = WELL) -> DrifttyApp:
    """The console; its experiments are run by a script, four runs at a time."""

    @asynccontextmanager
    async def opening(made: Kept) -> AsyncIterator[Experimenting]:
        async with Recorder.open() as recorder:
            yield experimenting(made, recorder, script, shell=AnsweringShell)
        Experiments().leave(made.experiment.id)

    return DrifttyApp(
        ScriptedDriver(), SeedLibrary(), TaskLibrary(), spec("operator"), opening=opening
    )


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    """Wait until something holds, letting the app go on meanwhile."""
    while not holds():
        await pilot.pause()
        await asyncio.sleep(0.01)
    await settled(pilot)


async def watching(pilot: Pilot[int], n: int = 3) -> ExperimentScreen:
    """Begin an experiment and open it."""
    app = app_of(pilot)
    await settled(pilot)
    begun = planned(n=n)
    await app.experiments.laboratory.begin(begun, Placement())
    app.open_experiment(begun.id)
    await until(pilot, lambda: shows(app, ExperimentScreen))
    return screen_of(pilot)


def app_of(pilot: Pilot[int]) -> DrifttyApp:
    assert isinstance(pilot.app, DrifttyApp)
    return pilot.app


def screen_of(pilot: Pilot[int]) -> ExperimentScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ExperimentScreen)
    return screen


def now(pilot: Pilot[int]) -> ExperimentSnapshot:
    return screen_of(pilot).board.watched.snapshot


def under_way(pilot: Pilot[int]) -> Callable[[], bool]:
    """Whether the screen shows runs that hang in their first turn."""
    return lambda: (
        len(screen_of(pilot).board.now.under_way) == 4
        and all(each.turn == 1 for each in screen_of(pilot).board.now.under_way)
    )


async def test_from_the_empty_list_to_a_verdict() -> None:
    app = laboratory()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f4")
        await until(pilot, lambda: "No experiment has been run yet" in screen_text(app))
        await pilot.press("n")
        await until(pilot, lambda: shows(app, DraftScreen))
        assert "2 configs × 1 task × 20 = 40 runs" in screen_text(app)
        await pilot.press("tab", "tab", "left", "left")
        await until(pilot, lambda: "2 configs × 1 task × 10 = 20 runs" in screen_text(app))
        await pilot.press("f10")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await until(pilot, lambda: screen_of(pilot).board.now.state == "over")
        text = screen_text(app)
        assert "20 of 20 runs" in text
        assert "✓ all runs are there" in text
        assert "10/10" in text
        assert "not attributable yet" in " ".join(text.split())
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, ExperimentsScreen) and "✓ 20/20" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.operate)


async def test_space_pauses_and_lets_go_on() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        await pilot.press("space")
        await until(pilot, lambda: "paused" in screen_text(app).splitlines()[0])
        assert "space resume" in screen_text(app).splitlines()[-1]
        await pilot.press("space")
        await until(pilot, lambda: "running" in screen_text(app).splitlines()[0])
        assert "space pause" in screen_text(app).splitlines()[-1]


async def test_runs_are_shown_in_their_turn_while_they_go_on() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        text = screen_text(app)
        assert "4 under way" in text
        row = next(line for line in text.splitlines() if "count to" in line)
        assert row.split("│")[1].split()[-3:] == ["1", "·", "·"]


async def test_x_asks_and_stops_and_space_goes_on_with_what_is_missing() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        await pilot.press("x")
        await until(pilot, lambda: shows(app, Confirm))
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        assert now(pilot).state == "running"
        await pilot.press("x")
        await until(pilot, lambda: shows(app, Confirm))
        await pilot.press("f10")
        await until(pilot, lambda: screen_of(pilot).board.now.state == "stopped")
        await until(pilot, lambda: "space go on" in screen_text(app).splitlines()[-1])
        assert "x stop" not in screen_text(app).splitlines()[-1]
        before = screen_of(pilot).watched
        await pilot.press("space")
        await until(pilot, lambda: screen_of(pilot).watched is not before)
        await until(pilot, under_way(pilot))


async def test_more_runs_can_be_had_of_one_that_is_over() -> None:
    app = laboratory()
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot, n=2)
        await until(pilot, lambda: screen_of(pilot).board.now.state == "over")
        await pilot.press("plus")
        await until(pilot, lambda: shows(app, Ask))
        app.screen.query_one(Input).value = "1"
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        assert now(pilot).planned == 8
        await pilot.press("plus")
        await until(pilot, lambda: shows(app, Ask))
        app.screen.query_one(Input).value = "5"
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ExperimentScreen) and now(pilot).finished == 20)
        await until(pilot, lambda: "20 of 20 runs" in screen_text(app))


async def test_more_runs_can_be_had_while_it_goes_on() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        await pilot.press("plus")
        await until(pilot, lambda: shows(app, Ask))
        app.screen.query_one(Input).value = "9"
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ExperimentScreen) and now(pilot).planned == 36)
        await until(pilot, lambda: "of 36 runs" in screen_text(app))


async def test_a_config_is_stopped_and_taken_back() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        await pilot.press("down", "d")
        await until(pilot, lambda: now(pilot).dropped == {1})
        await until(pilot, lambda: "d take back" in screen_text(app).splitlines()[-1])
        assert "■ stopped by you" in " ".join(screen_text(app).split()) or "╴" in screen_text(app)
        await pilot.press("d")
        await until(pilot, lambda: now(pilot).dropped == frozenset())
        await until(pilot, lambda: "d stop config" in screen_text(app).splitlines()[-1])


async def test_enter_on_a_run_opens_its_recording_and_escape_comes_back() -> None:
    app = laboratory()
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot, n=2)
        await until(pilot, lambda: screen_of(pilot).board.now.state == "over")
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.focused, RunsPane))
        await pilot.press("right")
        await until(pilot, lambda: screen_of(pilot).query_one(RunsPane).cursor == Cell(0, 0, 1))
        assert "run 2" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ReplayScreen))
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, ExperimentScreen))


async def test_a_run_that_has_not_begun_says_so() -> None:
    app = laboratory()
    made = experiment(n=4)
    stored(made, lambda cell: None)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await pilot.press("2", "enter")
        await until(pilot, lambda: "has not begun" in screen_text(app))


async def test_it_goes_on_behind_the_screen_and_operate_says_so() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.operate)
        await until(pilot, lambda: "experiment  ● running 0/12" in screen_text(app))
        await pilot.press("f4")
        await until(pilot, lambda: shows(app, ExperimentsScreen) and "● 0/12" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await until(pilot, under_way(pilot))
        await app.experiments.laboratory.stop()
        assert app.view.tally.experiment == ""


async def test_leaving_the_console_stops_it_and_keeps_what_it_did() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await watching(pilot)
        await until(pilot, under_way(pilot))
        found = screen.board.experiment.id
    assert app.experiments.laboratory.at_work == ""
    assert Experiments().read(found).process == 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_pane_can_be_brought_to_sight_and_has_help(size: tuple[int, int]) -> None:
    app = laboratory()
    made = experiment(FIVE, tasks=TASKS, n=8)
    stored(made, by_chance(made))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        screen = screen_of(pilot)
        for number, name in enumerate(BOARD_PANES, start=1):
            await pilot.press(str(number))
            pane = screen.pane(name)
            await until(pilot, functools.partial(getattr, pane, "has_focus"))
            assert pane.size.height >= 3, name
            await until(pilot, pane.row_count)
        await pilot.press("f1")
        await until(pilot, lambda: shows(app, LinesScreen))
        assert "How likely the model was" in " ".join(screen_text(app).split())
        await pilot.press("escape", "z")
        await until(pilot, lambda: screen.maximised == "margin")
        await pilot.press("escape")
        await until(pilot, lambda: screen.maximised is None)
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.focused, ConfigsPane))


async def test_the_chosen_config_is_brought_out_by_keys_and_by_the_cursor() -> None:
    app = laboratory()
    made = experiment(FIVE, n=8)
    stored(made, by_chance(made))
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await pilot.press("down", "down")
        await until(pilot, lambda: "drifted by turn  c literal" in screen_text(app))
        await pilot.press("2", "down", "down", "down", "down")
        await until(pilot, lambda: "drifted by turn  e operator" in screen_text(app))
        assert screen_of(pilot).board.chosen == 4


async def test_effects_are_measured_when_they_come_to_sight() -> None:
    app = laboratory()
    crossed = ("operator+none", "operator+history", "operator+system", "operator+system+history")
    made = experiment(crossed, n=12)
    stored(
        made,
        lambda cell: "clean" if cell.config in (1, 3) and cell.replicate else "drift",
        factorial="operator+system+history",
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        assert "on operating" not in screen_text(app)
        await pilot.press("6")
        await until(pilot, lambda: "on operating" in screen_text(app))
        assert "history×system" in screen_text(app)


async def test_results_that_come_in_are_drawn() -> None:
    app = laboratory()
    made = experiment(n=4)
    going = Underway(kept(made, lambda cell: None))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await app.push_screen(ExperimentScreen(going))
        await until(pilot, lambda: "0 of 8 runs" in screen_text(app))
        going.add(result(Cell(1, 0, 0), "drift"))
        await until(pilot, lambda: "1 of 8 runs" in screen_text(app))
        assert "0/1" in screen_text(app)


async def test_what_others_wrote_is_shown_and_not_obeyed() -> None:
    app = laboratory()
    hostile = Task(text="\x1b[2J[bold]x[/] \x1b]0;owned\x07 then exit.")
    made = experiment(tasks=(hostile, TASKS[0]), n=2)
    stored(made, lambda cell: "fault")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await pilot.press("2")
        await settled(pilot)
        for strip in app.screen._compositor.render_strips(app.size):
            assert "\x1b" not in strip.text
            assert "\x07" not in strip.text
        assert "␛[2J[bold]x" in screen_text(app)


async def test_a_report_is_written_beside_the_store() -> None:
    app = laboratory()
    made = experiment(n=3)
    stored(made, by_chance(made))
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await pilot.press("r")
        path = folders.data() / "reports" / f"experiment-{made.id}.html"
        await until(pilot, path.exists)
        assert made.id in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast"])
async def test_a_theme_is_changed_while_it_is_watched(theme: str) -> None:
    app = laboratory()
    made = experiment(FIVE, n=6)
    stored(made, by_chance(made))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_experiment(made.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        text = screen_text(app)
        app.wear(theme)
        await settled(pilot)
        assert screen_text(app) == text


async def test_quitting_asks_while_an_experiment_is_under_way() -> None:
    app = laboratory(HANGING)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(pilot)
        await until(pilot, under_way(pilot))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: shows(app, Confirm))
        assert "Under way: an experiment." in " ".join(screen_text(app).split())
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        assert now(pilot).state == "running"
