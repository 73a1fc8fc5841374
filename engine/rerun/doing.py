"""What was done to a recorded shell, command by command, with all that the terminal got."""

import re

import msgspec

from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    KeysTyped,
    OutputDropped,
    ShellNudged,
    ShellResized,
    ShellState,
    ShellWrote,
)
from engine.execution import SETTLED
from engine.run import RunSpec
from engine.shell.channel import Cooked
from engine.shell.observation import Observation
from engine.start import Act, Nudge

_NONCE = re.compile(rb"\x1b\]133;[ABCD][^\x1b\x07]*;aid=([0-9a-f]+)\x1b\\")
"""The first prompt marker of a recording is bash's own: nothing was run before it."""
_NUDGES: dict[str, Nudge] = {"interrupt": "interrupt", "eof": "eof"}


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was submitted, or keys that a person typed between commands."""

    turn: int
    by: str
    """`operator` or `person`."""
    observation: Observation
    """All that the terminal got for it, and how it stood at the end; its times are 0."""
    keys: bytes = b""
    """What a person typed, while it ran or by itself."""
    hidden: int = 0
    """Bytes of that which were not recorded."""
    nudges: tuple[Nudge, ...] = ()
    columns: int = 0
    """The terminal's new size, where it was changed since the deed before; else 0."""
    rows: int = 0
    finished: bool = True
    """Whether the shell was seen to settle; not where the recording ends before."""


class Doing:
    """The fold that finds deeds among the shell's events."""

    def __init__(self) -> None:
        self.turn = 0
        """The turn under way."""
        self._deeds: list[Deed] = []
        self._open: Deed | None = None
        self._raw = bytearray()
        self._dropped = 0
        self._size = (0, 0)
        self._nonce = ""

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """All so far, the one under way included."""
        return (*self._deeds, self._taken()) if self._open is not None else tuple(self._deeds)

    def feed(self, event: AnyEvent) -> None:
        """Take in the next event of the shell's."""
        match event:
            case ShellWrote(data=data):
                self._raw += data
                if not self._nonce and (found := _NONCE.search(self._raw)):
                    self._nonce = found[1].decode()
            case OutputDropped(bytes=count):
                self._dropped += count
            case ShellResized(columns=columns, rows=rows):
                self._size = (columns, rows)
            case CommandSubmitted(turn=turn, command=command, by=by):
                self._begin(turn, command, by)
            case KeysTyped(data=data, hidden=hidden):
                if self._open is None:
                    self._begin(self.turn, "", "person")
                assert self._open is not None
                self._open = msgspec.structs.replace(
                    self._open, keys=self._open.keys + data, hidden=self._open.hidden + hidden
                )
            case ShellNudged(action=action):
                if self._open is not None and action in _NUDGES:
                    nudges = (*self._open.nudges, _NUDGES[action])
                    self._open = msgspec.structs.replace(self._open, nudges=nudges)
            case CommandFinished():
                self._finished(event)
            case _:
                pass

    def _begin(self, turn: int, command: str, by: str) -> None:
        if self._open is not None:
            self._deeds.append(self._taken())
        self._raw.clear()
        self._dropped = 0
        columns, rows = self._size
        self._size = (0, 0)
        nothing = _observation(command, self._nonce)
        self._open = Deed(turn=turn, by=by, observation=nothing, columns=columns, rows=rows)
        if command:
            self._open = msgspec.structs.replace(self._open, finished=False)

    def _finished(self, event: CommandFinished) -> None:
        if self._open is None or not self._open.observation.command:
            return
        seen = msgspec.structs.replace(
            self._open.observation,
            state=event.state,
            status=event.status,
            foreground=event.foreground,
        )
        self._open = msgspec.structs.replace(self._open, observation=seen, finished=True)
        if event.state in SETTLED:
            self._deeds.append(self._taken())
            self._open = None

    def _taken(self) -> Deed:
        """The deed under way with what the terminal got."""
        assert self._open is not None
        seen = msgspec.structs.replace(
            self._open.observation, raw=bytes(self._raw), dropped=self._dropped, nonce=self._nonce
        )
        return msgspec.structs.replace(self._open, observation=seen)


def as_act(deed: Deed, spec: RunSpec) -> Act:
    """A deed as it is kept for doing it again."""
    seen = deed.observation
    return Act(
        turn=deed.turn,
        command=seen.command,
        keys=deed.keys,
        hidden=deed.hidden,
        nudges=deed.nudges,
        shown=shown(seen, spec.columns, spec.rows, spec.budget),
        state=seen.state,
        status=seen.status,
        columns=deed.columns,
        rows=deed.rows,
    )


def shown(observation: Observation, columns: int, rows: int, budget: int) -> str:
    """What could be read of an observation's output, without the prompt: the end of it."""
    (turn,) = Cooked(columns, rows).turns(observation, "", budget)
    return turn.text.strip("\n")


def _observation(command: str, nonce: str) -> Observation:
    state: ShellState = "done"
    return Observation(
        command=command,
        state=state,
        status=None,
        foreground="",
        raw=b"",
        dropped=0,
        began=0,
        took=0,
        nonce=nonce,
    )
