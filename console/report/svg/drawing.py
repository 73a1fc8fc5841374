"""A drawing: shapes and words by class, written as SVG that a page may hold or that stands alone.

Colours come from the style sheet, by class, so that a page in the dark has them too; every mark has a
shape or a dash of its own besides. Lengths are CSS pixels.
"""

from collections.abc import Iterable, Sequence
from string import Template
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from console.safe import clean_line

Anchor: TypeAlias = Literal["start", "middle", "end"]

FONT = 12.0
"""Size of words."""
SMALL = 10.5
"""Size of numbers at axes."""

SLANT = 50
"""Degrees by which words at narrow columns rise."""

_SHAPES = """\
.drawing text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
.drawing .small { font-size: 10.5px; }
.drawing .strong { font-weight: 600; }
.drawing .rule, .drawing .axis, .drawing .nought, .drawing .line { fill: none; }
.drawing .nought { stroke-dasharray: 3 3; }
.drawing .line { stroke-width: 2; }
.drawing .thin { stroke-width: 1; }
.drawing .dashed { stroke-dasharray: 5 3; }
.drawing .hollow { stroke-width: 2; }
.drawing .band-good, .drawing .band-bad { opacity: .17; }
"""

_COLOURS = """\
.drawing text, .drawing .on { fill: $ink; }
.drawing .nought { stroke: $ink; }
.drawing .quiet { fill: $quiet; }
.drawing .axis { stroke: $quiet; }
.drawing .rule { stroke: $rule; }
.drawing .off { fill: $rule; }
.drawing .good { stroke: $good; }
.drawing .bad { stroke: $bad; }
.drawing .open { stroke: $open; }
.drawing .broke { stroke: $broke; }
.drawing .full-good, .drawing .band-good { fill: $good; }
.drawing .full-bad, .drawing .band-bad { fill: $bad; }
.drawing .hollow, .drawing .paper { fill: $paper; }
"""

_LIGHT = {
    "ink": "#1c2024",
    "quiet": "#5b636b",
    "rule": "#d5d9dd",
    "good": "#0060a8",
    "bad": "#c2410c",
    "open": "#6b7280",
    "broke": "#8f1d6f",
    "paper": "#ffffff",
}
_DARK = {
    "ink": "#e6e8ea",
    "quiet": "#a0a8b0",
    "rule": "#3a4149",
    "good": "#6cb8f5",
    "bad": "#ff9a57",
    "open": "#98a1ab",
    "broke": "#f08cd2",
    "paper": "#16191d",
}

# Colours stand in each rule and not in variables, which many programs that draw SVG do not know.
STYLE = (
    f"{_SHAPES}{Template(_COLOURS).substitute(_LIGHT)}"
    f"@media screen and (prefers-color-scheme: dark) {{\n"
    f"{Template(_COLOURS).substitute(_DARK)}}}\n"
)
"""What the classes look like, on paper and on a screen in the light or in the dark."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}/\\ -·`\"")
_WIDE = frozenset("mwMWQO@%—▣▢…+=<>×")


def width_of(text: str, size: float = FONT) -> float:
    """About how wide a text is drawn, rather more than less: fonts differ from reader to reader."""
    return size * sum(
        0.36 if each in _NARROW else 0.9 if each in _WIDE or ord(each) > 0x2E7F else 0.62
        for each in text
    )


def cut(text: str, room: float, size: float = FONT) -> str:
    """The text, or as much of its beginning as has room, with `…`."""
    if width_of(text, size) <= room:
        return text
    while text and width_of(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def folded(name: str, room: float, size: float = FONT) -> tuple[str, ...]:
    """A config's name in two lines at most, broken before a `+` where it is too long for one."""
    if width_of(name, size) <= room:
        return (name,)
    words = name.split("+")
    first = words[0]
    used = 1
    while used < len(words) and width_of(f"{first}+{words[used]}", size) <= room:
        first = f"{first}+{words[used]}"
        used += 1
    rest = "+".join(words[used:])
    if not rest:
        return (cut(name, room, size),)
    return (cut(first, room, size), cut(f"+{rest}", room, size))


class Drawing:
    """Collects marks; `svg` writes them."""

    def __init__(self, width: float, height: float, *, title: str, description: str) -> None:
        """`title` and `description` are read out to those who do not see it."""
        self.width = width
        self.height = height
        self.title = clean_line(title)
        self.description = clean_line(description)
        self.words: list[tuple[float, float, float, float, str]] = []
        """Every text's box, `left, top, right, bottom`, and the text."""
        self._marks: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line."""
        self._marks.append(
            f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'
        )

    def text(self, x: float, y: float, said: str, kind: str = "", anchor: Anchor = "start") -> None:
        """Words on the base line y."""
        said = clean_line(said)
        size = SMALL if "small" in kind else FONT
        wide = width_of(said, size)
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        self.words.append((left, y - size * 0.8, left + wide, y + size * 0.25, said))
        kinds = f' class="{kind}"' if kind else ""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._marks.append(f'<text{kinds} x="{_n(x)}" y="{_n(y)}"{where}>{escape(said)}</text>')

    def slanted(self, x: float, y: float, said: str, kind: str = "") -> None:
        """Words that rise to the right from a point, for the head of a narrow column."""
        said = clean_line(said)
        kinds = f' class="{kind}"' if kind else ""
        where = f'transform="translate({_n(x)} {_n(y)}) rotate({-SLANT})"'
        self._marks.append(f"<text{kinds} {where}>{escape(said)}</text>")

    def circle(self, x: float, y: float, radius: float, kind: str) -> None:
        """A circle by its middle."""
        self._marks.append(f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def path(self, steps: Iterable[str], kind: str) -> None:
        """A path of SVG's steps; nothing where there are none."""
        joined = "".join(steps)
        if joined:
            self._marks.append(f'<path class="{kind}" d="{joined}"/>')

    def polyline(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        self.path(_through(points), kind)

    def polygon(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A surface with these corners."""
        if points:
            self.path((*_through(points), "z"), kind)

    def svg(self, name: str, *, alone: bool) -> str:
        """The drawing with its style; `name` keeps its ids apart on a page, `alone` gives it paper."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" '
            f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" '
            f'width="{_n(self.width)}" height="{_n(self.height)}" '
            f"aria-labelledby={quoteattr(f'{name}-title {name}-words')}>"
        )
        return "\n".join(
            (
                head,
                f"<title id={quoteattr(f'{name}-title')}>{escape(self.title)}</title>",
                f"<desc id={quoteattr(f'{name}-words')}>{escape(self.description)}</desc>",
                f"<style>\n{STYLE}</style>",
                *((_PAPER,) if alone else ()),
                *self._marks,
                "</svg>",
            )
        )


_PAPER = '<rect class="paper" width="100%" height="100%"/>'


def _through(points: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    return tuple(f"{'L' if at else 'M'}{_n(x)} {_n(y)}" for at, (x, y) in enumerate(points))


def _n(value: float) -> str:
    """A length, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
