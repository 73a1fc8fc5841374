"""What the runs came to: counts, rates, tasks, pairs, elements, turns."""

from collections import Counter
from collections.abc import Iterator

from console.report.blocks import (
    Block,
    Bullets,
    Column,
    Fold,
    Heading,
    Line,
    Paragraph,
    Table,
    code,
    line,
)
from console.report.errors import Aftermath, after_errors, aftermath
from console.report.figures import (
    effects_figure,
    grid_figure,
    margins_figure,
    rates_figure,
    survival_figure,
)
from console.report.findings import Arm, Findings, OnTask, Pair
from console.report.material import Material
from console.tallytable import rate, task_name
from engine.drift.effects import FIXED_LOOK, Effect
from engine.drift.misjudging import MEASURED
from engine.drift.result import Axis
from engine.drift.tallies import share, signed

_TURNS = 8
"""Of the curve, that a table shows."""


def results(found: Findings, material: Material) -> Iterator[Block]:
    """All results, with their plots."""
    yield Heading("Results")
    if found.arms:
        yield rates_figure(found)
    yield _counts(found)
    yield _rates(found)
    yield Heading("Every run", 3)
    yield grid_figure(found)
    if len(found.tasks) > 1:
        yield from _by_task(found)
    if len(found.arms) > 1:
        yield from _pairs(found)
    if any(found.effects.values()):
        yield from _elements(found)
    yield from _when(found)
    yield from after_errors(found, _aftermath(found, material))
    yield from _margin(found)
    yield from _judge(found)


def _aftermath(found: Findings, material: Material) -> tuple[Aftermath, ...]:
    return aftermath(found.kept.settled, material.commands, len(found.arms))


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, numbers=True) for name in names)


def _counts(found: Findings) -> Table:
    checked = any(arm.tally.checked for arm in found.arms)
    at_once = _at_once(found)
    rows = []
    for arm in found.ranked:
        tally = arm.tally
        kinds = ", ".join(f"{kind} {count}" for kind, count in tally.drift_kinds.items())
        rows.append(
            (
                line(str(arm.place + 1)),
                line(code(arm.name)),
                line(str(tally.n)),
                line(str(tally.clean)),
                line(str(at_once[arm.place])),
                line(str(tally.drift)),
                line(kinds or "–"),
                line(str(tally.no_exit)),
                line(str(tally.fault)),
                line(str(tally.operated)),
                line(str(tally.exited)),
                *((line(f"{tally.done} of {tally.checked}"),) if checked else ()),
            )
        )
    return Table(
        (
            *_numbers("#"),
            Column("config"),
            *_numbers("n", "clean", "of these, exit in turn 1", "drift"),
            Column("kinds of drift"),
            *_numbers("no exit", "fault", "operated", "exited"),
            *(_numbers("done") if checked else ()),
        ),
        tuple(rows),
        "What the runs came to, the cleanest first. Faults are not in n. A run that exits in its first "
        "turn is clean and did nothing else.",
    )


def _rates(found: Findings) -> Table:
    rows = []
    for arm in found.ranked:
        tally = arm.tally
        rows.append(
            (
                line(str(arm.place + 1)),
                line(code(arm.name)),
                line(rate(tally.clean_interval)),
                *(line(f"{share(each.low)}–{share(each.high)}") for each in arm.corrected),
                line(rate(tally.operated_interval)),
                line(rate(tally.exited_interval)),
                line(_plain(tally.median_drift_turn, "g")),
                line(_plain(tally.tokens / tally.n if tally.n else None, ".0f")),
                line(_plain(tally.seconds, ".1f")),
            )
        )
    return Table(
        (
            *_numbers("#"),
            Column("config"),
            *_numbers("clean"),
            *_numbers(*(f"clean, if the judge errs as on {judge.on}" for judge in MEASURED)),
            *_numbers("operated", "exited", "median drift turn", "tokens a run", "seconds a run"),
        ),
        tuple(rows),
        "Rates with their 95 % intervals, each valid at every look. Seconds are of runs that shared "
        "the machine.",
    )


