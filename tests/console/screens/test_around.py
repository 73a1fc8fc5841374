"""What is around the run: themes, keys of one's own, help, palette, seeds, payload."""

from pathlib import Path

import pytest
from textual.command import CommandPalette

from console.screens.lines import LinesScreen
from console.screens.seeds import SeedsScreen
from console.settings import Settings, read_settings, write_settings
from engine import folders
from tests.console.open import console, screen_text, settled, shows
from tests.console.scripted import ScriptedDriver
from tests.console.story import drifting


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast"])
async def test_themes_change_live_and_are_remembered(theme: str) -> None:
    driver = ScriptedDriver()
    driver.script = drifting
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        text = screen_text(app)
        app.wear(theme)
        await settled(pilot)
        assert screen_text(app) == text
        ground = app.looks[theme].terminal.background
        backgrounds = {
            segment.style.bgcolor.get_truecolor().hex
            for strip in app.screen._compositor.render_strips(app.size)[3:20]
            for segment in strip
            if segment.style and segment.style.bgcolor
        }
        assert ground in backgrounds
    assert read_settings() == Settings(theme=theme)
    assert console().theme == theme


async def test_wrong_files_are_sentences_and_the_console_opens_all_the_same() -> None:
    folder = folders.config()
    (folder / "themes").mkdir(parents=True)
    (folder / "themes" / "mine.toml").write_text("name = ", encoding="utf-8")
    (folder / "keymap.toml").write_text('"run.puase" = "p"\n"run.mode" = "k"', encoding="utf-8")
    write_settings(Settings(theme="nowhere"))
    app = console()
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        await settled(pilot)
        text = " ".join(screen_text(app).split())
        assert "run.puase" in text
        assert "nowhere" in text
        assert "mine.toml" in text
        assert "k mode" in text, "a right line of a keymap holds beside a wrong one"
        assert app.theme == "dark"


@pytest.fixture
def keymap() -> Path:
    """A person's own keys."""
    folders.config().mkdir(parents=True)
    path = folders.config() / "keymap.toml"
    path.write_text('"screen.seeds" = "ctrl+s"\n"run.mode" = "k"\n', encoding="utf-8")
    return path


@pytest.mark.usefixtures("keymap")
async def test_a_persons_key_takes_the_place_of_ours() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "^S seeds" in screen_text(app).splitlines()[-1]
        await pilot.press("m", "k")
        await settled(pilot)
        assert driver.said == [("mode", "confirm")]
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert shows(app, SeedsScreen)


@pytest.mark.parametrize(
    ("pane", "words"),
    [
        ("shell", "as a terminal shows it"),
        ("stderr", "apart from what its shell prints"),
        ("priming", "What the model sees"),
        ("stages", "What each stage of a turn took"),
        ("tally", "One run tells nothing"),
    ],
)
async def test_help_is_for_the_focused_pane(pane: str, words: str) -> None:
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        app.operate.show_pane(pane)
        await pilot.press("f1")
        await settled(pilot)
        assert shows(app, LinesScreen)
        assert words in screen_text(app)
        assert "run.pause" in screen_text(app)
        await pilot.press("escape")
        assert app.screen is app.operate


async def test_the_palette_has_our_commands_and_runs_them() -> None:
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+p")
        await settled(pilot)
        assert shows(app, CommandPalette)
        await pilot.press(*"theme light")
        await pilot.pause(0.3)
        await settled(pilot)
        assert "Theme: Light" in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert app.theme == "light"


async def test_a_seed_is_previewed_switched_and_taken() -> None:
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f2")
        await settled(pilot)
        text = screen_text(app)
        assert "false-memories+history+prompt" in text
        assert "imperative" in text
        await pilot.press("home")
        await settled(pilot)
        assert "bare" in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert app.desk.plan.spec.config.seed == "bare"
        assert "bare" in screen_text(app).splitlines()[0]


async def test_leaving_the_seeds_changes_nothing() -> None:
    app = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        before = app.desk.plan.spec
        await pilot.press("f2", "home")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert app.desk.plan.spec == before


async def test_the_payload_shows_every_span_of_the_last_prompt() -> None:
    driver = ScriptedDriver()
    driver.script = drifting
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        await pilot.press("f3")
        await settled(pilot)
        text = screen_text(app)
        assert "tok of 8,192" in text
        assert "template" in text
        assert "uname -r" in text


async def test_without_colour_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    driver = ScriptedDriver()
    driver.script = drifting
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await settled(pilot)
        text = screen_text(app)
        for sign in ("▲ DRIFT", "✗ Let me try", "▣ history", "▢ exit", "↓ live", "▲ drift"):
            assert sign in text
        for strip in app.screen._compositor.render_strips(app.size):
            for segment in strip.apply_filter(app._filters[-1], app.screen.background_colors[1]):
                if segment.style and segment.style.color:
                    red, green, blue = segment.style.color.get_truecolor()
                    assert red == green == blue
