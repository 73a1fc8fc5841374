"""A completion token by token: how likely each was, what else could have come, where it left commands.

Measured is the model's own probability to be, or to stay, among commands: over the whole vocabulary
where a line of the operator's could begin, and at any later token of a line over what was likeliest
there (`engine.manifold`). The completion left the commands at the first token where a line could begin
and that is below `HALF`, or from which on its line is no command any more; there it is told whether
the model left them, or only the draw.
"""

import math
from typing import NamedTuple

from console.view.inspected import Wrote
from console.view.line import Line, line
from engine.figures import number
from engine.manifold import gone, stayings
from engine.model.protocol import Scored
from engine.model.scored import TokenScore

HALF = 0.5
"""Below it a command is less likely than everything else together."""
BAR = 8
"""Cells of a full bar."""
ALTERNATIVES = 3
"""Shown beside a token, the token itself not among them."""


class Departure(NamedTuple):
    """Where a completion left the commands."""

    position: int
    """Of the token, from 0."""
    command: float | None
    """How likely the model was to go on with a command there; none where nobody asked it."""

    @property
    def drawn(self) -> bool:
        """Whether the draw left them, and not the model."""
        return self.command is not None and self.command >= HALF


class Weighing(NamedTuple):
    """A place where a line could begin."""

    position: int
    """In the completion, from 0."""
    command: float


def weighed(wrote: Wrote, scored: Scored | None) -> tuple[Weighing, ...]:
    """The places where a line could begin: as recorded; else the first token, as scored."""
    if wrote.weighed:
        return tuple(Weighing(*one) for one in sorted(dict(wrote.weighed).items()))
    return (Weighing(0, scored.first.command),) if scored is not None else ()


def departure(
    wrote: Wrote, scored: Scored | None, places: tuple[Weighing, ...]
) -> Departure | None:
    """Where a completion left the commands; none where it did not, or nothing is known."""
    found = [Departure(*one) for one in places if one.command < HALF]
    at = dict(places)
    found += [
        Departure(one.position, at.get(one.position, one.share))
        for one in map(gone, stayings(wrote.texts, scored))
        if one is not None
    ]
    return min(found, key=lambda one: one.position, default=None)


def completion_lines(wrote: Wrote, scored: Scored | None, missing: str) -> list[Line]:
    """A line a token, after what came of it. `missing`: why it is not scored; empty while it is."""
    if not wrote.ids:
        return [line(("Nothing was written yet after this prompt.", "note"))]
    places = weighed(wrote, scored)
    left = departure(wrote, scored, places)
    lines = [_verdict(places, left, wrote), _total(wrote)]
    if scored is None:
        lines.append(line(("… ", "warn"), f"rank, entropy and alternatives: {missing}", indent=2))
    lines += [line(""), line((HEAD if scored else PLAIN, "rule-label"), indent=12)]
    at = {one.position: one.command for one in places}
    shares = {one.position: one.share for each in stayings(wrote.texts, scored) for one in each}
    total = 0.0
    for position, logprob in enumerate(wrote.logprobs):
        total += logprob
        here = left if left is not None and left.position == position else None
        if position in at or here:
            lines.append(_place(at.get(position), here))
        score = scored.tokens[position] if scored and position < len(scored.tokens) else None
        stay = at.get(position, shares.get(position))
        lines.append(_token(wrote, position, total, score, stay))
    for position in sorted(at):
        if position >= len(wrote.ids):
            here = left if left is not None and left.position == position else None
            lines.append(_place(at[position], here))
    return lines


HEAD = "   #      id  token            prob           rank  entr  stay       Σ  instead"
PLAIN = "   #      id  token            prob               Σ"
"""Where nothing is scored."""


def _verdict(places: tuple[Weighing, ...], left: Departure | None, wrote: Wrote) -> Line:
    if left is not None:
        where, own = (
            f"at token {left.position + 1}",
            wrote.logprobs[left.position : left.position + 1],
        )
        drift = f" ({wrote.drift})" if wrote.drift else ""
        if left.command is None:
            words = f"{where}{drift}: from there on the line is no command"
        elif left.drawn and own:
            likely = math.exp(own[0])
            words = f"{where}{drift}: a command had {left.command:.1%}, this token {likely:.2%}"
        else:
            words = f"{where}: a command had {left.command:.1%} there, something else the rest"
        mark = "✗ drawn out of the commands " if left.drawn else "✗ left the commands "
        return line((mark, "bad"), words, indent=2)
    if not places:
        return line(("? ", "note"), "how likely a command was is not recorded", indent=2)
    lowest = min(places, key=lambda one: one.command)
    return line(
        ("✓ among commands ", "good"),
        f"throughout: a command had {lowest.command:.1%} at least where a line could begin",
        indent=2,
    )


def _total(wrote: Wrote) -> Line:
    total = sum(wrote.logprobs)
    mean = total / max(1, len(wrote.logprobs))
    reason = f" · ended: {wrote.reason}" if wrote.reason else ""
    return line(
        f"{number(len(wrote.ids), 'token')} · log-probability {total:.2f} in all, {mean:.2f} a token"
        f" · perplexity {math.exp(min(50.0, -mean)):.2f}{reason}"
    )


def _place(command: float | None, left: Departure | None) -> Line:
    """`command`: how likely one was, where a line could begin."""
    if left is None:
        mark, style = "a line could begin", "note"
    else:
        mark = (
            "✗ here it was drawn out of the commands"
            if left.drawn
            else "✗ here it left the commands"
        )
        style, command = "bad", left.command
    if command is None:
        return line(("   ╶ ", "rule"), (mark, style))
    full = round(BAR * command)
    return line(
        ("   ╶ ", "rule"),
        (mark, style),
        (": command ", "note"),
        ("▇" * full + "▁" * (BAR - full), style),
        (f" {command:.1%}", style),
    )


def _token(
    wrote: Wrote, position: int, total: float, score: TokenScore | None, stay: float | None
) -> Line:
    logprob = wrote.logprobs[position]
    likely = math.exp(logprob)
    full = round(BAR * likely)
    text = wrote.texts[position].replace("\n", "⏎").replace("\t", "⇥")
    kept = f"{stay:>6.0%}" if stay is not None else "     –"
    scores = (
        (
            (f"{score.rank:>6,}", "warn" if score.rank > 1 else "text"),
            (f"{score.place.entropy:>6.2f}", "text"),
            (kept, "bad" if stay is not None and stay < HALF else "text"),
        )
        if score
        else ()
    )
    return line(
        (f"{position + 1:>4} {wrote.ids[position]:>7}  ", "faint"),
        (f"{_cell(text)} ", "heading"),
        ("▇" * full + "▁" * (BAR - full), "accent"),
        f" {likely:>6.1%}",
        *scores,
        (f" {total:>7.2f}", "faint"),
        (f"  {_instead(score) if score else ''}", "note"),
        indent=12,
    )


def _cell(text: str, cells: int = 14) -> str:
    shown = text.replace(" ", "␠", len(text) - len(text.lstrip(" ")))
    return f"{shown if len(shown) <= cells else shown[: cells - 1] + '…':<{cells}}"


def _instead(score: TokenScore) -> str:
    others = [one for one in score.place.alternatives if one.id != score.id][:ALTERNATIVES]
    return "  ".join(
        f"{_cell(one.text, 10).rstrip() or '␀'} {math.exp(one.logprob):.1%}" for one in others
    )