def _at_once(found: Findings) -> Counter[int]:
    """Clean runs by arm that exited in their first turn: clean, and of no use to anybody."""
    return Counter(
        result.config
        for result in found.kept.settled
        if result.outcome == "clean" and result.turns == 1
    )


def _by_task(found: Findings) -> Iterator[Block]:
    yield Heading("Task by task", 3)
    for axis in ("clean", "operated", "done"):
        if axis == "done" and not any(task.check for task in found.tasks):
            continue
        table = _task_table(found, axis)
        yield table if axis == "clean" else Fold(f"The same for {axis}", (table,))


def _task_table(found: Findings, axis: Axis) -> Table:
    def cell(on: OnTask) -> Line:
        good, runs = on.of(axis)
        return line(f"{good}/{runs}" if runs else "–")

    return Table(
        (
            *_numbers("#"),
            Column("config"),
            *_numbers(*(task_name(task.name, task.text) for task in found.tasks)),
        ),
        tuple(
            (line(str(arm.place + 1)), line(code(arm.name)), *map(cell, arm.tasks))
            for arm in found.ranked
        ),
        f"Runs that were {axis}, of those that count, on each task."
        if axis != "done"
        else "Runs that got the task done, of those that were checked.",
    )


def _pairs(found: Findings) -> Iterator[Block]:
    yield Heading("Configs against each other", 3)
    count = len(found.pairs["clean"])
    yield Paragraph(
        line(
            "A block is one run of either config, of the same task and replicate; the e-value is what "
            "a bet against “both have the same rate” has grown to, and its peak decides. With "
            f"{count} pairs the correction is Holm's: the chance that any is wrongly called separated "
            "is 5 % at most. “FDR” marks pairs whose present e-value is enough where a share of 5 % "
            "wrong calls is allowed (e-BH). The difference is that within tasks (Mantel–Haenszel, "
            "score interval), and p the Cochran–Mantel–Haenszel test's: for one look, and not "
            "corrected for the number of pairs."
        )
    )
    for axis in ("clean", "operated", "exited"):
        pairs = sorted(
            found.pairs[axis], key=lambda pair: (not pair.tally.decided, -pair.tally.peak)
        )
        decided = sum(pair.tally.decided for pair in pairs)
        yield Fold(
            f"{axis}: {count} pairs, {decided or 'none'} separated",
            (_pair_table(found, pairs),),
        )


def _pair_table(found: Findings, pairs: list[Pair]) -> Table:
    rows = []
    for pair in pairs:
        a, b = (found.arms[place] for place in pair.places)
        first, second = pair.tally.successes
        within = pair.within
        rows.append(
            (
                line(f"{a.place + 1} ", code(a.name)),
                line(f"{b.place + 1} ", code(b.name)),
                line(str(pair.tally.blocks)),
                line(f"{first} : {second}"),
                line(_size(pair.tally.e_value)),
                line(_size(pair.tally.peak)),
                line(pair.tally.verdict + (" · FDR" if pair.discovered else "")),
                line(
                    f"{signed(within.difference)} [{signed(within.low)}, {signed(within.high)}]"
                    if within
                    else "–"
                ),
                line(_p(within.p if within else None)),
            )
        )
    return Table(
        (
            Column("a"),
            Column("b"),
            *_numbers("blocks", "a : b", "e-value", "peak"),
            Column("verdict"),
            *_numbers("a − b within tasks", "p"),
        ),
        tuple(rows),
    )


