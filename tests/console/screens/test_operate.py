import pytest
from textual.pilot import Pilot

from console.app import DrifttyApp
from console.panes.bars import SearchBar
from console.panes.frame import Frame
from console.panes.layout import PANES
from console.panes.rows import RowsPane
from console.panes.shell import ShellPane
from engine.events import CommandProposed, ShellWrote
from tests.console.open import console, screen_text, settled, spec
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, Story, clean, drifting

SIZES = [(80, 24), (120, 40), (200, 60)]


async def ran(pilot: Pilot[int], driver: ScriptedDriver) -> None:
    """A whole drifting session is on screen."""
    driver.worker("ready", provenance=PROVENANCE)
    driver.script = drifting
    await pilot.press("r")
    await settled(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_paint_needs_no_model_and_shows_how_far_it_is(
    size: tuple[int, int],
) -> None:
    driver = ScriptedDriver()
    driver.tokenizer = False
    app = console(driver)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        driver.worker("loading", step="reading weights", fraction=0.43)
        await settled(pilot)
        text = screen_text(app)
        assert "◌ loading" in text
        assert "43%" in text
        assert "reading weights" in text
        assert "n starts a run" in text


@pytest.mark.parametrize("size", SIZES)
async def test_a_drifting_session_is_on_screen_at_every_size(size: tuple[int, int]) -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=size) as pilot:
        await ran(pilot, driver)
        text = screen_text(app)
        assert "▲ drift" in text.splitlines()[0]
        assert "cat: /etc/kernel-relase: No such file or directory" in text
        assert "▲ DRIFT" in text or size == (80, 24)
        for name in ("SHELL", "STDERR", "PRIMING", "STAGES", "TALLY"):
            assert name in text
        if size != (80, 24):
            assert "↓ live" in text
            assert "19 tok/s" in text
            assert "1 run: nothing can be concluded" in text


async def test_a_subtitle_changes_in_the_same_frame_as_the_rows_under_it() -> None:
    app = console()
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        for event in drifting(spec()):
            app.view.apply(event)
        app.operate.sync()  # nothing is awaited after it, as by a frame that is painted at once
        labels = app.operate.query_one(Frame)._labels.values()
        written = {piece for row in labels for label in row for piece in label.pieces}
        wanted = {piece for name in PANES for piece in app.operate.pane(name).subtitle}
        assert len(wanted) > 3
        assert wanted <= written


async def test_a_narrow_screen_opens_the_pane_that_gets_the_focus() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(80, 24)) as pilot:
        await ran(pilot, driver)
        assert "[STDERR]" in screen_text(app)
        await pilot.press("tab", "tab")
        await settled(pilot)
        assert "[PRIMING]" in screen_text(app)
        assert "▣ history" in screen_text(app)
        assert "model  cat /etc/kernel-relase" in screen_text(app)
        rows = screen_text(app).splitlines()
        row = next(number for number, text in enumerate(rows) if "TALLY" in text)
        await pilot.click(offset=(rows[row].index("TALLY") + 1, row))
        await settled(pilot)
        assert "1 run: nothing can be concluded" in screen_text(app)


async def test_one_pane_alone_has_the_screen_and_escape_brings_all_back() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, driver)
        app.operate.set_focus(app.operate.pane("stages"))
        await pilot.press("z")
        await settled(pilot)
        shown = [name for name in PANES if app.operate.pane(name).display]
        assert shown == ["stages"]
        assert "completion" in screen_text(app)
        assert "prefill" in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert [name for name in PANES if app.operate.pane(name).display] == list(PANES)


async def test_resizing_places_the_panes_anew_and_tells_the_shell() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: list(Story(planned).bring_up())
        await pilot.press("r")
        await settled(pilot)
        first = driver.specs[0]
        assert (first.columns, first.rows) == app.operate.shell_size
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert ("resize", *app.operate.shell_size) in driver.said
        assert app.operate.shell_size != (first.columns, first.rows)


