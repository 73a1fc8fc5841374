"""Sessions in other forms, pictures of a moment among them, and the files they go to."""

import asyncio
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest

from console.exporting import FORMATS, SUFFIXES, WORDS, Request, export
from console.moment import Moment
from console.svg import svg
from engine.errors import DrifttyError
from engine.events import AnyEvent, ShellWrote
from sessions.library import Library
from tests.console.cli.test_sessions import record
from tests.console.open import spec
from tests.console.story import clean, drifting
from tests.sessions.made import begin, end, make_session

SVG = "{http://www.w3.org/2000/svg}"


def picture(events: list[AnyEvent], request: Request) -> ET.Element:
    """The picture of a recorded session, parsed as XML."""
    (session,) = record(events)
    made = asyncio.run(export(session, msgspec.structs.replace(request, form="svg")))
    return ET.fromstring(b"".join(made.pieces))


def words(drawn: ET.Element) -> str:
    """Everything written in a picture, row by row."""
    rows: dict[float, str] = {}
    for text in drawn.iter(f"{SVG}text"):
        rows[float(text.attrib["y"])] = rows.get(float(text.attrib["y"]), "") + (text.text or "")
    return "\n".join(rows.values())


def test_every_form_has_a_suffix_and_a_word_and_is_made() -> None:
    (session,) = record(make_session("a"))
    assert set(FORMATS) == set(SUFFIXES) == set(WORDS)
    for form in FORMATS:
        made = asyncio.run(export(session, Request(form=form)))
        whole = b"".join(made.pieces)
        assert whole.startswith(b"\x89PNG") if form == "png" else b"hostname" in whole
        assert made.secrets == []


def test_a_picture_of_the_end_shows_the_shell_and_what_the_operator_wrote() -> None:
    shown = words(picture(drifting(spec()), Request()))
    for part in ("uname -r", "6.1.0-18-amd64", "SHELL", "STDERR", "▲ drift", "turn 3 of 3"):
        assert part in shown


def test_a_picture_of_a_turn_knows_nothing_of_later_ones() -> None:
    shown = words(picture(drifting(spec()), Request(turn=1)))
    assert "6.1.0-18-amd64" in shown
    assert "kernel-relase" not in shown
    assert "turn 1 of 3" in shown
    assert "▲" not in shown


def test_a_picture_of_a_time_is_of_that_time() -> None:
    events = clean(spec())
    submitted = next(one.at for one in events if type(one).__name__ == "CommandSubmitted")
    shown = words(picture(events, Request(at=submitted)))
    assert "root@box" in shown
    assert "run.sh" not in shown


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(form="svg", turn=9), "there is no turn 9"),
        (Request(form="svg", at=10**15), "there is no moment after"),
    ],
)
def test_a_moment_that_is_not_there_is_a_sentence(request_: Request, said: str) -> None:
    (session,) = record(drifting(spec()))
    with pytest.raises(DrifttyError, match=said):
        asyncio.run(export(session, request_))


def test_a_picture_needs_nothing_from_anywhere_and_obeys_nobody() -> None:
    hostile = b"</text><script>alert(1)</script>\x1b]8;;http://x.example\x07a\x1b]8;;\x07 \xff<&>"
    drawn = picture([begin("a"), ShellWrote(at=1, data=hostile), end("a")], Request())
    assert {one.tag.removeprefix(SVG) for one in drawn.iter()} == {
        "svg",
        "title",
        "rect",
        "g",
        "text",
    }
    text = ET.tostring(drawn, encoding="unicode")
    assert not re.search(r"href|url\(|@import|onload", text)
    assert "<script>" not in text
    assert "alert(1)" in words(drawn)


def test_colours_and_looks_of_the_terminal_are_kept() -> None:
    coloured = b"\x1b[31mred\x1b[0m \x1b[1;4mloud\x1b[0m \x1b[7mturned\x1b[0m"
    drawn = picture([begin("a"), ShellWrote(at=1, data=coloured), end("a")], Request())
    looks = {(one.text or "").strip(): one.attrib for one in drawn.iter(f"{SVG}text")}
    assert looks["red"]["fill"] != looks["loud"].get("fill")
    assert looks["loud"]["font-weight"] == "bold"
    assert "underline" in looks["loud"]["text-decoration"]
    assert len(list(drawn.iter(f"{SVG}rect"))) == 2  # the ground, and what is turned round


def test_an_empty_picture_is_one() -> None:
    assert ET.fromstring("".join(svg([], 10, "#fff", "#000", "<nothing>"))).tag == f"{SVG}svg"


async def test_a_picture_can_be_had_of_a_session_that_never_had_a_shell() -> None:
    (session,) = await asyncio.to_thread(record, [begin("a"), end("a")])
    async with Library.open() as library:
        made = Moment(await library.find(session))
        pieces = [piece async for event in library.events(session) for piece in made.tell(event)]
    assert ET.fromstring("".join([*pieces, *made.close()])) is not None
