"""What the screen needs of whatever runs sessions: the live driver, or a scripted one."""

from collections.abc import Callable
from typing import Protocol

from engine.events import AnyEvent, Mode
from engine.influence import Weighs
from engine.model.supervisor import WorkerStatus
from engine.run import RunSpec, Sampling


class Driver(Weighs, Protocol):
    """Runs one session at a time and tells what happens. All of it on the event loop.

    The words of a person (`pause` … `resize`) do nothing while no session runs. `render` and `score`
    raise `ModelError` while there is no model to ask.
    """

    @property
    def running(self) -> bool:
        """Whether a session is under way."""
        ...

    @property
    def paused(self) -> bool:
        """Whether it waits, or will at its next gate."""
        ...

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> Callable[[], None]:
        """Have every event of every session told, in order; returns what ends that."""
        ...

    def on_worker(self, listener: Callable[[WorkerStatus], None]) -> Callable[[], None]:
        """Have the model's state told, now and whenever it changes; returns what ends that."""
        ...

    async def start(self, spec: RunSpec) -> None:
        """Begin a session. Raises `DrifttyError` where that cannot be."""
        ...

    async def stop(self) -> None:
        """End the session, outcome `stopped`, and wait until it is closed."""
        ...

    def pause(self) -> None:
        """Wait at the next gate."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def step(self) -> None:
        """Go on for one turn, then pause."""
        ...

    def set_mode(self, mode: Mode) -> None:
        """Choose when a person is asked."""
        ...

    def approve(self, edited: str | None = None) -> None:
        """Let the proposed command run, as it is or as edited."""
        ...

    def veto(self) -> None:
        """Refuse the proposed command."""
        ...

    def inject(self, text: str) -> None:
        """Add a user turn by the person before the operator's next turn."""
        ...

    def type(self, data: bytes) -> None:
        """Send a person's keys to the shell."""
        ...

    def interrupt(self) -> None:
        """Send what Ctrl+C sends to the shell's foreground job."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the shell's terminal, in cells."""
        ...

    def set_sampling(self, sampling: Sampling) -> None:
        """Draw tokens in another way from the next completion on."""
        ...

    def drew(self, took: int) -> None:
        """The screen took so many nanoseconds to draw what happened."""
        ...
