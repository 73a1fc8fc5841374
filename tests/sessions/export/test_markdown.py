"""Markdown: a transcript in which nothing that others wrote becomes markup."""

from collections.abc import Iterable

from console.safe import clean
from engine.events import AnyEvent, CommandSubmitted, PartClosed, ScrollbackGrew
from engine.scrollback import Turn
from sessions.export.markdown import Markdown
from tests.sessions.made import begin, make_session, make_spec


def export(events: Iterable[AnyEvent]) -> str:
    document = Markdown(clean)
    told = [line for event in events for line in document.tell(event)]
    return "".join((*told, *document.close()))


def test_a_session_reads_from_what_was_asked_to_its_end() -> None:
    document = export(make_session("x"))
    parts = [
        "# Session x",
        "operator\\+history",
        "cpu \\(a processor\\)",
        "Seed: 2 turns",
        "## Turn 1",
        "> I ask for the name\\.",
        "```sh\nhostname -s\n```",
        "```text\nbox\n```",
        "## Turn 2",
        "**▲ Drift:** narration",
        "## End",
    ]
    places = [document.index(part) for part in parts]
    assert places == sorted(places)


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    output = Turn(role="user", text="```\n# not a heading\n````\n", origin="shell")
    document = export([begin("x"), ScrollbackGrew(at=1, turn=1, added=output)])
    assert "`````text\n```\n# not a heading\n````\n`````\n" in document


def test_text_in_lines_is_escaped_and_escapes_are_shown() -> None:
    hostile = "# [x](http://y) <script> ![z](w) *b* \x1b[2J"
    document = export(
        [
            begin("x", make_spec(hostile, "")),
            PartClosed(at=1, turn=1, part=0, kind="reasoning", text=hostile, complete=True),
            CommandSubmitted(at=2, turn=1, command=hostile, by="person"),
        ]
    )
    assert "\x1b" not in document
    for line in document.splitlines():
        if line.startswith((">", "-")):
            assert "[x](" not in line
            assert "<script>" not in line
    assert f"```sh\n{clean(hostile)}\n```" in document
    assert "typed by a person" in document
