"""What the Experiment screen shows, pane by pane, of results that are there."""

import functools

import pytest

from console.panes.experimentlayout import BOARD_PANES
from console.panes.experimentpanes import ConfigsPane
from console.screens.experiment import ExperimentScreen
from console.screens.lines import LinesScreen
from engine import folders
from engine.experiment import Cell
from engine.run import Task
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
from tests.console.open import screen_text, settled, shows
from tests.console.screens.laboratory import laboratory, screen_of, until


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
        assert "history×system" not in screen_text(app)
        await pilot.press("6")
        await until(pilot, lambda: "history×system" in screen_text(app))


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
