"""The Experiment screen, key by key, over a scripted model and the real store."""

from textual.widgets import Input

from console.panes.experimentpanes import RunsPane
from console.screens.dialog import Ask, Confirm
from console.screens.draft import DraftScreen
from console.screens.experiment import ExperimentScreen
from console.screens.experiments import ExperimentsScreen
from console.screens.replay import ReplayScreen
from engine.experiment import Cell
from sessions.experiments import Experiments
from tests.console.experiment.made import (
    experiment,
    stored,
)
from tests.console.open import screen_text, settled, shows
from tests.console.replicated import HANGING
from tests.console.screens.laboratory import laboratory, now, screen_of, under_way, until, watching


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