async def test_output_is_followed_only_while_the_last_line_is_in_view() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: list(Story(planned).bring_up())
        await pilot.press("r")
        many = b"".join(b"line %d\r\n" % number for number in range(200))
        driver.tell([ShellWrote(at=1, data=many)])
        await settled(pilot)
        assert "line 199" in screen_text(app)
        await pilot.press("home")
        await settled(pilot)
        driver.tell([ShellWrote(at=2, data=b"fresh output\r\n")])
        await settled(pilot)
        assert "line 0" in screen_text(app)
        assert "fresh output" not in screen_text(app)
        await pilot.press("end")
        await settled(pilot)
        assert "fresh output" in screen_text(app)
        driver.tell([ShellWrote(at=3, data=b"followed again\r\n")])
        await settled(pilot)
        assert "followed again" in screen_text(app)


async def test_a_full_screen_program_is_shown_as_a_terminal_would() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: list(Story(planned).bring_up())
        await pilot.press("r")
        driver.tell([ShellWrote(at=1, data=b"\x1b[?1049h\x1b[2J\x1b[5;10HEDITOR\x1b[6;1H~")])
        await settled(pilot)
        rows = screen_text(app).splitlines()
        assert rows[6][11:17] == "EDITOR"
        assert "root@box" not in "\n".join(row[:60] for row in rows)
        driver.tell([ShellWrote(at=2, data=b"\x1b[?1049l")])
        await settled(pilot)
        assert "EDITOR" not in screen_text(app)


async def test_only_what_changed_is_drawn() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, driver)
        drawn: list[str] = []
        for name in PANES:
            _spy(app.operate.pane(name), drawn)
        driver.tell([ShellWrote(at=10**12, data=b"x")])
        await settled(pilot)
        assert set(drawn) == {"shell"}
        assert len(drawn) <= 3


def _spy(pane: RowsPane, drawn: list[str]) -> None:
    render = pane.render_line

    def spied(y: int) -> object:
        drawn.append(str(pane.id))
        return render(y)

    pane.render_line = spied  # type: ignore[method-assign,assignment]  # spied upon


async def test_a_selection_is_copied_and_everything_without_one() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, driver)
        await pilot.press("c")
        assert app.clipboard.startswith("root@box:~# uname -r\n6.1.0-18-amd64\n")
        await pilot.mouse_down(offset=(2, 3))
        await pilot.hover(offset=(16, 3))
        await pilot.mouse_up(offset=(16, 3))
        await settled(pilot)
        await pilot.press("c")
        assert app.clipboard.strip() == "6.1.0-18-amd64"


async def test_search_finds_marks_and_goes_round() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: list(Story(planned).bring_up())
        await pilot.press("r")
        many = b"".join(b"line %d\r\n" % number for number in range(200))
        driver.tell([ShellWrote(at=1, data=many)])
        await settled(pilot)
        await pilot.press("slash", *"LINE 17")
        await settled(pilot)
        assert app.operate.searching == "shell"
        assert "line 17" in screen_text(app)
        first = app.operate.pane("shell").scroll_offset.y
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert app.operate.pane("shell").scroll_offset.y != first
        await pilot.press(*"zzz")
        await settled(pilot)
        assert "not found" in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert not app.operate.query_one(SearchBar).display
        assert app.focused is app.operate.pane("shell")


async def test_a_proposal_lies_over_the_foot_without_hiding_the_last_line() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: list(Story(planned).bring_up())
        await pilot.press("r")
        many = b"".join(b"line %d\r\n" % number for number in range(80))
        driver.tell([ShellWrote(at=1, data=many + b"the last line")])
        driver.tell([CommandProposed(at=2, turn=1, command="rm -rf tmp")])
        await settled(pilot)
        text = screen_text(app)
        assert "◆ turn 1 wants to run" in text
        assert "rm -rf tmp" in text
        assert "the last line" in text
        assert app.operate.query_one(ShellPane).margin_rows == 2


async def test_two_sessions_one_after_the_other_are_tallied_and_shown_apart() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, driver)
        driver.script = clean
        await pilot.press("r")
        await settled(pilot)
        assert [one.rng for one in driver.specs] == [42, 43]
        text = screen_text(app)
        assert "uname" not in "\n".join(row[:60] for row in text.splitlines())
        assert "1/2  .50 [" in text


async def test_plan_is_shown_and_counted_before_anything_runs() -> None:
    app: DrifttyApp = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        text = screen_text(app)
        assert spec().config.name in text
        assert "/8,192 tok" in text
        assert "▣ history" in text
        assert "▢ exit" in text
