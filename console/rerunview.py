"""What re-running came to, as lines to be read: on the command line and on the screen alike."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from console.safe import clean, clean_line
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
    "identical": ("✓", "identical", "bold green"),
    "near-tie": ("≈", "near-tie", "bold yellow"),
    "different": ("✗", "different", "bold red"),
    "nothing": ("∅", "nothing to compare", "dim"),
}
"""Glyph, word and style of each verdict."""
SHOWN_DIVERGENCES = 8
"""More of them are counted, not told."""
_HASH = 12


def headline(found: Verification) -> Text:
    """The verdict in one line."""
    glyph, word, style = VERDICTS[found.verdict]
    turns = len({turn.turn for turn in found.turns})
    line = Text.assemble((f"{glyph} {word}", style), f"  {found.session}")
    line.append(f"  {number(found.tokens, 'token')} in {number(turns, 'turn')}", "dim")
    if found.divergences:
        line.append(f", {number(len(found.divergences), 'divergence')}", style)
    line.append(f", {duration(found.took)}", "dim")
    return line


def verification(found: Verification) -> Iterator[Text]:
    """Everything that was found, line by line."""
    yield headline(found)
    for note in found.notes:
        yield Text(f"  · {clean_line(note)}", "dim")
    first = next((turn for turn in found.turns if not turn.identical), None)
    if first is not None:
        yield from _first(first)
    rest = found.divergences[1:]
    if rest:
        yield Text(f"  then, each with all before it as recorded ({len(rest)} more):")
    for divergence in rest[:SHOWN_DIVERGENCES]:
        yield _divergence(divergence)
    if len(rest) > SHOWN_DIVERGENCES:
        yield Text(f"    … and {len(rest) - SHOWN_DIVERGENCES} others; --json tells all", "dim")
    if found.deviation:
        yield Text(
            f"  log-probabilities of equal tokens differ by at most {found.deviation:.2g}", "dim"
        )
    yield from provenance(found.provenance)
    if found.world is not None:
        yield from world(found.world, found.commands)


def provenance(differences: Sequence[ProvenanceDifference]) -> Iterator[Text]:
    """What is not what it was, about who answers."""
    if differences:
        yield Text("  what is not as it was recorded:")
    for each in differences:
        yield Text(f"    {each.what:<13} {_short(each.recorded)} → {_short(each.now)}")


def world(differences: Sequence[WorldDifference], commands: int) -> Iterator[Text]:
    """What a shell did otherwise."""
    real = [each for each in differences if not each.volatile]
    told = f"  shell: {number(commands, 'command')} done again, "
    if not differences:
        yield Text(f"{told}all with the same output", "green")
        return
    yield Text(
        f"{told}{len(real)} came out otherwise, "
        f"{len(differences) - len(real)} only in times and numbers",
        "yellow" if real else "dim",
    )
    for each in differences:
        style = "dim" if each.volatile else ""
        yield Text(
            f"    turn {each.turn}  $ {clean_line(each.what)}  {clean_line(each.why)}", style
        )
        for mark, text in (("−", each.before), ("+", each.now)):
            for line in text.splitlines()[:4]:
                yield Text(f"      {mark} {clean_line(line)}", style)


def token(told: Token) -> str:
    """A token in quotation marks, or how the completion ended."""
    if told.id is None:
        return f"the end ({told.text})" if told.text else "the end"
    return f"“{clean(told.text).replace(chr(10), '␤')}”"


def _first(turn: TurnFinding) -> Iterator[Text]:
    if turn.prompt is not None:
        yield Text(
            f"  turn {turn.turn}: the prompt itself differs from id {turn.prompt.at} on "
            f"({turn.prompt.recorded} ids then, {turn.prompt.now} now): see tokenizer and template",
            "bold red",
        )
    if not turn.divergences:
        return
    yield Text("  first divergence:")
    yield _divergence(turn.divergences[0])
    if turn.continuation is not None:
        yield from _continuation(turn.continuation)


def _divergence(each: Divergence) -> Text:
    glyph, word, style = VERDICTS["near-tie" if each.near_tie else "different"]
    line = Text.assemble(
        f"    turn {each.turn}, token {each.position}: ", (f"{glyph} {word}", style)
    )
    line.append(f"  recorded {token(each.recorded)}{_likely(each.recorded)}")
    if each.recorded_now is not None:
        line.append(f", now {each.recorded_now:.3f}")
    line.append(f"; now {token(each.now)}{_likely(each.now)}")
    line.append(f"; {each.why}", "dim")
    return line


def _continuation(told: Continuation) -> Iterator[Text]:
    for name, tokens, reason in (
        ("recorded", told.recorded, told.recorded_reason or "broken off"),
        ("now", told.now, told.now_reason),
    ):
        text = clean("".join(each.text for each in tokens)).replace("\n", "␤")
        yield Text.assemble(f"      {name:<9}", (text, "bold"), (f" ⟨{reason}⟩", "dim"))


def _likely(told: Token) -> str:
    return "" if told.logprob is None else f" {told.logprob:.3f}"


def _short(value: str) -> str:
    """A value, a hash by its beginning."""
    if len(value) == 64 and all(each in "0123456789abcdef" for each in value):
        return value[:_HASH]
    return clean_line(value) or "unknown"
