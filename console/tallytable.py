"""An experiment as text for a terminal: its plan, its live table, its lines and its verdicts.

A pure function of snapshots; whoever shows them decides when.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.experimenting import ExperimentSnapshot
from console.safe import clean_line
from console.tallyturns import curve, span, weakest
from engine.drift.interval import Interval
from engine.drift.misjudging import Corrected
from engine.drift.tallies import ConfigTally, PairTally, share
from engine.experiment import Experiment
from sessions.experiments import Kept

BAR = 20
"""Cells of an interval's bar."""
PROGRESS = 60
"""Cells of the progress bar, at most."""
BOUNDS = 13
"""Cells of a rate with its bounds."""
MOST_PAIRS = 8
"""Pairs that are told one by one; the rest is counted."""
FEW_ELEMENTS = 2
"""A seed whose configs have no more than these is shown in full."""
NARROW = 120
"""Cells; below, what costs, what a run takes and what goes by turn is left out."""
LONG_NAME = 28
"""Cells of a config's name that are left to it before another column is added."""


def plan_lines(kept: Kept, notes: Sequence[str] = ()) -> Iterator[str]:
    """What is going to be run, line by line; `notes` are said as they are."""
    experiment = kept.experiment
    template, placement = experiment.template, kept.placement
    configs, tasks = len(experiment.configs), len(experiment.tasks)
    every = range(configs)
    models = ", ".join(map(clean_line, experiment.models))
    warmths = ", ".join(dict.fromkeys(f"{experiment.temperature(arm):g}" for arm in every))
    yield (
        f"experiment {experiment.id} · seed {experiment.seed} · {models} · T {warmths} · "
        f"at most {_count(template.turns, 'turn')} a run"
    )
    for name in experiment.names:
        yield f"  config  {clean_line(name)}"
    for task in experiment.tasks:
        yield f"  task    {clean_line(task_name(task.name, task.text))}"
    for note in notes:
        yield f"  {note}"
    yield (
        f"  runs    {_count(configs, 'config')} × {_count(tasks, 'task')} × {experiment.n} = "
        f"{configs * tasks * experiment.n}"
        + (f", at most {placement.budget} of them" if placement.budget else "")
        + (", fewer if it is decided before" if placement.until_decided else "")
        + (f"; {len(kept.settled)} are there already" if kept.settled else "")
    )


def task_name(name: str, text: str) -> str:
    """A task's name, or its text where it has none, cut to a line."""
    return name or (text if len(text) <= 60 else f"{text[:59]}…")


def live(
    now: ExperimentSnapshot,
    width: int,
    names: Mapping[str, str] | None = None,
    *,
    telling: bool = True,
) -> RenderableType:
    """The experiment at this moment, for a terminal of so many cells; `names`: what configs are
    called there; `telling`: what may be concluded of pairs as well.
    """
    done = int(now.finished / max(now.planned, 1) * min(width, PROGRESS))
    bar = Text.assemble("━" * done, ("─" * (min(width, PROGRESS) - done), "dim"))
    names = names or short([tally.config for tally in now.configs])
    table = _table(now.configs, names, width)
    sentences = _telling(now.pairs, names) if telling else ()
    return Group(Text(headline(now)), bar, table, *map(Text, sentences))


def short(names: Sequence[str]) -> dict[str, str]:
    """Configs by what tells them from the others of their seed: `operator+…+history · T 0.3`."""
    found = {}
    whole = {name: name.partition(" · ")[0].split("+") for name in names}
    for name, (seed, *elements) in whole.items():
        of_seed = [set(others) for other, *others in whole.values() if other == seed]
        shared = set.intersection(*of_seed)
        differing = any(each != of_seed[0] for each in of_seed)
        own = [each for each in elements if each not in shared]
        worth_it = shared and differing and max(map(len, of_seed)) > FEW_ELEMENTS
        _, apart, condition = name.partition(" · ")
        if worth_it:
            found[name] = "+".join([seed, "…", *own]) + apart + condition
        elif not differing and len(of_seed) > 1 and max(map(len, of_seed)) > FEW_ELEMENTS:
            # One config under several conditions: those alone tell them apart.
            found[name] = f"{seed}+…{apart}{condition}"
        else:
            found[name] = name
    return found


def headline(now: ExperimentSnapshot) -> str:
    """Where it is, how fast it goes, and how long it still takes."""
    if now.state == "loading":
        step = clean_line(now.worker.step or now.worker.state)
        return f"experiment {now.experiment} · model: {step} {now.worker.fraction:.0%}"
    parts = [
        f"experiment {now.experiment}",
        now.state,
        f"{now.finished} of {now.planned} runs",
        f"{len(now.under_way)} under way" if now.under_way else "",
        f"{now.broken} broke" if now.broken else "",
        f"{now.repeated} tried again" if now.repeated else "",
        f"{now.tokens_per_second:.0f} tok/s" if now.tokens_per_second else "",
        f"about {duration(now.seconds_left)} left" if now.seconds_left else "",
    ]
    return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Seconds as `0:07`, `12:30` or `2:00:09`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def interval_bar(interval: Interval, cells: int) -> str:
    """The scale from 0 to 1 with the interval on it and the rate as a dot; blank before any run."""
    first = min(int(interval.low * cells), cells - 1)
    last = max(first, min(int(interval.high * cells), cells - 1))
    drawn = ["━" if first <= cell <= last else "·" for cell in range(cells)]
    if interval.rate is not None:
        drawn[min(int(interval.rate * cells), cells - 1)] = "●"
    return "".join(drawn)


