import pytest

from engine.prefix import shared_prefix


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ((), (), 0),
        ((), (1,), 0),
        ((1, 2, 3), (1, 2, 3), 3),
        ((1, 2), (1, 2, 3), 2),
        ((1, 2, 3), (1, 9, 3), 1),
        ((9, 2), (1, 2), 0),
    ],
)
def test_the_leading_items_that_are_equal_are_counted(
    one: tuple[int, ...], other: tuple[int, ...], shared: int
) -> None:
    assert shared_prefix(one, other) == shared
    assert shared_prefix(other, one) == shared
    assert shared_prefix(list(one), other) == shared
