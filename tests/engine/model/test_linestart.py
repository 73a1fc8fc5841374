import pytest

from engine.model.linestart import LineStart
from engine.prompt.parts import PartParser


def places(*pieces: str, opening: str = "") -> list[int]:
    """Before which pieces of a completion a line can begin."""
    start, parser, found = LineStart(), PartParser("whole-turn", opening), []
    for number, piece in enumerate(pieces):
        if start.here:
            found.append(number)
        start.after(piece, tuple(parser.feed(piece)))
    return found


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("un", "ame", " -r"), [0]),
        ((" ", "ls", "\n"), [0, 1]),
        (("<", "think", ">", "I", " look", "</", "think", ">", "\n", "ls"), [0, 8, 9]),
        (("# list", " them", "\n", "ls", " -l"), [0, 3]),
        (("ls", "\n", "pwd"), [0]),
        (("", "é"), [0, 1]),
    ],
)
def test_a_line_can_begin_at_the_start_and_after_reasoning_comments_and_blanks(
    pieces: tuple[str, ...], expected: list[int]
) -> None:
    assert places(*pieces) == expected


def test_reasoning_that_the_prompt_opened_ends_like_any_other() -> None:
    assert places("so", "</think>", "ls", " -l", opening="<think>\n") == [0, 2]
