"""Pictures as PNG: of the right size, with the text in them, or a sentence why not."""

import asyncio
import struct

import pytest

from console import png as drawing
from console.exporting import Request, export
from console.png import ZOOM, png
from console.svg import svg
from engine.errors import DrifttyError
from engine.events import ShellWrote
from tests.console.cli.test_sessions import record
from tests.console.open import spec
from tests.console.story import drifting
from tests.sessions.made import begin, end

PNG = b"\x89PNG\r\n\x1a\n"


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    assert picture.startswith(PNG)
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def picture_of(shown: bytes) -> bytes:
    """A session in which the shell showed this."""
    (session,) = record([begin("a"), ShellWrote(at=1, data=shown), end("a")])
    (picture,) = asyncio.run(export(session, Request(form="png"))).pieces
    return picture


@pytest.fixture
def with_font() -> None:
    if not drawing._has_font():
        pytest.skip("this machine has no monospace font")


@pytest.mark.usefixtures("with_font")
def test_a_moment_is_a_png_twice_the_size_of_its_svg() -> None:
    (session,) = record(drifting(spec()))
    (picture,) = asyncio.run(export(session, Request(form="png", turn=1))).pieces
    text = b"".join(asyncio.run(export(session, Request(form="svg", turn=1))).pieces).decode()
    width, height = (
        float(text.partition(f' {name}="')[2].partition('"')[0]) for name in ("width", "height")
    )
    assert size_of(picture) == (round(width * ZOOM), round(height * ZOOM))


@pytest.mark.usefixtures("with_font")
@pytest.mark.parametrize("shown", [b"ls", "─┐│└".encode(), "漢字".encode(), b"\x1b[41m  \x1b[0m"])
def test_what_the_shell_showed_is_in_the_picture(shown: bytes) -> None:
    assert picture_of(b"$ " + shown) != picture_of(b"$ ")


@pytest.mark.usefixtures("with_font")
def test_no_byte_that_a_shell_can_write_keeps_a_picture_from_being_drawn() -> None:
    hostile = bytes(range(256)) + "\ufffe\uffff\U0010ffff</text>&#0;".encode()
    assert size_of(picture_of(hostile))


def test_a_machine_without_a_font_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.svg.FONT", "'There Is No Such Font'")
    drawing._has_font.cache_clear()
    try:
        with pytest.raises(DrifttyError, match="no monospace font"):
            png("".join(svg([], 10, "#fff", "#000", "nothing")))
    finally:
        drawing._has_font.cache_clear()
