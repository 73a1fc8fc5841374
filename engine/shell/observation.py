"""What a shell is to the operator, and what it saw after a command."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from engine.events import ShellState
from engine.shell.homewatch import HomeChange


class Observation(msgspec.Struct, frozen=True):
    """Everything the shell did from one submission to the moment it settled."""

    command: str
    """As submitted; empty for what came before the first command."""
    state: ShellState
    status: int | None
    """Exit status; none where the command did not finish."""
    foreground: str
    """The program in the foreground when not done; empty when done."""
    raw: bytes
    """What the terminal got: echo, output, markers, prompt; bounded, the tail kept."""
    dropped: int
    """Bytes left out of `raw`."""
    began: int
    """Monotonic nanoseconds of the machine."""
    took: int
    """Nanoseconds."""
    nonce: str = ""
    """What this shell's own prompt markers in `raw` carry; see `engine.shell.markers`."""

    def joined(self, later: "Observation") -> "Observation":
        """This command's whole story, after something helped it on: `later` tells how it ended."""
        return msgspec.structs.replace(
            later,
            command=self.command,
            raw=self.raw + later.raw,
            dropped=self.dropped + later.dropped,
            began=self.began,
            took=later.began + later.took - self.began,
        )


class Opening(msgspec.Struct, frozen=True):
    """How a shell came up."""

    sandbox: str
    """`bwrap`, `landlock` or `none`."""
    detail: str
    """What the sandbox withholds, in words."""
    shell: str
    home: str
    """The scratch home, on the host."""
    columns: int
    rows: int
    took: int
    """Nanoseconds to the first prompt."""
    inside: str = "~"
    """The home, as the shell sees it."""


class Shell(Protocol):
    """A shell on a terminal; the real one is `engine.shell.session.PtyShell`."""

    on_output: Callable[[bytes], None]
    """Called with every chunk the terminal gets, in order, as it comes."""
    on_dropped: Callable[[int], None]
    """Called with the number of bytes that `on_output` will not get, before it gets the next."""

    async def start(self) -> Opening:
        """Bring it up. Raises `SandboxUnavailable` or `ShellError`."""
        ...

    async def submit(self, command: str) -> Observation:
        """Type a command line and wait until the shell settles: done, or one of the other states.

        In state `continuation` a further submit goes on with the same command.
        """
        ...

    async def settle(self) -> Observation:
        """Wait until the shell settles after something else: keys typed, an interrupt."""
        ...

    def observe(self) -> Observation:
        """What happened since the last observation that nobody waited for, without waiting."""
        ...

    def type(self, data: bytes) -> bool:
        """Send a person's keys as they are. Returns whether the terminal echoes them."""
        ...

    def interrupt(self) -> None:
        """Send what Ctrl+C sends to the foreground job."""
        ...

    def end_of_file(self) -> None:
        """Send what Ctrl+D sends."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size, in cells."""
        ...

    async def copy_home(self) -> HomeChange | None:
        """What changed in its scratch home since this was asked last; none where none is kept."""
        ...

    async def check(self, command: str) -> tuple[int, str]:
        """Run a task's check in the same sandbox and home, beside the operator's shell.

        Returns its exit status and the tail of its output; 124 when it ran out of time.
        """
        ...

    async def close(self) -> None:
        """End the shell and everything it started, and remove the scratch home."""
        ...
