"""Near-ties and real differences."""

import pytest

from engine.rerun.noise import NOISE, bound, explains


@pytest.mark.parametrize(
    ("behind", "then", "now", "near"),
    [
        (0.0001, -1.0, -1.0001, True),
        (0.5, -1.0, -1.0, False),
        (0.0001, -1.0, -3.0, False),
        (None, -1.0, -1.0, False),
        (0.0001, None, None, True),
    ],
)
def test_a_near_tie_misses_by_little_and_is_as_likely_as_it_was(
    behind: float | None, then: float | None, now: float | None, near: bool
) -> None:
    assert explains(bound("float32", "float32"), behind, then, now)[0] is near


def test_the_coarser_format_decides_what_rounding_may_explain() -> None:
    assert bound("float32", "bfloat16") == NOISE["bfloat16"] > bound("float32", "float32")
    assert bound("none", "none") == 0.0
