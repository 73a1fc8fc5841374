"""A report as one HTML file: no scripts, nothing fetched, readable in the light, the dark and print.

Every text passes `clean` and is escaped on its way in; beside that a policy in the page forbids
scripts and requests, whatever text got there.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape

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
    SpanKind,
    Table,
)
from console.safe import clean

_TAGS: dict[SpanKind, tuple[str, str]] = {
    "plain": ("", ""),
    "code": ("<code>", "</code>"),
    "strong": ("<strong>", "</strong>"),
    "quiet": ("<small>", "</small>"),
}

_PAGE = """\
:root { color-scheme: light dark; --ink: #1c2024; --quiet: #5b636b; --rule: #d5d9dd;
  --paper: #fff; --shade: #f4f6f7; --link: #0060a8; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --quiet: #a0a8b0;
  --rule: #3a4149; --paper: #16191d; --shade: #20252b; --link: #6cb8f5; } }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: var(--ink);
  background: var(--paper); margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .6rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.08rem; margin: 1.9rem 0 .4rem; }
p, ul { max-width: 52rem; margin: .5rem 0; }
.lead, small, caption, figcaption { color: var(--quiet); }
a { color: var(--link); }
code, pre { font: .875em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { overflow-wrap: break-word; }
td code { overflow-wrap: normal; }
.number { white-space: nowrap; }
th.number { white-space: normal; }
pre { background: var(--shade); padding: .7rem .9rem; border-radius: 6px; margin: .4rem 0;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; }
caption { caption-side: bottom; text-align: left; padding-top: .4rem; }
th, td { padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
th { vertical-align: bottom; font-weight: 600; }
.number { text-align: right; }
figure { margin: 1rem 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { font-size: .875rem; max-width: 52rem; }
details { margin: .35rem 0; }
summary { cursor: pointer; }
details > :not(summary) { margin-left: 1.1rem; }
dl { margin: .5rem 0; display: grid; grid-template-columns: minmax(5rem, max-content) 1fr;
  gap: .15rem .9rem; font-size: .875rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
dd pre { margin: 0; padding: .25rem .6rem; min-height: 1.9em; }
@media print { body { max-width: none; padding: 0; } h2, h3 { break-after: avoid; }
  figure, tr { break-inside: avoid; } details::details-content { content-visibility: visible; } }
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(document: Document, data: Sequence[tuple[str, str, bytes]] = ()) -> Iterator[str]:
    """The page, piece by piece; `data`: files that it carries, as name, MIME type and content."""
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(document.title)}</title>\n<style>\n{_PAGE}</style>\n</head>\n<body>\n"
        f'<h1>{_safe(document.title)}</h1>\n<p class="lead">{_line(document.lead)}</p>\n'
    )
    yield from _blocks(document.blocks)
    if data:
        yield "<h2>Data</h2>\n<p>Within this page, to be saved: "
        yield ", ".join(
            f'<a download="{_safe(name)}" href="data:{mime};base64,{b64encode(content).decode()}">'
            f"{_safe(name)}</a>"
            for name, mime, content in data
        )
        yield ".</p>\n"
    yield "</body>\n</html>\n"


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading(text=text, level=level):
                yield f"<h{level}>{_safe(text)}</h{level}>\n"
            case Paragraph(line=said):
                yield f"<p>{_line(said)}</p>\n"
            case Bullets(items=items):
                yield "<ul>\n"
                yield from (f"<li>{_line(item)}</li>\n" for item in items)
                yield "</ul>\n"
            case Listing(text=text):
                yield f"<pre>{_safe(text)}</pre>\n"
            case Exchange(turns=turns):
                yield "<dl>\n"
                for who, text in turns:
                    shown = f"<pre>{_safe(text)}</pre>" if text else ""
                    yield f"<dt>{_safe(who)}</dt><dd>{shown}</dd>\n"
                yield "</dl>\n"
            case Fold(summary=summary, blocks=inner):
                yield f"<details>\n<summary>{_safe(summary)}</summary>\n"
                yield from _blocks(inner)
                yield "</details>\n"
            case Table():
                yield from _table(block)
            case Figure(name=name, drawing=drawing, caption=caption):
                yield f"<figure>\n{drawing.svg(name, alone=False)}\n"
                yield f"<figcaption>{_safe(caption)}</figcaption>\n</figure>\n"


def _table(table: Table) -> Iterator[str]:
    classes = [' class="number"' if column.numbers else "" for column in table.columns]
    yield '<div class="wide"><table>\n'
    if table.caption:
        yield f"<caption>{_safe(table.caption)}</caption>\n"
    heads = (
        f'<th scope="col"{kind}>{_safe(column.name)}</th>'
        for column, kind in zip(table.columns, classes, strict=True)
    )
    yield f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n"
    for row in table.rows:
        cells = (f"<td{kind}>{_line(cell)}</td>" for cell, kind in zip(row, classes, strict=True))
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody>\n</table></div>\n"


def _line(said: Line) -> str:
    return "".join(_span(span) for span in said)


def _span(span: Span) -> str:
    opening, closing = _TAGS[span.kind]
    text = _safe(span.text)
    if span.kind == "code":
        # Names of configs are long, and better broken between elements than anywhere.
        text = text.replace("+", "+<wbr>")
    return f"{opening}{text}{closing}"


def _safe(text: str) -> str:
    return escape(clean(text))
