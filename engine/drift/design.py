"""The factorial of a seed's elements: which combinations are run, and what they can tell.

Up to four elements every combination is run. Above, a fraction: the elements beyond the first few are
switched by the others (`prompt is on where an odd number of history, recovery and exit is`), so that
16 combinations do for five to eight elements. What that costs is said with it: effects that the
fraction cannot tell apart are listed before the first run.

The fractions are those of highest resolution (G. E. P. Box, J. S. Hunter, "The 2^(k−p) fractional
factorial designs", Technometrics 3, 1961). Resolution V: main effects and interactions of two can all
be told apart, if those of three are none. IV: main effects can, interactions of two hide in each other.
"""

import math
from collections.abc import Sequence
from itertools import combinations, product
from statistics import NormalDist

import msgspec

from engine.drift.aliasing import Combination
from engine.drift.interval import ALPHA

FULL = 4
"""Elements up to which every combination is run."""

WATCHED = 2.5
"""How many times as many runs the e-value takes to the same power of .8 as a test at one look:
measured at differences from .2 to .5, it was 2.2 to 2.6."""

_GENERATORS: dict[int, tuple[str, ...]] = {
    5: ("ABCD",),
    6: ("ABC", "BCD"),
    7: ("ABC", "BCD", "ACD"),
    8: ("BCD", "ACD", "ABC", "ABD"),
}
"""By number of elements: what each beyond the first four is the product of, as letters of those."""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """A factorial, before it starts."""

    elements: tuple[str, ...]
    """Those that are switched, in the order in which they were given."""
    always: tuple[str, ...]
    """Those that are on throughout."""
    rows: tuple[tuple[str, ...], ...]
    """The element sets to run, those that are always on included."""
    generators: tuple[str, ...]
    """How the fraction is made, in words; empty for a full factorial."""
    resolution: int | None
    """Of the fraction; none for a full factorial."""
    aliases: tuple[tuple[Combination, ...], ...]
    """Groups of main effects and interactions of two that cannot be told from one another."""

    def runs(self, n: int, tasks: int = 1) -> int:
        """How many runs it takes, with n of each combination on each task."""
        return len(self.rows) * n * tasks

    def needed(
        self,
        difference: float,
        *,
        tasks: int = 1,
        power: float = 0.8,
        alpha: float = ALPHA,
        watched: bool = False,
    ) -> int:
        """The n that shows an element's effect of this size in probability, at one look.

        By the normal approximation at rates around one half, where it takes most; half of all runs
        have the element and half have not. `watched`: with an e-value, at any look.

        Raises `ValueError` for a difference or power that is not between 0 and 1.
        """
        if not 0 < difference < 1 or not 0 < power < 1:
            raise ValueError(f"a difference of {difference} at power {power}: both lie in (0, 1)")
        normal = NormalDist()
        reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
        each_side = reach**2 * (0.5 - difference**2 / 2) / difference**2
        more = WATCHED if watched else 1.0
        return max(1, math.ceil(2 * each_side * more / (len(self.rows) * tasks)))

    @property
    def sentence(self) -> str:
        """What is run, and what it can tell."""
        every = 2 ** len(self.elements)
        if self.resolution is None:
            return (
                f"All {every} combinations of {_named(self.elements)}: every effect can be told "
                "from every other."
            )
        share = f"{len(self.rows)} of the {every} combinations of {_named(self.elements)}"
        hidden = (
            "main effects and interactions of two can all be told apart, if those of three are none"
            if not self.aliases
            else "main effects can be told apart; "
            + "; ".join(_cannot(group) for group in self.aliases)
        )
        return f"{share} (resolution {_ROMAN[self.resolution]}): {hidden}."


def factorial(elements: Sequence[str], always: Sequence[str] = ()) -> Design:
    """The design for these elements: full up to `FULL` of them, a fraction above.

    The first four are switched freely. Raises `ValueError` for no element, for one named twice or
    also always on, and for more than eight.
    """
    chosen = tuple(elements)
    most = max(_GENERATORS)
    if not chosen or len({*chosen, *always}) < len(chosen) + len(always):
        raise ValueError("a factorial needs at least one element, and each of them once")
    if len(chosen) > most:
        raise ValueError(f"{len(chosen)} elements: a factorial of more than {most} is not planned")
    letters = dict(zip("ABCD", chosen, strict=False))
    generators = _GENERATORS.get(len(chosen), ())
    made = {
        name: tuple(letters[letter] for letter in word)
        for name, word in zip(chosen[FULL:], generators, strict=True)
    }
    defining = _defining(made)
    return Design(
        elements=chosen,
        always=tuple(always),
        rows=tuple(
            (*always, *(name for name in chosen if switched[name]))
            for switched in _switched(chosen[:FULL], made)
        ),
        generators=tuple(_in_words(name, of) for name, of in made.items()),
        resolution=min(map(len, defining), default=None),
        aliases=_aliases(chosen, defining),
    )


def _switched(free: Sequence[str], made: dict[str, tuple[str, ...]]) -> list[dict[str, bool]]:
    rows = []
    for values in product((False, True), repeat=len(free)):
        row = dict(zip(free, values, strict=True))
        for name, of in made.items():
            # A product of signs: plus where an even number of them is minus.
            row[name] = sum(not row[each] for each in of) % 2 == 0
        rows.append(row)
    return rows


def _defining(made: dict[str, tuple[str, ...]]) -> list[frozenset[str]]:
    """The words that are constant over the fraction: every product of the generators' words."""
    words = [frozenset((name, *of)) for name, of in made.items()]
    found = []
    for size in range(1, len(words) + 1):
        for several in combinations(words, size):
            word: frozenset[str] = frozenset()
            for each in several:
                word ^= each
            found.append(word)
    return found


def _aliases(
    elements: Sequence[str], defining: Sequence[frozenset[str]]
) -> tuple[tuple[Combination, ...], ...]:
    terms: list[Combination] = [(name,) for name in elements]
    terms += combinations(elements, 2)
    groups: list[tuple[Combination, ...]] = []
    placed: set[Combination] = set()
    for term in terms:
        if term in placed:
            continue
        same = [other for other in terms if frozenset(term) ^ frozenset(other) in defining]
        if same:
            groups.append((term, *same))
            placed.update(same)
    return tuple(groups)


_ROMAN = {3: "III", 4: "IV", 5: "V", 6: "VI"}


def _in_words(name: str, of: Sequence[str]) -> str:
    parity = "an even" if len(of) % 2 == 0 else "an odd"
    return f"{name} is on where {parity} number of {_named(of)} is"


def _cannot(group: Sequence[Combination]) -> str:
    first, *others = ("×".join(term) for term in group)
    return f"{first} cannot be told from {' or '.join(others)}"


def _named(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
