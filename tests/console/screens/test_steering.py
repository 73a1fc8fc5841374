import pytest
from textual.events import Paste
from textual.widgets import Button

from console.app import DrifttyApp
from console.panes.bars import CommandInput
from console.panes.shell import ShellPane
from console.screens.dialog import Confirm
from console.screens.start import StartDialog
from engine.errors import DrifttyError
from engine.events import AnyEvent, CommandProposed, CommandVetoed, ShellWrote
from engine.run import RunSpec
from tests.console.open import console, screen_text, settled, shows
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, Story


def brought_up(planned: RunSpec) -> list[AnyEvent]:
    story = Story(planned)
    return [*story.bring_up(), *story.asked()]


def running() -> tuple[ScriptedDriver, DrifttyApp]:
    driver = ScriptedDriver()
    driver.script = brought_up
    return driver, console(driver)


async def test_space_pauses_and_goes_on_and_s_takes_one_step() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("space")
        await settled(pilot)
        assert "❚❚ paused" in screen_text(app)
        assert "space resume" in screen_text(app)
        await pilot.press("space", "s")
        await settled(pilot)
        assert driver.said == [("pause",), ("resume",), ("step",)]


async def test_keys_for_a_run_do_nothing_and_are_not_shown_without_one() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        footer = screen_text(app).splitlines()[-1]
        assert "pause" not in footer
        await pilot.press("space", "s", "x", "i", "a", "v", "enter")
        await settled(pilot)
        assert driver.said == []
        assert app.screen is app.operate


async def test_m_goes_through_the_modes_for_this_run_and_the_next() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m", "m", "m", "m")
        await settled(pilot)
        assert driver.said == [
            ("mode", "confirm"), ("mode", "step"), ("mode", "watch"), ("mode", "confirm"),
        ]  # fmt: skip


async def test_a_proposed_command_is_run_as_it_is_with_enter() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        driver.tell([CommandProposed(at=1, turn=1, command="ls -la")])
        await settled(pilot)
        assert type(app.focused) is CommandInput
        await pilot.press("enter")
        assert driver.said == [("approve", None)]


async def test_a_proposed_command_is_edited_in_place() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        driver.tell([CommandProposed(at=1, turn=1, command="ls")])
        await settled(pilot)
        await pilot.press("space", "minus", "a", "enter")
        assert driver.said == [("approve", "ls -a")]


async def test_a_command_of_several_lines_is_not_changed_by_being_shown() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        driver.tell([CommandProposed(at=1, turn=1, command="cat <<X\nhi\nX")])
        await settled(pilot)
        await pilot.press("enter")
        assert driver.said == [("approve", None)]


async def test_a_proposed_command_is_refused_with_escape_and_the_bar_goes() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        driver.tell([CommandProposed(at=1, turn=1, command="rm -rf /")])
        await settled(pilot)
        await pilot.press("escape")
        assert driver.said == [("veto",)]
        driver.tell([CommandVetoed(at=2, turn=1, command="rm -rf /", by="person")])
        await settled(pilot)
        assert "wants to run" not in screen_text(app)
        assert app.focused is app.operate.pane("shell")


async def test_a_proposal_is_decided_from_any_pane_by_key() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        driver.tell([CommandProposed(at=1, turn=1, command="ls")])
        await settled(pilot)
        await pilot.press("tab")
        assert "a approve" in screen_text(app).splitlines()[-1]
        await pilot.press("e")
        assert type(app.focused) is CommandInput
        await pilot.press("tab", "a")
        assert driver.said == [("approve", None)]


async def test_typing_sends_every_key_to_the_shell_until_it_is_left() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert "you type · ^] stops" in screen_text(app)
        assert screen_text(app).splitlines()[-1].strip() == "^] leave"
        sent = [
            "l",
            "s",
            "space",
            "tab",
            "ctrl+c",
            "ctrl+q",
            "ctrl+p",
            "f1",
            "f5",
            "escape",
            "up",
            "n",
        ]
        await pilot.press(*sent)
        assert app.screen is app.operate
        await pilot.press("ctrl+right_square_bracket")
        await settled(pilot)
        assert not app.operate.query_one(ShellPane).typing
        typed = b"".join(word[1] for word in driver.said if word[0] == "type")  # type: ignore[misc]  # words that carry bytes
        assert typed == b"ls \t\x03\x11\x10\x1bOP\x1b[15~\x1b\x1b[An"


async def test_arrow_keys_and_pastes_follow_the_modes_the_program_set() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        driver.tell([ShellWrote(at=1, data=b"\x1b[?1h\x1b[?2004h")])
        await settled(pilot)
        await pilot.press("enter", "up")
        app.operate.query_one(ShellPane).post_message(Paste("a\nb"))
        await settled(pilot)
        assert driver.said == [("type", b"\x1bOA"), ("type", b"\x1b[200~a\rb\x1b[201~")]


