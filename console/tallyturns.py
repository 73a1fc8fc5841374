"""What of a config goes by turn, as text: how near its runs are to drifting, and when they drift."""

from collections.abc import Iterator, Sequence

from console.safe import clean_line
from engine.drift.margin import ConfigMargin
from engine.drift.survival import Incidence
from engine.drift.tallies import ConfigTally, share

MOST_TURNS = 12
"""Cells of the little curve; of more turns the last are shown."""
_BLOCKS = "▁▂▃▄▅▆▇█"

EXPLAINED = (
    "Margin: the model's own probability that a turn begins with a command, as the mean over the runs "
    "that got there; a run's weakest turn counts for the runs that are gone, too."
)


def span(margin: ConfigMargin) -> str:
    """From the first turn to the last, `.91→.62`; a dash where nothing was weighed."""
    if not margin.by_turn:
        return "–"
    first, last = margin.by_turn[0], margin.by_turn[-1]
    return share(first.mean) if first is last else f"{share(first.mean)}→{share(last.mean)}"


def weakest(margin: ConfigMargin) -> str:
    """The mean over the runs of each one's weakest turn."""
    return "–" if margin.weakest is None else share(margin.weakest.mean)


def curve(survival: Sequence[Incidence]) -> str:
    """How likely the first drift is to have come, a cell a turn: `▁▂▄▇`; blank before any run."""
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(each.drift * top)] for each in survival[-MOST_TURNS:])


def by_turn(configs: Sequence[ConfigTally]) -> Iterator[str]:
    """A sentence a config, where there is something to say; then what the margin is."""
    for tally in configs:
        clauses = [clause for clause in (_nearness(tally.margin), _when(tally.survival)) if clause]
        if clauses:
            yield f"{clean_line(tally.config)}: {'; '.join(clauses)}."
    if any(tally.margin.runs for tally in configs):
        yield EXPLAINED


def _nearness(margin: ConfigMargin) -> str:
    if margin.weakest is None:
        return ""
    first, last = margin.by_turn[0], margin.by_turn[-1]
    later = f", {share(last.mean)} at turn {last.turn}" if last is not first else ""
    return f"margin {share(first.mean)} at turn 1{later}, {weakest(margin)} at a run's weakest turn"


def _when(survival: Sequence[Incidence]) -> str:
    if not survival:
        return ""
    half = next((each for each in survival if each.drift >= 0.5), None)
    told = half or survival[-1]
    bounds = f"{share(told.drift)} [{share(told.low)}–{share(told.high)}]"
    return f"drifted by turn {told.turn}: {bounds}"
