"""What a report is made of, whatever it is written as: headings, paragraphs, tables, figures.

Nothing here is markup. Text from a model, a shell or a file goes into a block as it is, and whoever
writes the blocks makes it safe.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from console.report.svg.drawing import Drawing

SpanKind: TypeAlias = Literal["plain", "code", "strong", "quiet"]


class Span(msgspec.Struct, frozen=True):
    """A stretch of a line in one style."""

    text: str
    kind: SpanKind = "plain"


Line: TypeAlias = tuple[Span, ...]
"""Text within a paragraph or a cell."""
Said: TypeAlias = str | Span | Line
"""What can be made a line of."""


def line(*said: Said) -> Line:
    """One line of several pieces; strings are plain."""
    spans: list[Span] = []
    for each in said:
        if isinstance(each, str):
            spans.append(Span(each))
        elif isinstance(each, Span):
            spans.append(each)
        else:
            spans.extend(each)
    return tuple(spans)


def code(text: str) -> Span:
    """A name that is typed as it stands."""
    return Span(text, "code")


def strong(text: str) -> Span:
    """What a hurried reader should see."""
    return Span(text, "strong")


def quiet(text: str) -> Span:
    """What may be passed over."""
    return Span(text, "quiet")


def listed(items: Sequence[Said], word: str = "and") -> Line:
    """Several things in a sentence: `a, b and c`."""
    if len(items) < 2:
        return line(*items)
    spans = [line(item, ", ") for item in items[:-2]]
    return line(*spans, items[-2], f" {word} ", items[-1])


class Heading(msgspec.Struct, frozen=True):
    """The title of a section."""

    text: str
    level: Literal[2, 3] = 2


class Paragraph(msgspec.Struct, frozen=True):
    """Prose."""

    line: Line


class Bullets(msgspec.Struct, frozen=True):
    """One thing a line."""

    items: tuple[Line, ...]


class Column(msgspec.Struct, frozen=True):
    """The head of a table's column."""

    name: str
    numbers: bool = False
    """Aligned at the right."""


class Table(msgspec.Struct, frozen=True):
    """Rows under their columns; the first cell of a row says what the row is of."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    caption: str = ""


class Listing(msgspec.Struct, frozen=True):
    """Text that is shown as it stands, line by line."""

    text: str
    language: Literal["sh", "toml", "text"] = "text"


class Exchange(msgspec.Struct, frozen=True):
    """Turns of a scrollback or of a run: who, and what, in order."""

    turns: tuple[tuple[str, str], ...]


class Fold(msgspec.Struct, frozen=True):
    """What only some readers open."""

    summary: str
    blocks: "tuple[Block, ...]"


class Figure(msgspec.Struct, frozen=True):
    """A drawing with what it shows in words."""

    name: str
    """Of its file, where it gets one: small letters and hyphens."""
    drawing: Drawing
    caption: str


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Listing | Exchange | Fold | Figure


class Document(msgspec.Struct, frozen=True):
    """A whole report."""

    title: str
    lead: Line
    """What it is of, in a line under the title."""
    blocks: tuple[Block, ...]
