"""What comes first: the question that an experiment asks, and what may be answered to it."""

import math
from collections.abc import Iterator, Sequence

from console.report.blocks import (
    Block,
    Bullets,
    Heading,
    Line,
    Paragraph,
    code,
    line,
    listed,
    strong,
)
from console.report.findings import Arm, Findings, Pair
from console.tallytable import rate
from engine.drift.evalue import FAR
from engine.drift.tallies import PairTally
from engine.figures import number

_FEW = 6
"""Configs of which is told what is open."""


def _these(many: int, what: str) -> str:
    return f"this {what}" if many == 1 else f"these {what}s"


def question(found: Findings) -> Line:
    """What was asked, in a sentence."""
    elements = found.design.elements if found.design is not None else ()
    seed = found.kept.placement.factorial.partition("+")[0]
    which = line(
        f"Which of {number(len(found.arms), 'config')} lets the model operate a shell: issue nothing "
        "but commands, and then exit?"
        if len(found.arms) > 1
        else "How often does this config let the model operate a shell: issue nothing but commands, "
        "and then exit?"
    )
    if not elements:
        return which
    return line(which, " And which of the elements of ", code(seed), " is the lever?")


def answer(found: Findings, asked: str = "") -> Iterator[Block]:
    """The question and its answer; `asked`: the question in a person's own words."""
    yield Heading("Question and answer")
    yield Paragraph(
        line(strong("Question. "), asked) if asked else line(strong("Question. "), *question(found))
    )
    yield Paragraph(line(strong("Answer. "), *_short(found)))
    told = tuple(_sentences(found))
    if told:
        yield Bullets(told)
    open_pairs = tuple(_open(found))
    if open_pairs:
        yield Heading("Not attributable yet", 3)
        yield Bullets(open_pairs)
    yield Paragraph(
        line(
            "The intervals and the word “separated” hold at every look at once, so they may be quoted "
            "although the runs were watched while they came in. “Not attributable yet” does not mean "
            f"equal. Everything is about {_these(len(found.kept.experiment.tasks), 'task')}, "
            f"{_these(len(found.kept.experiment.models), 'model')} and these settings."
        )
    )


def _short(found: Findings) -> Line:
    """The answer in a sentence or two."""
    if found.settled == 0:
        return line("No run has counted yet.")
    pairs = found.pairs["clean"]
    if not pairs:
        return line(code(found.arms[0].name), f" was clean in {_rate(found.arms[0])}.")
    decided = sum(pair.tally.decided for pair in pairs)
    return line(
        *_best(found),
        f"Of {number(len(pairs), 'pair')} of configs, {decided or 'none'} "
        f"{'is' if decided == 1 else 'are'} separated.",
    )


def _best(found: Findings) -> Line:
    """Which was clean most often, and from which it is separated."""
    best, *others = found.ranked
    if not any(arm.tally.clean for arm in found.arms):
        return line("No config was clean in any run. ")
    level = [arm for arm in others if arm.tally.rate == best.tally.rate]
    if level:
        names = [code(arm.name) for arm in (best, *level)]
        return line(_some(names), f" were clean most often, each {_rate(best)}. ")
    told = line(code(best.name), f" was clean most often: {_rate(best)}. ")
    near = [arm for arm in others if not _separated(found, best, arm)]
    if not near:
        return line(told, "It is separated from every other config. ")
    if len(near) == len(others):
        return line(told, "It is separated from none of the others. ")
    apart = len(others) - len(near)
    return line(
        told,
        f"It is separated from {apart} of the others, and not from ",
        _some([code(arm.name) for arm in near]),
        ". ",
    )


