"""A report as GitHub-flavoured Markdown: tables and text; plots are files of their own beside it.

Untrusted text stands escaped, or in code whose fence is longer than any in it, so that nothing of it
becomes a heading, a link, an image or a tag.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from urllib.parse import quote

from console.report.blocks import (
    Block,
    Bullets,
    Document,
    Exchange,
    Figure,
    Fold,
    Heading,
    Line,
    Listing,
    Paragraph,
    Span,
    Table,
)
from console.safe import clean, clean_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_LIST_LIKE = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")

FigurePath = Callable[[Figure], str]
"""Where a figure lies, relative to the document."""


def markdown(document: Document, figure_path: FigurePath | None = None) -> Iterator[str]:
    """The document, piece by piece; without `figure_path` figures are told by their captions alone."""
    yield f"# {_text(document.title)}\n\n{_line(document.lead)}\n"
    yield from _blocks(document.blocks, figure_path)


def _blocks(blocks: Iterable[Block], figure_path: FigurePath | None) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading(text=text, level=level):
                yield f"\n{'#' * level} {_text(text)}\n"
            case Paragraph(line=said):
                yield f"\n{_line(said)}\n"
            case Bullets(items=items):
                yield "\n" + "".join(f"- {_line(item)}\n" for item in items)
            case Listing(text=text, language=language):
                yield f"\n{_fenced(text, language)}"
            case Exchange(turns=turns):
                for who, text in turns:
                    yield f"\n{_text(who)}\n"
                    if text:
                        yield f"\n{_fenced(text)}"
            case Fold(summary=summary, blocks=inner):
                yield f"\n<details>\n<summary>{_html(summary)}</summary>\n"
                yield from _blocks(inner, figure_path)
                yield "\n</details>\n"
            case Table():
                yield from _table(block)
            case Figure() if figure_path is not None:
                title, path = _text(block.drawing.title), quote(figure_path(block))
                yield f"\n![{title}]({path})\n\n{_text(block.caption)}\n"
            case Figure():
                pass


def _table(table: Table) -> Iterator[str]:
    yield "\n| " + " | ".join(_text(column.name) for column in table.columns) + " |\n"
    yield "|" + "|".join("--:" if column.numbers else "---" for column in table.columns) + "|\n"
    for row in table.rows:
        yield "| " + " | ".join(_line(cell) for cell in row) + " |\n"
    if table.caption:
        yield f"\n{_text(table.caption)}\n"


def _line(said: Line) -> str:
    return _LIST_LIKE.sub(r"\1\\\2", "".join(map(_span, said)))


def _span(span: Span) -> str:
    match span.kind:
        case "code":
            return _inline_code(clean_line(span.text))
        case "strong":
            text = _text(span.text)
            inner = text.strip()
            return text.replace(inner, f"**{inner}**", 1) if inner else text
        case _:
            return _text(span.text)


def _inline_code(text: str) -> str:
    if "|" in text:
        # A bar ends a table's cell even within code; a tag holds it everywhere.
        return f"<code>{escape(text).replace('|', '&#124;')}</code>"
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def _fenced(text: str, language: str = "text") -> str:
    text = clean(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(clean(text).split(" ")).replace("\n", " "))


def _html(text: str) -> str:
    """Within a tag of HTML, where a backslash escapes nothing."""
    return re.sub(r"[\[\]`*_|~!]", lambda found: f"&#{ord(found[0])};", escape(clean_line(text)))
