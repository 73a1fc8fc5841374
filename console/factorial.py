"""Experiments on the elements of a seed: which configs they take, and what the elements turn out to do.

`operator` switches every element the seed has; `operator+history+exit` switches these two, with the
seed's other defaults on throughout.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.drift.design import Design, factorial
from engine.drift.interval import ALPHA
from engine.drift.lever import Levers
from engine.drift.result import Axis
from engine.drift.tallies import share
from engine.drift.tally import Tally
from engine.errors import SeedError
from engine.experiment import Condition, Experiment
from engine.run import Config
from engine.seeds.config import configure
from engine.seeds.library import SeedLibrary

ONE_TASK = "one task is n = 1 too: what is found holds for it; several are blocks"
"""What to say of a plan with a single task."""
LARGE_EFFECT = 0.3
"""Of an element on a rate: what a person means by a lever."""

AXES: tuple[Axis, ...] = ("operated", "exited", "clean")
"""On which the effects of elements are told."""


class Factorial(NamedTuple):
    """What a factorial of elements takes."""

    design: Design
    configs: tuple[Config, ...]
    left_out: tuple[Config, ...]
    """Combinations that show the model nothing else than another does: an exit, say, is part of the
    history, and without that there is none."""


def plan_factorial(typed: str, library: SeedLibrary) -> Factorial:
    """The design for a seed's elements, and its configs.

    Raises `SeedError` for a seed or an element that there is not, and for elements too many or none.
    """
    name, _, chosen = typed.partition("+")
    seed = library.seed(name.strip())
    switched = tuple(word.strip() for word in chosen.split("+")) if chosen else seed.elements
    for unknown in sorted(set(switched).difference(seed.elements)):
        raise SeedError(
            f"The seed {seed.name} has no element {unknown!r}; it has {', '.join(seed.elements)}."
        )
    always = tuple(each for each in seed.default if each not in switched) if chosen else ()
    try:
        design = factorial(switched, always)
    except ValueError as error:
        raise SeedError(f"The factorial {typed!r} cannot be planned: {error}.") from error
    kept: dict[str, Config] = {}
    left_out = []
    for row in sorted(design.rows, key=len):
        config = configure(seed, row)
        if kept.setdefault(config.hash, config) is not config:
            left_out.append(config)
    return Factorial(design, tuple(kept.values()), tuple(left_out))


def design_notes(planned: Factorial, tasks: int) -> list[str]:
    """What a factorial can tell, and with how many runs, for a person about to start it."""
    design = planned.design
    sentence = design.sentence
    if planned.left_out:
        sentence = (
            f"{len(planned.configs)} of {len(design.rows)} combinations of "
            f"{', '.join(design.elements)}; the others show the model the same: what an element does "
            "is told where it shows."
        )
    return [
        f"design  {sentence}",
        f"needs   {_needs(design, tasks)}",
        *(f"left out {config.name}" for config in planned.left_out),
    ]


def _needs(design: Design, tasks: int) -> str:
    """How many runs of each combination show an element that matters."""
    at_the_end = design.needed(LARGE_EFFECT, tasks=tasks)
    changes = f"an element that changes the rate by {share(LARGE_EFFECT)}"
    if design.resolution is not None:
        # No two configs differ in one element alone, so there is no bet on any (`Levers`).
        return (
            f"about -n {at_the_end} to see {changes}, in the effects at the end; while watching, a "
            "fraction compares its configs and not its elements"
        )
    watched = design.needed(LARGE_EFFECT, tasks=tasks, watched=True)
    return (
        f"about -n {watched} to see, while watching, {changes}; -n {at_the_end} in the effects at the "
        "end"
    )


def pair_needs(pairs: int, tasks: int) -> str:
    """With how many runs of each on each task two configs are told apart, where so many pairs are
    corrected together.
    """
    alone, alpha = factorial(("either",)), ALPHA / pairs
    needed, large = (
        alone.needed(effect, tasks=tasks, watched=True, alpha=alpha)
        for effect in (LARGE_EFFECT, 2 * LARGE_EFFECT)
    )
    return (
        f"about n {needed} to separate, while watching, two configs that differ by "
        f"{share(LARGE_EFFECT)}; n {large} where they differ by {share(2 * LARGE_EFFECT)}"
    )


def elements_of(experiment: Experiment, typed: str) -> tuple[frozenset[str] | None, ...]:
    """What is on in each arm; none for configs of other seeds than the factorial's.

    That is its elements, and where arms differ in more than their config, its temperature and its
    model if they are not those of the first arm: what they do is told as of an element.
    """
    seed = typed.partition("+")[0].strip()
    return tuple(
        frozenset(config.elements) | _own(experiment, arm) if config.seed == seed else None
        for arm, config in enumerate(experiment.configs)
    )


def _own(experiment: Experiment, arm: int) -> frozenset[str]:
    """What an arm has beside its config that the first has not, as if it were an element."""
    one, first = experiment.condition(arm), experiment.condition(0)
    own = set()
    if one.temperature != first.temperature:
        own.add(Condition(temperature=one.temperature).label)
    if one.model != first.model:
        own.add(Condition(model=one.model).label)
    return frozenset(own)


def effect_sentences(tally: Tally, elements: Sequence[frozenset[str] | None]) -> Iterator[str]:
    """What each element did to the rate of clean runs, and which two did more or less together.

    For one look, when the runs are in. Takes up to seconds where there are many elements.
    """
    from engine.drift.effects import counts_of, effects

    told: dict[str, list[str]] = {}
    for effect in effects(counts_of(tally, elements)):
        if len(effect.elements) == 1 or effect.told:
            told.setdefault(effect.why, []).append("×".join(effect.elements))
    for why, several in told.items():
        yield f"{', '.join(several)}, with all runs in and at one look: {why}."


def effects_document(
    tally: Tally, elements: Sequence[frozenset[str] | None]
) -> list[dict[str, object]]:
    """What the elements do, as JSON: first what may be watched, then what holds for one look.

    Takes seconds where there are many elements.
    """
    # Linear algebra takes a while to import, and only this needs it.
    from engine.drift.effects import counts_of, effects

    found: list[dict[str, object]] = []
    for axis in AXES:
        levers = Levers(tally, elements, axis)
        found += [
            {"elements": [name], "axis": axis, "look": "every", **standing.to_document()}
            for name, standing in zip(levers.elements, levers.standing(), strict=True)
        ]
    for axis in AXES:
        measured = effects(counts_of(tally, elements, axis), axis)
        found += [effect.to_document() for effect in measured]
    return found
