import pytest

from console.panes.layout import PANES, Box, Layout, PaneName, arrange

SIZES = [(80, 24), (99, 40), (120, 29), (100, 30), (120, 40), (160, 46), (200, 60), (300, 100)]


def cells(box: Box) -> set[tuple[int, int]]:
    """The cells inside a box's borders."""
    return {(x, y) for x in range(box.x + 1, box.right) for y in range(box.y + 1, box.bottom)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("drawn", PANES)
def test_panes_cover_the_screen_between_header_and_footer_and_never_overlap(
    size: tuple[int, int], drawn: PaneName
) -> None:
    width, height = size
    layout = arrange(width, height, drawn)
    inside: set[tuple[int, int]] = set()
    borders: set[tuple[int, int]] = set()
    for box in layout.boxes.values():
        assert not inside & cells(box)
        inside |= cells(box)
        whole = {(x, y) for x in range(box.x, box.right + 1) for y in range(box.y, box.bottom + 1)}
        borders |= whole - cells(box)
    assert not inside & borders
    assert inside | borders == {(x, y) for x in range(width) for y in range(1, height - 1)}


def test_a_narrow_screen_keeps_the_shell_and_one_other_pane() -> None:
    for drawn in PANES:
        layout = arrange(80, 24, drawn)
        other: PaneName = drawn if drawn != "shell" else "stderr"
        assert set(layout.boxes) == {"shell", other}
        assert layout.sharing == ("stderr", "priming", "stages", "tally")
        assert layout.boxes["shell"].height >= 12


@pytest.mark.parametrize("size", [(100, 30), (120, 40), (200, 60)])
def test_a_wide_screen_has_every_pane_at_once(size: tuple[int, int]) -> None:
    layout = arrange(*size, front="stderr")
    assert set(layout.boxes) == set(PANES)
    assert layout.sharing == ()


def test_stages_are_a_line_at_middle_size_and_a_table_at_large() -> None:
    assert arrange(120, 40, "stderr").boxes["stages"].height == 3
    assert arrange(200, 60, "stderr").boxes["stages"].height > 10


def test_one_pane_alone_has_the_whole_frame() -> None:
    assert arrange(120, 40, "stderr", alone="tally") == Layout({"tally": Box(0, 1, 120, 38)})
