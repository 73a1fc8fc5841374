"""Which effects a set of runs can tell apart: those whose columns are independent.

Where one column is made of others, no number of runs tells their effects apart; the effect that is
estimated is that of all of them together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod
from typing import TypeAlias

import msgspec

Combination: TypeAlias = tuple[str, ...]
"""One element, or several together."""

_NONE = 1e-8


class Aliasing(msgspec.Struct, frozen=True):
    """What can be told, and what hides in what."""

    kept: tuple[Combination, ...]
    """Terms that are independent of those before them."""
    partners: dict[Combination, tuple[Combination, ...]]
    """For each term, those that it cannot be told from; empty where it stands alone."""


def code(elements: Collection[str], term: Combination) -> float:
    """A term's value where these elements are on: +½ and −½, and their products for several.

    So coded, a coefficient is the difference between with and without, at the average of the rest.
    """
    return prod(0.5 if name in elements else -0.5 for name in term)


def levels(tasks: Sequence[int]) -> list[list[float]]:
    """A row's tasks as columns, [rows, tasks]: each task has a level of its own."""
    every = sorted(set(tasks))
    return [[float(task == level) for level in every] for task in tasks]


def aliasing(
    base: Sequence[Sequence[float]],
    rows: Sequence[Collection[str]],
    terms: Sequence[Combination],
) -> Aliasing:
    """Which terms can be told from those before them and from the base's columns.

    `base`: [rows, columns], always in the model; `rows`: the elements that are on in each.
    """
    import numpy as np

    columns = np.asarray(base, dtype=np.float64)
    fixed = columns.shape[1]
    kept: list[Combination] = []
    partners: dict[Combination, list[Combination]] = {term: [] for term in terms}
    for term in terms:
        column = np.asarray([code(on, term) for on in rows])
        made_of = np.linalg.lstsq(columns, column, rcond=None)[0]
        if np.abs(columns @ made_of - column).max() > _NONE:
            columns = np.column_stack([columns, column])
            kept.append(term)
            continue
        for other, share in zip(kept, made_of[fixed:], strict=True):
            if abs(share) > _NONE:
                partners[term].append(other)
                partners[other].append(term)
    return Aliasing(tuple(kept), {term: tuple(found) for term, found in partners.items()})
