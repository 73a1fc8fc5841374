"""However the console ends, the terminal is as it was and the session was closed."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from asyncio import sleep
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import Input

from console.app import DrifttyApp
from console.panes.sessionbar import FilterInput
from console.panes.standing import stands
from console.screens.sessions import SessionsScreen
from engine import folders
from sessions import database
from tests.console.open import console, settled
from tests.sessions.many import fill

REPOSITORY = Path(__file__).parents[3]
LEAVES_ALTERNATE_SCREEN = b"\x1b[?1049l"
SHOWS_CURSOR = b"\x1b[?25h"
ENDS_MOUSE = b"\x1b[?1000l"
PATIENCE = 90.0


class Terminal:
    """A console in a process on a pseudo-terminal, and everything it wrote there."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLUMNS": "120",
            "LINES": "40",
            "DRIFTTY_CONFIG_DIR": str(folders.config()),
            "DRIFTTY_DATA_DIR": str(folders.data()),
        }
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.console.opened", *arguments],
            cwd=REPOSITORY, env=environment, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.written = b""

    def until(self, text: bytes) -> None:
        """Read until a text was written."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.written:
            assert self.read(deadline), f"never wrote {text!r}: {self.written[-2000:]!r}"

    def rest(self) -> int:
        """Read to the end; returns the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.read(deadline):
            pass
        return self.process.wait(timeout=PATIENCE)

    def read(self, deadline: float) -> bool:
        """Read what is there; whether anything may still come."""
        ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the end of a pseudo-terminal whose other side is closed
            return False
        self.written += data
        return bool(data)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Consoles that are ended with the test."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()
        os.close(terminal.master)


def assert_restored(terminal: Terminal) -> None:
    """The alternate screen, the hidden cursor and the mouse reports are all given up at the end."""
    for given_up, taken in (
        (LEAVES_ALTERNATE_SCREEN, b"\x1b[?1049h"),
        (SHOWS_CURSOR, b"\x1b[?25l"),
        (ENDS_MOUSE, b"\x1b[?1000h"),
    ):
        assert terminal.written.rfind(given_up) > terminal.written.rfind(taken) > -1


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_session_and_restores_the_terminal(
    sent: signal.Signals, terminals: list[Terminal]
) -> None:
    terminal = Terminal()
    terminals.append(terminal)
    terminal.until("● operating".encode())
    terminal.process.send_signal(sent)
    assert terminal.rest() == 128 + sent
    assert_restored(terminal)
    assert (folders.data() / "stopped").exists()


def test_a_closed_window_ends_the_console_and_the_session(terminals: list[Terminal]) -> None:
    terminal = Terminal()
    terminals.append(terminal)
    terminal.until("● operating".encode())
    master, terminal.master = terminal.master, os.open(os.devnull, os.O_RDONLY)
    os.close(master)
    terminal.process.send_signal(signal.SIGHUP)  # what the kernel sends to a session's leader
    terminal.process.wait(timeout=PATIENCE)
    assert (folders.data() / "stopped").exists()


def test_an_exception_is_a_sentence_with_the_file_that_has_the_rest(
    terminals: list[Terminal],
) -> None:
    terminal = Terminal("break")
    terminals.append(terminal)
    assert terminal.rest() == 1
    assert_restored(terminal)
    said = terminal.written[terminal.written.rfind(LEAVES_ALTERNATE_SCREEN) :].decode()
    (crash,) = (folders.data() / "crashes").iterdir()
    assert "driftty broke (AttributeError" in said
    assert crash.name in "".join(said.split())
    assert "Traceback" not in said
    assert "Traceback" in crash.read_text(encoding="utf-8")
    assert (folders.data() / "stopped").exists()


async def test_a_frame_that_is_due_when_the_console_has_gone_breaks_nothing() -> None:
    app = console()
    async with app.run_test() as pilot:
        await settled(pilot)
        assert stands(app.operate)
    assert app.operate.is_mounted, "which is why nobody may ask that"
    assert not stands(app.operate)
    app._draw()
    assert not app.operate.typing


async def sessions_screen(pilot: Pilot[int], app: DrifttyApp) -> SessionsScreen:
    """The Sessions screen, with everything on it read."""
    await settled(pilot)
    app.open_sessions()
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, SessionsScreen)
    while not screen.idle:
        await pilot.pause(0.005)
    return screen


async def test_what_is_read_for_a_screen_that_has_gone_is_left_undrawn() -> None:
    fill(database.default_path(), 2)
    app = console()
    async with app.run_test() as pilot:
        screen = await sessions_screen(pilot, app)
        keys = list(screen.view.keys)
        await pilot.press("escape")
        while screen.is_attached:
            await pilot.pause(0.005)
        await screen.filling._list(None)
        await screen.filling._read_rows(keys)
        await screen.filling._preview(keys[0])
        screen.filling._came()
        assert app.is_running


async def test_a_filter_is_let_be_where_the_screen_is_left_before_the_person_pauses() -> None:
    fill(database.default_path(), 2)
    app = console()
    async with app.run_test() as pilot:
        screen = await sessions_screen(pilot, app)
        screen.on_input_changed(Input.Changed(screen.query_one(FilterInput), "drift"))
        app.pop_screen()
        while screen._typing is not None:
            await pilot.pause(0.005)
        assert app.is_running


def against(app: DrifttyApp) -> None:
    app.open_comparison("one", "another")


@pytest.mark.parametrize(
    ("opens", "turns"),
    [
        (against, 0),
        (against, 1),
        (DrifttyApp.open_sessions, 0),
        (lambda app: app.desk.new_run(), 1),
        (lambda app: app.desk.new_run(), 5),
        (lambda app: app.desk.seeds(), 4),
    ],
)
async def test_a_console_that_closes_while_a_screen_is_being_opened_ends_well(
    opens: Callable[[DrifttyApp], None], turns: int
) -> None:
    app = console()
    async with app.run_test() as pilot:
        await settled(pilot)
        opens(app)
        for _ in range(turns):
            await sleep(0)
        app.leave(0)
    assert app.return_code == 0


async def test_what_is_not_found_while_the_console_goes_on_breaks_it_all_the_same() -> None:
    app = console()
    with pytest.raises(NoMatches):  # noqa: PT012  # it is raised as the console ends
        async with app.run_test() as pilot:
            await settled(pilot)
            app.call_next(app.operate.query_one, "#nowhere")
            await settled(pilot)
