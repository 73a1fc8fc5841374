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


def wanted_of(kept: Kept, model: str) -> Stretch | None:
    """On what runs on a model are to be made: as the first were, or where there are none, as asked.

    None where it may be anything, and so is what is empty.
    """
    first, placement = kept.pinned(model), kept.placement
    if first is not None:
        return first
    device, dtype = (
        "" if asked == "auto" else asked for asked in (placement.device, placement.dtype)
    )
    if not device and not dtype:
        return None
    return Stretch(
        model=model, weights="", device=device, dtype=dtype, version="", began="", at_once=0
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