def _sentences(found: Findings) -> Iterator[Line]:
    """What is separated, better config by better config; then what the elements do."""
    for arm in found.ranked:
        worse = [
            pair
            for pair in found.pairs["clean"]
            if pair.tally.decided and _better(pair) == arm.place
        ]
        if worse:
            others = [found.arms[_worse(pair)] for pair in worse]
            weakest = min(worse, key=lambda pair: pair.tally.peak).tally
            yield line(
                code(arm.name),
                " is clean more often than ",
                _some([code(other.name) for other in others]),
                f": {weakest.verdict if len(worse) == 1 else _all(weakest.peak)}.",
            )
    mixed = [
        pair for pair in found.pairs["clean"] if pair.tally.decided and pair.tally.better is None
    ]
    for pair in mixed:
        a, b = (found.arms[place] for place in pair.places)
        yield line(
            code(a.name),
            " and ",
            code(b.name),
            " differ, though both were clean equally often: ",
            pair.tally.verdict,
            ".",
        )
    for name, lever in found.levers["clean"]:
        yield line(_lever(name, lever))
    for effect in found.effects["clean"]:
        if len(effect.elements) == 1 and effect.told:
            yield line(
                "With all runs in, ",
                code(effect.elements[0]),
                f" {effect.why.replace('the rate', 'the share of clean runs')}, "
                "beside the other elements and within tasks (one look).",
            )
    untold = [each for each in found.effects["clean"] if len(each.elements) == 1 and not each.told]
    if untold:
        yield line(
            "Not told from no effect on clean runs, at one look and corrected for one another: ",
            listed([_untold(effect.elements[0], effect.low, effect.high) for effect in untold]),
            ".",
        )


def _untold(name: str, low: float | None, high: float | None) -> Line:
    if low is None or high is None:
        return line(code(name))
    return line(
        code(name), f" (between {low:+.2f} and {high:+.2f})".replace("-", "−").replace("0.", ".")
    )


def _lever(name: str, lever: PairTally) -> Line:
    a, b = lever.successes
    return line(
        "Between configs that differ in ",
        code(name),
        f" alone: with it {a} of {lever.blocks} clean, without it {b}: {lever.verdict}.",
    )


def _open(found: Findings) -> Iterator[Line]:
    """What is not decided, better config by better config, and about how many more runs it takes."""
    waiting: dict[int, list[Pair]] = {}
    for pair in found.pairs["clean"]:
        if not pair.tally.decided:
            a, b = pair.places
            first, second = pair.tally.successes
            waiting.setdefault(b if second > first else a, []).append(pair)
    told = [arm for arm in found.ranked if arm.place in waiting]
    for arm in told[:_FEW]:
        pairs = sorted(waiting[arm.place], key=lambda pair: pair.tally.further or FAR + 1)
        others = [found.arms[sum(pair.places) - arm.place] for pair in pairs]
        yield line(
            code(arm.name),
            f" ({_counts(arm)}) and ",
            _some([line(code(other.name), f" ({_counts(other)})") for other in others], 4),
            f": {_further([pair.tally.further for pair in pairs])}.",
        )
    more = sum(len(waiting[arm.place]) for arm in told[_FEW:])
    if more:
        yield line(f"{number(more, 'pair')} more, which stand with the results.")


def _further(more: Sequence[int | None]) -> str:
    """About how many more pairs of runs: the least and the most of several forecasts."""
    known = [each for each in more if each is not None]
    far = len(more) - len(known)
    if not known:
        return f"more than {FAR} more pairs of runs at these rates"
    least, most = min(known), max(known)
    span = f"{least} to {most}" if most > least else f"{least}"
    apart = f", for {far} of them more than {FAR}" if far else ""
    return f"about {span} more {'pair' if span == '1' else 'pairs'} of runs at these rates{apart}"


def _separated(found: Findings, one: Arm, other: Arm) -> bool:
    places = {one.place, other.place}
    return any(pair.tally.decided and set(pair.places) == places for pair in found.pairs["clean"])


def _better(pair: Pair) -> int | None:
    """The place of the config that is better, where one is."""
    a, b = pair.places
    first, second = pair.tally.successes
    if not pair.tally.decided or first == second:
        return None
    return a if first > second else b


def _worse(pair: Pair) -> int:
    a, b = pair.places
    return b if _better(pair) == a else a


def _counts(arm: Arm) -> str:
    interval = arm.tally.clean_interval
    return f"{interval.successes} of {interval.successes + interval.failures} clean"


def _rate(arm: Arm) -> str:
    return f"{rate(arm.tally.clean_interval)}, {_counts(arm)}"


def _some(names: Sequence[object], most: int = 8) -> Line:
    """Names in a sentence, the rest counted where there are many."""
    spans = [line(name) for name in names]  # type: ignore[arg-type]  # each is what a line is made of
    if len(spans) <= most:
        return listed(spans)
    return line(listed([*spans[: most - 1], f"{len(spans) - most + 1} more"]))


def _all(least: float) -> str:
    """That several pairs are separated, by the least of what their e-values reached."""
    reached = "passed 10,000" if least >= 10_000 else f"reached {math.floor(least):,} at least"
    return f"separated (E {reached})"
