"""The list of experiments, and drafting a new one, key by key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Input

from console.panes.draftpanes import MatrixPane, NumbersPane, PlanPane, TasksPane
from console.panes.experimentlist import ListPane, PreviewPane
from console.screens.dialog import Ask
from console.screens.draft import DraftScreen
from console.screens.experiment import ExperimentScreen
from console.screens.experiments import ExperimentsScreen
from tests.console.experiment.made import FIVE, by_chance, experiment, stored
from tests.console.open import screen_text, settled, shows
from tests.console.screens.laboratory import app_of, laboratory, until


@asynccontextmanager
async def drafting(size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[int]]:
    """A console with a draft open."""
    app = laboratory()
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("f4", "n")
        await until(pilot, lambda: shows(app, DraftScreen))
        yield pilot


def draft_of(pilot: Pilot[int]) -> DraftScreen:
    screen = pilot.app.screen
    assert isinstance(screen, DraftScreen)
    return screen


async def test_the_list_is_newest_first_and_previews_the_chosen_one() -> None:
    app = laboratory()
    first, second = experiment(n=12, id="6ahw8y91mmka"), experiment(FIVE, n=6, id="6ahw8y91mmkb")
    stored(first, lambda cell: "clean" if cell.config else "drift")
    stored(second, by_chance(second, share=0.5))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f4")
        await until(pilot, lambda: "operator is the best" in screen_text(app))
        rows = [line for line in screen_text(app).splitlines() if "6ahw8y91mmk" in line]
        assert "6ahw8y91mmkb" in rows[0]
        assert "■ 15/30" in rows[0]
        assert app.screen.query_one(PreviewPane).row_count() > 6
        assert "false-memories" in screen_text(app)
        await pilot.press("down")
        await until(pilot, lambda: app.screen.query_one(ListPane).cursor == 1)
        await until(pilot, lambda: "b operator is better than a bare" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        assert "6ahw8y91mmka" in screen_text(app)


async def test_one_that_was_stopped_goes_on_from_the_list() -> None:
    app = laboratory()
    made = experiment(n=4)
    stored(made, by_chance(made, share=0.5))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f4")
        await until(pilot, lambda: "space go on" in screen_text(app).splitlines()[-1])
        await pilot.press("space")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await until(pilot, lambda: "8 of 8 runs" in screen_text(app))


async def test_escape_and_f4_do_not_pile_up_screens() -> None:
    app = laboratory()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("f4")
        await until(pilot, lambda: shows(app, ExperimentsScreen))
        app.open_experiments()
        await settled(pilot)
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.operate)


async def test_keys_of_the_matrix() -> None:
    async with drafting() as pilot:
        draft = draft_of(pilot).draft
        assert isinstance(pilot.app.focused, MatrixPane)
        await pilot.press("space")
        await until(pilot, lambda: not draft.rows[0].taken)
        await pilot.press("down", "space", "right", "right", "right", "space")
        await until(pilot, lambda: draft.rows[1].taken and "history" not in draft.rows[1].on)
        await pilot.press("enter")
        await until(pilot, lambda: draft.rows[2].own)
        await pilot.press("delete")
        await until(pilot, lambda: not draft.rows[2].own)
        await pilot.press("f")
        await until(pilot, lambda: draft.rows[1].factorial)
        await until(pilot, lambda: "combinations" in screen_text(app_of(pilot)))


async def test_keys_of_tasks_and_numbers() -> None:
    async with drafting() as pilot:
        screen = draft_of(pilot)
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(pilot.app.focused, TasksPane))
        await pilot.press("down", "space")
        await until(pilot, lambda: len(screen.draft.chosen) == 2)
        for _ in range(len(screen.draft.tasks)):
            await pilot.press("down")
        await pilot.press("enter")
        await until(pilot, lambda: shows(app_of(pilot), Ask))
        pilot.app.screen.query_one(Input).value = "dance, then exit."
        await pilot.press("enter")
        await until(pilot, lambda: len(screen.draft.chosen) == 3)
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(pilot.app.focused, NumbersPane))
        await pilot.press("right")
        await until(pilot, lambda: screen.draft.n == 30)
        await pilot.press("down", "space")
        await until(pilot, lambda: screen.draft.until_decided)
        await pilot.press("down", "right", "down", "enter")
        await until(pilot, lambda: shows(app_of(pilot), Ask))
        pilot.app.screen.query_one(Input).value = "0.3, 0.7"
        await pilot.press("enter")
        await until(pilot, lambda: screen.draft.temperatures == (0.3, 0.7))
        assert screen.draft.budget == 50
        await until(pilot, lambda: "4 configs × 3 tasks × 30" in screen_text(app_of(pilot)))
        plan = screen.query_one(PlanPane)
        await until(pilot, lambda: "no more than 50 in all" in plan.all_text())


async def test_what_cannot_be_run_is_not_started() -> None:
    async with drafting() as pilot:
        for row in draft_of(pilot).draft.rows:
            row.taken = False
        await pilot.press("f10")
        await until(pilot, lambda: "Choose at least one config" in screen_text(app_of(pilot)))
        assert shows(app_of(pilot), DraftScreen)


async def test_escape_starts_nothing() -> None:
    async with drafting() as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: shows(app_of(pilot), ExperimentsScreen))
        assert not await app_of(pilot).experiments.laboratory.outlines()


async def test_a_draft_can_be_used_on_a_small_screen() -> None:
    async with drafting((80, 24)) as pilot:
        text = screen_text(app_of(pilot))
        for word in ("CONFIGS", "TASKS", "NUMBERS", "PLAN", "F10 start", "☑ bare", "40 runs"):
            assert word in text


async def test_the_footer_has_the_keys_of_the_pane_and_the_title_says_what_the_cursor_is_on() -> (
    None
):
    async with drafting() as pilot:
        await until(pilot, lambda: "Nothing but the shell prompt" in screen_text(app_of(pilot)))
        assert "f factorial" in screen_text(app_of(pilot)).splitlines()[-1]
        await pilot.press("right")
        await until(pilot, lambda: "system: the system turn" in screen_text(app_of(pilot)))
        await pilot.press("tab", "tab")
        await until(pilot, lambda: "⏎ type" in screen_text(app_of(pilot)))
        footer = screen_text(app_of(pilot)).splitlines()[-1]
        assert "factorial" not in footer
        assert "tab next pane" in footer


async def test_a_click_switches_the_element_under_the_pointer() -> None:
    async with drafting() as pilot:
        draft = draft_of(pilot).draft
        matrix = draft_of(pilot).query_one(MatrixPane)
        place = next(at for at, row in enumerate(draft.rows) if row.seed == "literal")
        text = matrix.row_text(place + 1)
        column = draft.columns.index("exit") + 1
        switches = [at for at, letter in enumerate(text) if letter in "▣▢·"]
        await pilot.click(MatrixPane, offset=(switches[column - 1], place + 1))
        await until(pilot, lambda: "exit" not in draft.rows[place].on and draft.rows[place].taken)


async def test_without_experiments_nothing_is_previewed() -> None:
    app = laboratory()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.open_experiments()
        await until(pilot, lambda: shows(app, ExperimentsScreen))
        await until(pilot, lambda: "No experiment has been run yet" in screen_text(app))
        assert "WHAT IT CAME TO" not in screen_text(app)
