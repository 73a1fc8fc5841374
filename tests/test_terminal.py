"""The console in a real terminal: tmux shows it, keys go to it, signals end it."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.shell,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

PATIENCE_SECONDS = 60
"""A condition that does not come about by then never will."""

LOOK_SECONDS = 0.05
"""Every look starts a process: looking without a pause takes a core from what is looked at."""


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, folder: Path, columns: int, rows: int) -> None:
        self._socket = str(folder / "tmux")
        folders = {name: value for name, value in os.environ.items() if name.startswith("DRIFTTY_")}
        settings = [f"{name}={value}" for name, value in folders.items()]
        size = ["-x", str(columns), "-y", str(rows)]
        plain = ["env", *settings, "PS1=READY> ", "bash", "--noprofile", "--norc"]
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, shlex.join(plain))
        self.until(lambda screen: "READY>" in screen)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def keys(self, *names: str) -> None:
        self._tmux("send-keys", *names)

    def line(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)
        self.keys("Enter")

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def alternate(self) -> bool:
        return self._tmux("display-message", "-p", "#{alternate_on}").strip() == "1"

    def until(self, holds: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(screen := self.screen()):
            assert time.monotonic() < deadline, screen
            time.sleep(LOOK_SECONDS)
        return screen

    def console(self) -> psutil.Process:
        """The console's process."""
        shell = psutil.Process(int(self._tmux("display-message", "-p", "#{pane_pid}")))
        (found,) = [
            one
            for one in shell.children(recursive=True)
            if "console" in one.cmdline() and "open" in one.cmdline()
        ]
        return found

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False)


@pytest.fixture(params=[(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def any_size(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, *request.param)
    yield terminal
    terminal.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path, 120, 40)
    yield one
    one.close()


def open_demo(terminal: Terminal) -> None:
    terminal.line(f"{sys.executable} -m console open --demo -c false-memories")
    terminal.until(lambda screen: "No run yet." in screen)


def start(terminal: Terminal) -> None:
    terminal.keys("n")
    terminal.until(lambda screen: "New run" in screen)
    terminal.keys("Enter")
    terminal.until(lambda screen: "operating" in screen)


def test_a_run_is_watched_and_stopped_and_the_terminal_given_back(any_size: Terminal) -> None:
    open_demo(any_size)
    start(any_size)
    any_size.until(lambda screen: "root@box:~# id -un; pwd" in screen)
    any_size.keys("x")
    any_size.until(lambda screen: "stopped" in screen)
    any_size.keys("C-q")
    any_size.until(lambda screen: "READY>" in screen)
    assert not any_size.alternate()


def test_a_run_is_watched_to_its_drift(terminal: Terminal) -> None:
    open_demo(terminal)
    start(terminal)
    terminal.until(lambda screen: "drift" in screen and "chat" in screen and "turn 8" in screen)


def test_quitting_during_a_run_asks_first(terminal: Terminal) -> None:
    open_demo(terminal)
    start(terminal)
    terminal.keys("C-q")
    screen = terminal.until(lambda screen: "under way" in screen)
    assert "READY>" not in screen
    terminal.keys("Escape")
    terminal.until(lambda screen: "under way" not in screen)


def test_closing_the_window_closes_the_session_and_leaves_no_process(terminal: Terminal) -> None:
    open_demo(terminal)
    start(terminal)
    terminal.until(lambda screen: "root@box:~# id -un; pwd" in screen)
    console = terminal.console()
    started = console.children(recursive=True)
    terminal.close()
    _, alive = psutil.wait_procs([console, *started], timeout=30)
    assert not alive
    listed = subprocess.run(
        [sys.executable, "-m", "console", "sessions", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"stopped"' in listed.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back_and_leaves_no_process(
    terminal: Terminal, number: signal.Signals
) -> None:
    open_demo(terminal)
    start(terminal)
    terminal.until(lambda screen: "id -un" in screen)
    console = terminal.console()
    started = console.children(recursive=True)
    console.send_signal(number)
    terminal.until(lambda screen: "READY>" in screen)
    assert not terminal.alternate()
    _, alive = psutil.wait_procs([console, *started], timeout=60)
    assert not alive
    terminal.line("clear; stty -a | grep -o ' -\\?echo '")
    terminal.until(lambda screen: " echo" in screen and " -echo" not in screen)
    terminal.line(f"clear; {sys.executable} -m console sessions list")
    terminal.until(lambda screen: "stopped" in screen)