def _elements(found: Findings) -> Iterator[Block]:
    yield Heading("Elements", 3)
    levers = [(axis, name, lever) for axis, each in found.levers.items() for name, lever in each]
    if levers:
        yield Table(
            (
                Column("element"),
                Column("on"),
                *_numbers("blocks", "with", "without", "e-value", "peak"),
                Column("verdict"),
            ),
            tuple(
                (
                    line(code(name)),
                    line(axis),
                    line(str(lever.blocks)),
                    *(line(str(count)) for count in lever.successes),
                    line(_size(lever.e_value)),
                    line(_size(lever.peak)),
                    line(lever.verdict),
                )
                for axis, name, lever in levers
            ),
            "Whether an element changes anything, beside any choice of the others; may be watched.",
        )
    else:
        yield Paragraph(
            line(
                "In a fraction no two combinations differ in one element alone, so there is no bet on "
                "an element that could be watched; what follows is for one look."
            )
        )
    yield Paragraph(
        line(
            f"{FIXED_LOOK} Logistic regression with Firth's penalty, each task a level of its own."
        )
    )
    for size in (1, 2):
        figure = effects_figure(found, size)
        if figure is not None:
            yield figure
    for axis, effects in found.effects.items():
        yield Fold(f"Effects on {axis}, in figures", (_effect_table(effects),))


def _effect_table(effects: tuple[Effect, ...]) -> Table:
    def bounds(effect: Effect) -> str:
        if effect.log_odds is None or effect.log_odds_low is None or effect.log_odds_high is None:
            return "–"
        return f"{effect.log_odds:.2f} [{effect.log_odds_low:.2f}, {effect.log_odds_high:.2f}]"

    return Table(
        (Column("elements"), Column("what may be said"), *_numbers("log-odds", "p")),
        tuple(
            (
                line(code(" × ".join(effect.elements))),
                line(effect.why),
                line(bounds(effect).replace("-", "−")),
                line(_p(effect.p)),
            )
            for effect in effects
        ),
    )


def _when(found: Findings) -> Iterator[Block]:
    yield Heading("When: first drift by turn", 3)
    yield survival_figure(found)
    last = max((len(arm.incidence) for arm in found.arms), default=0)
    turns = range(min(last, _TURNS))
    yield Fold(
        "In figures",
        (
            Table(
                (*_numbers("#"), Column("config"), *_numbers(*(f"turn {at + 1}" for at in turns))),
                tuple(
                    (
                        line(str(arm.place + 1)),
                        line(code(arm.name)),
                        *(line(_by(arm, at)) for at in turns),
                    )
                    for arm in found.ranked
                ),
                "How likely a first drift is by the end of each turn, with its interval.",
            ),
        ),
    )


def _by(arm: Arm, at: int) -> str:
    if not arm.incidence:
        return "–"
    point = arm.incidence[min(at, len(arm.incidence) - 1)]
    low, by, high = (share(round(value, 9)) for value in (point.low, point.drift, point.high))
    return f"{by} [{low}–{high}]"


def _margin(found: Findings) -> Iterator[Block]:
    figure = margins_figure(found)
    if figure is not None:
        yield Heading("How near: margin by turn", 3)
        yield figure


def _judge(found: Findings) -> Iterator[Block]:
    yield Heading("The judge of lines", 3)
    yield Paragraph(
        line(
            "Whether a line is a command is itself judged, by form, by what came before and by weighed "
            "features of its words. How often it was wrong on lines that people had labelled:"
        )
    )
    yield Bullets(
        tuple(
            line(
                f"{judge.on}: {judge.missed} of {judge.commands:,} commands missed, {judge.accepted} "
                f"of {judge.others:,} other lines taken for commands; {judge.caution}."
            )
            for judge in MEASURED
        )
    )
    yield Paragraph(
        line(
            "The clean rate's bounds stand above once more with room for each. They hold as far as "
            "these lines resemble those that were judged here."
        )
    )


def _plain(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def _size(e_value: float) -> str:
    if e_value >= 10_000:
        return "> 10,000"
    return f"{e_value:.3g}" if e_value < 1000 else f"{e_value:,.0f}"


def _p(p: float | None) -> str:
    if p is None:
        return "–"
    return "< .0001" if p < 0.0001 else f"{p:.4f}".removeprefix("0") if p < 1 else "1"
