"""The rows of an experiment's cells and stretches, as the store has them, and the values they make."""

import msgspec

from engine.drift.result import RunResult
from sessions.kept import KeptRun, Stretch
from sessions.process import ProcessIdentity

PLAIN = (
    *("config", "task", "replicate", "session", "outcome", "operated", "exited", "done"),
    *("drift_turn", "drift_kind", "turns", "tokens", "took", "fault"),
)
RESULT = (*PLAIN, "margins")
COLUMNS = ("tries", *RESULT)
"""Of a cell, in the order that `kept_of` takes them in."""
STRETCH = Stretch.__struct_fields__
"""Of a stretch, in the order that `stretch_of` takes them in."""


def row_of(number: int, kept: KeptRun) -> tuple[object, ...]:
    """A cell's row: the experiment's number, then `COLUMNS`."""
    plain = (getattr(kept.result, name) for name in PLAIN)
    return (number, kept.tries, *plain, msgspec.json.encode(kept.result.margins).decode())


def kept_of(row: tuple[object, ...]) -> KeptRun:
    """What a cell came to, from its `COLUMNS`."""
    tries, *fields, margins = row
    found: dict[str, object] = dict(zip(PLAIN, fields, strict=True))
    found["margins"] = msgspec.json.decode(msgspec.convert(margins, type=str))
    return KeptRun(
        msgspec.convert(found, type=RunResult, strict=False), msgspec.convert(tries, type=int)
    )


def stretch_of(row: tuple[object, ...]) -> Stretch:
    """A stretch, from its columns."""
    return msgspec.convert(dict(zip(STRETCH, row, strict=True)), type=Stretch)


def runner_of(text: str) -> int:
    """The number of the process that runs an experiment; 0 where it is gone or there was none."""
    if not text:
        return 0
    process = msgspec.json.decode(text, type=ProcessIdentity)
    return process.pid if process.alive else 0


def runner_text(process: ProcessIdentity) -> str:
    """A process, as an experiment that it runs names it."""
    return msgspec.json.encode(process).decode()