def rate(interval: Interval) -> str:
    """A rate with its bounds, `.70 [.41–.89]`; the bounds alone before any run."""
    bounds = f"[{share(interval.low)}–{share(interval.high)}]"
    return bounds if interval.rate is None else f"{share(interval.rate)} {bounds}"


def pair_sentence(pair: PairTally, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Two configs and what may be concluded of them; `names`: what they are called here, if else."""
    a, b = (clean_line(names.get(each, each)) for each in (pair.a, pair.b))
    if pair.better is not None:
        better, worse = (a, b) if pair.better == pair.a else (b, a)
        return f"{better} is better than {worse}: {pair.verdict}"
    if pair.decided:
        return f"{a} and {b} differ, though both went well equally often: {pair.verdict}"
    return f"{a} and {b}: {pair.verdict}"


def verdicts(configs: Sequence[ConfigTally], pairs: Sequence[PairTally]) -> Iterator[str]:
    """What may be concluded, a sentence a line: of every config, then of every pair."""
    for tally in configs:
        yield f"{clean_line(tally.config)}: {tally.sentence}"
    for sentence in _telling(pairs, {}):
        yield f"{sentence}."


def misjudging(configs: Sequence[str], corrections: Sequence[Sequence[Corrected]]) -> Iterator[str]:
    """How far the intervals reach when the judge of lines errs as it was seen to, a line a sample."""
    for same in zip(*corrections, strict=True):
        judge = same[0].judge
        bounds = ", ".join(
            f"{clean_line(name)} {share(each.low)}–{share(each.high)}"
            for name, each in zip(configs, same, strict=True)
        )
        yield (
            f"If the judge errs as on {judge.on} ({judge.missed} of {judge.commands} commands "
            f"missed, {judge.accepted} of {judge.others} other lines accepted): {bounds}."
        )


def resume_command(experiment: Experiment) -> str:
    """What goes on with an experiment."""
    return f"driftty tally --resume {experiment.id}"


def _table(configs: Sequence[ConfigTally], names: Mapping[str, str], width: int) -> Table:
    wide = width >= NARROW
    table = Table(box=None, pad_edge=False, header_style="bold")
    bar = BAR if wide else BAR // 2
    counts = ["clean", "drift", "no-exit", "fault"]
    if not wide and not any(tally.fault for tally in configs):
        counts.remove("fault")
    taken = sum(len(name) + 2 for name in counts) + bar + BOUNDS + 3
    left = width - taken - min(max(map(len, names.values()), default=0), LONG_NAME)
    more = _fitting(configs, left) if wide else []
    taken += sum(len(name) + 2 for name in more)
    table.add_column("config", overflow="fold", max_width=max(width - taken, 8))
    for name in counts:
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    table.add_column("rate 0–1".center(bar), no_wrap=True, min_width=bar)
    table.add_column("", no_wrap=True, min_width=BOUNDS)
    for name in more:
        table.add_column(
            name, justify="left" if name == _CURVE else "right", no_wrap=True, min_width=len(name)
        )
    for tally in configs:
        cells = [
            clean_line(names[tally.config]),
            f"{tally.clean}/{tally.n}".rjust(5),
            str(tally.drift),
            str(tally.no_exit),
            *([str(tally.fault)] if "fault" in counts else []),
            interval_bar(tally.clean_interval, bar),
            rate(tally.clean_interval),
        ]
        told = (_MORE[name](tally) for name in more)
        table.add_row(*(Text(cell) for cell in (*cells, *told)))
    return table


def _fitting(configs: Sequence[ConfigTally], left: int) -> list[str]:
    """The further columns that fit into what is left, the more telling first."""
    chosen = []
    weighed = any(tally.margin.runs for tally in configs)
    for name in _MORE:
        if name in (_MARGIN, _WEAKEST) and not weighed:
            continue
        if len(name) + 2 <= left:
            chosen.append(name)
            left -= len(name) + 2
    return chosen


def _telling(pairs: Sequence[PairTally], names: Mapping[str, str]) -> Iterator[str]:
    """The decided ones, then those nearest to it."""
    ranked = sorted(pairs, key=lambda pair: (not pair.decided, -pair.peak))
    for pair in ranked[:MOST_PAIRS]:
        yield pair_sentence(pair, names)
    if len(ranked) > MOST_PAIRS:
        decided = sum(pair.decided for pair in ranked[MOST_PAIRS:])
        yield f"and {_count(len(ranked) - MOST_PAIRS, 'pair')} more, {decided or 'none'} separated"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def _count(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}s"


_MARGIN, _WEAKEST, _CURVE = "margin ", "weakest", "drift by turn"

_MORE: dict[str, Callable[[ConfigTally], str]] = {
    "drift turn": lambda tally: _number(tally.median_drift_turn, "g"),
    _MARGIN: lambda tally: span(tally.margin),
    _WEAKEST: lambda tally: weakest(tally.margin),
    "tok/run": lambda tally: _number(tally.tokens / tally.n if tally.n else None, ".0f"),
    "s/run": lambda tally: _number(tally.seconds, ".1f"),
    _CURVE: lambda tally: curve(tally.survival),
}
"""Further columns, the more telling first: what each says of a config."""
