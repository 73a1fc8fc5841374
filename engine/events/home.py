"""What was kept of the operator's scratch home."""

from engine.events.fact import Event
from engine.home import AT_HOME, HomeEntry


class HomeKept(Event, frozen=True, kw_only=True):
    """A copy of the scratch home was taken, as the model was asked for a turn.

    What is as it was in the copy before is not told again.
    """

    turn: int
    """The turn before whose completion it stood so; one more than the last: at the end."""
    whole: bool = False
    """Whether `entries` are all there is; else what changed since the copy before."""
    entries: tuple[HomeEntry, ...] = ()
    gone: tuple[str, ...] = ()
    """Paths that are there no more."""
    cwd: str = AT_HOME
    """The shell's working folder; see `HomeCopy.cwd`."""
    left_out: tuple[str, ...] = ()
    """Paths of all that is there and could not be kept."""
    processes: int = 0
    """How many processes ran in the background."""
    why: str = ""
    """Why no copy was taken, in a clause; then nothing else is told, and the next one is whole."""
