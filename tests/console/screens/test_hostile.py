"""What a model, a shell, a task or a seed says is shown; no part of it is ever obeyed."""

import re
import unicodedata

import pytest
from textual.pilot import Pilot

from console.app import DrifttyApp
from console.screens.start import StartDialog
from engine import folders
from engine.errors import DrifttyError
from engine.events import CommandProposed, FaultSeen, ShellWrote
from engine.run import RunSpec, Task
from tests.console.open import console, screen_text, settled, spec
from tests.console.scripted import ScriptedDriver
from tests.console.story import Story

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\x1b]52;c;aGk=\x07"
MARKUP = "[@click=app.quit]click[/] [bold red]x[/] [/] ["
BIDI = "\u202egpj.exe\u2066\U000e0041\u200f"
HOSTILE = f"{MARKUP}{ESCAPES}{BIDI}"


def hostile_spec() -> RunSpec:
    planned = spec()
    return RunSpec(config=planned.config, task=Task(text=HOSTILE), turns=8)


def hostile_session(planned: RunSpec) -> list[object]:
    story = Story(planned)
    events: list[object] = [*story.bring_up(), *story.asked()]
    parts = [("reasoning", HOSTILE), ("comment", HOSTILE), ("line", HOSTILE)]
    events += story.said(parts, HOSTILE, "narration")  # type: ignore[arg-type]  # a literal, chosen at run time
    events += story.ran(HOSTILE, HOSTILE.encode(), 0, 1)
    events += story.asked()
    return events


def assert_harmless(app: DrifttyApp) -> None:
    """No drawn segment holds what a terminal obeys, and none carries an action from a text."""
    for strip in app.screen._compositor.render_strips(app.size):
        for segment in strip:
            for character in segment.text:
                assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
                assert unicodedata.bidirectional(character) not in ("RLO", "LRI", "RLI")
                assert not 0xE0000 <= ord(character) < 0xE0080
            if segment.style is not None:
                assert "@click" not in (segment.style.meta or {})


async def opened(pilot: Pilot[int], driver: ScriptedDriver) -> None:
    driver.script = hostile_session  # type: ignore[assignment]  # a script of this test
    await pilot.press("r")
    await settled(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_pane_shows_it_and_obeys_none_of_it(size: tuple[int, int]) -> None:
    driver = ScriptedDriver()
    app = console(driver, hostile_spec())
    async with app.run_test(size=size) as pilot:
        await opened(pilot, driver)
        for name in ("stderr", "priming", "stages", "tally", "shell"):
            app.operate.show_pane(name)
            await settled(pilot)
            assert_harmless(app)
        app.operate.show_pane("stderr")
        await settled(pilot)
        assert "[@click=app.quit]click[/]" in screen_text(app)


async def test_clicks_on_it_do_nothing() -> None:
    driver = ScriptedDriver()
    app = console(driver, hostile_spec())
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, driver)
        rows = screen_text(app).splitlines()
        places = [
            (found.start(), y) for y, row in enumerate(rows) for found in re.finditer("click", row)
        ]
        assert len(places) >= 3
        for place in places:
            await pilot.click(offset=place)
        await settled(pilot)
        assert app.is_running
        assert app.screen is app.operate


async def test_dialogs_and_notices_show_it_too() -> None:
    driver = ScriptedDriver()
    app = console(driver, hostile_spec())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, driver)
        driver.tell([CommandProposed(at=1, turn=2, command=HOSTILE)])
        driver.tell([FaultSeen(at=2, where="model", why=HOSTILE)])
        app.complain(DrifttyError(HOSTILE))
        await settled(pilot)
        assert_harmless(app)
        for key in ("f2", "f3", "f1"):
            await pilot.press(key)
            await settled(pilot)
            assert app.screen is not app.operate
            assert_harmless(app)
            await pilot.press("escape")
            await settled(pilot)
        app.desk.new_run()
        await settled(pilot)
        assert isinstance(app.screen, StartDialog)
        assert_harmless(app)


async def test_a_hostile_seed_file_is_listed_and_previewed_harmlessly() -> None:
    folder = folders.config() / "seeds"
    folder.mkdir(parents=True)
    text = MARKUP + "\\u001b]0;owned\\u0007\\u202e"
    (folder / "evil.toml").write_text(
        f'name = "evil"\nversion = 1\nsummary = "{text}"\nprompt = "$ "\ndefault = ["history"]\n'
        f'[[turn]]\nelement = "history"\nrole = "user"\ntext = "{text}"\n'
        f'[[turn]]\nelement = "history"\nrole = "assistant"\ntext = "{text}"\n',
        encoding="utf-8",
    )
    (folder / "[@click=app.quit]broken.toml").write_text("name = ", encoding="utf-8")
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f2")
        await settled(pilot)
        listed = app.screen.query_one("#seed-list")
        for _ in range(len(listed.options)):  # type: ignore[attr-defined]  # the list under test
            await pilot.press("down")
            await settled(pilot)
            assert_harmless(app)


async def test_a_terminal_title_bell_or_clipboard_never_leaves_the_shell_pane() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: list(Story(planned).bring_up())
        await pilot.press("r")
        driver.tell([ShellWrote(at=1, data=HOSTILE.encode())])
        await settled(pilot)
        assert_harmless(app)
        assert app.clipboard == ""
        assert app.title == "driftty"
