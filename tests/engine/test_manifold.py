"""Where a line of a completion is no command any more."""

import pytest

from engine.manifold import gone, stayings, stays


@pytest.mark.parametrize(
    "line",
    [
        "",
        "un",
        "uname",
        "uname -",
        "grep -rn 'what is the",
        'echo "this is a sentence with the',
        "X=1",
        "cat /etc/os-rel",
    ],
)
def test_the_beginning_of_a_command_can_become_one(line: str) -> None:
    assert stays(line)


@pytest.mark.parametrize(
    "line", ["The", "Here's a breakdown", "I'm sorry, but", "sudo is available"]
)
def test_the_beginning_of_prose_cannot(line: str) -> None:
    assert not stays(line)


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (("ls", " -l"), None),
        (("The", " files", " are", " here."), 0),
        (("sudo", " is", " available", " to all of the users."), 2),
        (("echo", ' "', "the", " files", " are", ' here"'), None),
        (("make", " all", " -j4"), None),
        (("for", " f", " in", " *; do cat $f; done"), None),
        (("<think>", "The files are here.", "</think>", "ls"), None),
        (("# the files are here", "\n", "ls"), None),
        (("ls", "\n", "The", " files", " are", " here."), 2),
    ],
)
def test_a_line_left_where_it_reads_as_none_to_its_end(
    texts: tuple[str, ...], left: int | None
) -> None:
    found = [one for one in map(gone, stayings(texts)) if one]
    assert (found[0].position if found else None) == left
