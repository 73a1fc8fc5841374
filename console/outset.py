"""On what runs of an experiment are made: told when they set out, and whether it is what it was."""

from datetime import UTC, datetime

from engine.errors import DrifttyError
from engine.events import Provenance
from engine.version import VERSION
from sessions.kept import Kept, Stretch


def setting_out(model: str, known: Provenance, at_once: int) -> Stretch:
    """A stretch that begins now, on a model as it is loaded."""
    return Stretch(
        model=model,
        weights=known.weights,
        device=known.device,
        dtype=known.dtype,
        version=VERSION,
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        at_once=at_once,
    )


def see_it_is_the_same(kept: Kept, stretch: Stretch) -> None:
    """Raise `DrifttyError` where the runs of a stretch are not made on what the first were made on."""
    first = kept.pinned(stretch.model)
    differs = first.differs(stretch) if first is not None else ()
    if differs:
        raise DrifttyError(
            f"Experiment {kept.experiment.id} cannot go on as it was: {'; '.join(differs)}. "
            "What comes would not be comparable to what is there. Run it where it was begun, or "
            "begin a new one; `driftty tally --resume --anyway` goes on, and keeps that the results "
            "are a mixture."
        )
