from collections import Counter
from collections.abc import Sequence

import pytest

from console.keymap import KEYS, Place
from console.panes.rows import RowsPane
from console.screens.help import SCREENS, help_lines
from console.view.line import Line


class Pane(RowsPane):
    """One that has keys of its own."""

    NAME = "RUNS"
    HELP = "What it shows."


def ids(lines: Sequence[Line]) -> Counter[str]:
    """Which keys are named, and how often."""
    known = {key.id for keys in KEYS.values() for key in keys}
    words = ["".join(piece.text for piece in line.pieces).split() for line in lines]
    return Counter(one[-1] for one in words if one and one[-1] in known)


@pytest.mark.parametrize("screen", SCREENS)
def test_every_key_of_a_screen_is_named_once(screen: Place) -> None:
    named = ids(help_lines(None, {"app.help": "f1"}, screen))
    assert named == {**{key.id: 1 for key in KEYS[screen]}, "app.help": 1}


def test_the_keys_of_the_focused_pane_come_first_and_those_of_others_not_at_all() -> None:
    lines = help_lines(Pane(id="runs"), {}, "experiment")
    assert list(ids(lines))[: len(KEYS["runs"])] == [key.id for key in KEYS["runs"]]
    assert not ids(lines).keys() & {key.id for key in KEYS["configs"]}


def test_a_pane_that_is_called_as_its_screen_names_its_keys_once() -> None:
    assert set(ids(help_lines(Pane(id="sessions"), {}, "sessions")).values()) == {1}


def test_of_what_screens_share_only_what_this_one_has_is_named() -> None:
    named = ids(help_lines(None, {"pane.next": "tab"}, "experiment"))
    assert "pane.next" in named
    assert "pane.search" not in named


def test_keys_are_named_as_they_are_set() -> None:
    lines = help_lines(None, {"run.pause": "ctrl+k"}, "operate")
    text = ["".join(piece.text for piece in line.pieces) for line in lines]
    assert any("^K" in one and "run.pause" in one for one in text)
