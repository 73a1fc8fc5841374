"""What differs between who answered in a recording and who answers now."""

from engine.events import Provenance
from engine.rerun.finding import ProvenanceDifference
from engine.version import VERSION

_FIELDS = ("model", "weights", "tokenizer", "template", "device", "dtype", "window", "parameters")


def differences(
    version: str, recorded: Provenance | None, now: Provenance
) -> tuple[ProvenanceDifference, ...]:
    """Everything that is not the same; `version` is that of the driftty that recorded."""
    pairs = [("driftty", version, VERSION)]
    if recorded is not None:
        pairs += [(name, str(getattr(recorded, name)), str(getattr(now, name))) for name in _FIELDS]
        if recorded.forward:
            pairs.append(("forward", recorded.forward, now.forward))
        libraries = dict.fromkeys((*recorded.libraries, *now.libraries))
        pairs += [
            (name, recorded.libraries.get(name, "none"), now.libraries.get(name, "none"))
            for name in libraries
        ]
    return tuple(
        ProvenanceDifference(what=what, recorded=then, now=today)
        for what, then, today in pairs
        if then != today
    )