async def test_typing_into_a_shell_that_ended_sets_off_none_of_the_consoles_keys() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("enter")
        await driver.stop()
        await settled(pilot)
        assert "the shell is gone · esc" in screen_text(app)
        words = len(driver.said)
        await pilot.press("x", "n", "r", "m", "ctrl+q")
        await settled(pilot)
        assert app.screen is app.operate
        assert len(driver.said) == words
        assert len(driver.specs) == 1
        await pilot.press("escape", "f1")
        await settled(pilot)
        assert "Help: SHELL" in screen_text(app)


async def test_a_person_can_say_something_to_the_operator() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("i", *"be brief", "enter")
        await settled(pilot)
        assert ("inject", "be brief") in driver.said


async def test_the_temperature_changes_for_the_run_and_for_the_plan() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("plus")
        await settled(pilot)
        assert "T 0.8" in screen_text(app)
        assert driver.said == []
        await pilot.press("r")
        await settled(pilot)
        assert driver.specs[0].sampling.temperature == 0.8
        await pilot.press("minus", "minus")
        assert driver.said == [("sampling", 0.7), ("sampling", 0.6)]


async def test_elements_switch_at_once_while_idle_and_are_counted_anew() -> None:
    driver, app = running()
    driver.worker("ready", provenance=PROVENANCE)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        before = app.view.priming.tokens
        app.operate.show_pane("priming")
        await pilot.press("2")
        await settled(pilot)
        assert "▣ exit" in screen_text(app)
        assert app.desk.plan.spec.config.elements == ("history", "exit", "prompt")
        assert app.view.priming.tokens is not None
        assert before is not None
        assert app.view.priming.tokens > before
        await pilot.press("right", "enter")
        await settled(pilot)
        assert "▢ prompt" in screen_text(app)


async def test_an_element_is_switched_by_a_click() -> None:
    _, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        rows = screen_text(app).splitlines()
        row = next(number for number, text in enumerate(rows) if "▢ exit" in text)
        await pilot.click(offset=(rows[row].index("exit"), row))
        await settled(pilot)
        assert "▣ exit" in screen_text(app)


@pytest.mark.parametrize("restart", [True, False])
async def test_switching_while_running_asks_whether_to_restart(restart: bool) -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        before = app.desk.plan.spec
        app.operate.show_pane("priming")
        await pilot.press("2")
        await settled(pilot)
        assert shows(app, Confirm)
        assert "under way as stopped" in screen_text(app)
        await pilot.click("#yes" if restart else "#no")
        await settled(pilot)
        if restart:
            assert ("stop",) in driver.said
            assert driver.specs[-1].config.elements == ("history", "exit", "prompt")
        else:
            assert driver.said == []
            assert app.desk.plan.spec == before


async def test_a_new_run_is_asked_for_and_started_with_what_was_entered() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("n")
        await settled(pilot)
        assert shows(app, StartDialog)
        await pilot.press(*"count", "home", *"please ", "enter")
        await settled(pilot)
        assert app.screen is app.operate
        assert driver.specs[0].task.text == "please count"


async def test_what_is_wrong_in_the_dialog_is_said_there() -> None:
    driver, app = running()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("n")
        await settled(pilot)
        await pilot.click("#temperature")
        await pilot.press("home", *"9", "enter")
        await settled(pilot)
        assert "temperature must be a number from 0 to 2" in screen_text(app)
        await pilot.click("#config")
        await pilot.press("end", *"+nonsense", "enter")
        await settled(pilot)
        assert driver.specs == []


async def test_a_task_of_the_library_is_taken_with_its_check() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("n")
        await settled(pilot)
        await pilot.press(*"hostname", "enter")
        await settled(pilot)
        assert driver.specs[0].task.name == "hostname"


async def test_a_run_that_cannot_start_is_a_sentence_on_screen() -> None:
    driver, app = running()
    driver.refusal = DrifttyError("No sandbox works here; see `driftty doctor`.")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("r")
        await settled(pilot)
        assert "No sandbox works here" in screen_text(app)
        assert app.is_running


async def test_a_run_is_started_anew_with_the_same_dice_after_asking() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("R")
        await settled(pilot)
        assert shows(app, Confirm)
        await pilot.click("#yes")
        await settled(pilot)
        assert driver.said == [("stop",)]
        assert [one.rng for one in driver.specs] == [42, 42]


async def test_quitting_asks_while_a_run_is_under_way_and_ends_it() -> None:
    driver, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("ctrl+q")
        await settled(pilot)
        assert shows(app, Confirm)
        assert type(app.focused) is Button
        assert app.focused.id == "no"
        await pilot.press("escape")
        await settled(pilot)
        assert app.is_running
        await pilot.press("ctrl+q")
        await settled(pilot)
        await pilot.click("#yes")
    assert ("stop",) in driver.said
    assert app.return_value == 0


async def test_without_a_run_quitting_just_quits() -> None:
    _, app = running()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+q")
    assert app.return_value == 0
