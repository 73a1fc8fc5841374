"""What re-running came to, as lines to be read: on the command line and on the screen alike."""

from collections.abc import Iterator, Sequence

from console.safe import clean, clean_line
from console.view.line import Line, Piece, line
from engine.figures import duration, number
from engine.rerun.finding import (
    Continuation,
    Divergence,
    ProvenanceDifference,
    Token,
    TurnFinding,
    Verification,
)
from engine.start import WorldDifference

VERDICTS = {
    "identical": ("✓", "identical", "good"),
    "near-tie": ("≈", "near-tie", "warn"),
    "different": ("✗", "different", "bad"),
    "nothing": ("∅", "nothing to compare", "note"),
}
"""Glyph, word and style of each verdict."""
SHOWN_DIVERGENCES = 8
"""More of them are counted, not told."""
_HASH = 12


def headline(found: Verification) -> Line:
    """The verdict in one line."""
    glyph, word, style = VERDICTS[found.verdict]
    turns = len({turn.turn for turn in found.turns})
    pieces = [
        Piece(f"{glyph} {word}", style),
        Piece(f"  {found.session}"),
        Piece(f"  {number(found.tokens, 'token')} in {number(turns, 'turn')}", "note"),
    ]
    if found.divergences:
        pieces.append(Piece(f", {number(len(found.divergences), 'divergence')}", style))
    pieces.append(Piece(f", {duration(found.took)}", "note"))
    return Line(tuple(pieces))


def verification(found: Verification) -> Iterator[Line]:
    """Everything that was found, line by line."""
    yield headline(found)
    for note in found.notes:
        yield line((f"  · {clean_line(note)}", "note"), indent=4)
    first = next((turn for turn in found.turns if not turn.identical), None)
    if first is not None:
        yield from _first(first)
    rest = found.divergences[1:]
    if rest:
        yield line(f"  then, each with all before it as recorded ({len(rest)} more):")
    for divergence in rest[:SHOWN_DIVERGENCES]:
        yield _divergence(divergence)
    if len(rest) > SHOWN_DIVERGENCES:
        others = len(rest) - SHOWN_DIVERGENCES
        yield line((f"    … and {others} others; `verify --json` tells all", "note"))
    if found.deviation:
        words = f"log-probabilities of equal tokens differ by at most {found.deviation:.2g}"
        yield line((f"  {words}", "note"), indent=2)
    yield from provenance(found.provenance)
    if found.world is not None:
        yield from world(found.world, found.commands)


def provenance(differences: Sequence[ProvenanceDifference]) -> Iterator[Line]:
    """What is not what it was, about who answers."""
    if differences:
        yield line("  what is not as it was recorded:")
    for each in differences:
        yield line(f"    {each.what:<13} {_short(each.recorded)} → {_short(each.now)}", indent=18)


def world(differences: Sequence[WorldDifference], commands: int) -> Iterator[Line]:
    """What a shell did otherwise."""
    real = [each for each in differences if not each.volatile]
    told = f"  shell: {number(commands, 'command')} done again, "
    if not differences:
        yield line((f"{told}all with the same output", "good"))
        return
    volatile = len(differences) - len(real)
    words = f"{told}{len(real)} came out otherwise, {volatile} only in times and numbers"
    yield line((words, "warn" if real else "note"))
    for each in differences:
        style = "note" if each.volatile else "text"
        head = f"    turn {each.turn}  $ {clean_line(each.what)}  {clean_line(each.why)}"
        yield line((head.rstrip(), style), indent=6)
        for mark, text in (("−", each.before), ("+", each.now)):
            for shown in text.splitlines()[:4]:
                yield line((f"      {mark} {clean_line(shown)}", style), indent=8)


def token(told: Token, *, ids: bool = False) -> str:
    """A token in quotation marks, with its id where the text does not tell it; or how it ended."""
    if told.id is None:
        return f"the end ({told.text})" if told.text else "the end"
    text = clean(told.text).replace("\n", "␤")
    return f"“{text}” (id {told.id})" if ids else f"“{text}”"


def _first(turn: TurnFinding) -> Iterator[Line]:
    if turn.prompt is not None:
        words = (
            f"  turn {turn.turn}: the prompt itself differs from id {turn.prompt.at} on "
            f"({turn.prompt.recorded} ids then, {turn.prompt.now} now)"
        )
        yield line((words, "bad"), indent=4)
    if not turn.divergences:
        return
    yield line("  first divergence:")
    yield _divergence(turn.divergences[0])
    if turn.continuation is not None:
        yield from _continuation(turn.continuation)


def _divergence(each: Divergence) -> Line:
    glyph, word, style = VERDICTS["near-tie" if each.near_tie else "different"]
    alike = each.recorded.text == each.now.text
    then = f", now {each.recorded_now:.3f}" if each.recorded_now is not None else ""
    return line(
        f"    turn {each.turn}, token {each.position}: ",
        (f"{glyph} {word}", style),
        f"  recorded {token(each.recorded, ids=alike)}{_likely(each.recorded)}{then}",
        f"; now {token(each.now, ids=alike)}{_likely(each.now)}",
        (f"; {each.why}", "note"),
        indent=6,
    )


def _continuation(told: Continuation) -> Iterator[Line]:
    for name, tokens, reason in (
        ("recorded", told.recorded, told.recorded_reason or "broken off"),
        ("now", told.now, told.now_reason),
    ):
        text = clean("".join(each.text for each in tokens)).replace("\n", "␤")
        yield line(f"      {name:<9}", (text, "heading"), (f" ⟨{reason}⟩", "note"), indent=15)


def _likely(told: Token) -> str:
    return "" if told.logprob is None else f" {told.logprob:.3f}"


def _short(value: str) -> str:
    """A value, a hash by its beginning."""
    if len(value) == 64 and all(each in "0123456789abcdef" for each in value):
        return value[:_HASH]
    return clean_line(value) or "unknown"
