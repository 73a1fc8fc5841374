"""A completion token by token: how likely each was, what else could have come, where it left commands.

The command manifold is the set of texts that begin as commands do. What is measured of it is the
model's own probability that a command begins, at each place where a line of the operator's could
begin: at the first token, and again after reasoning or comments. The completion has left it at the
first such place where that probability is below `HALF`: from there something else is likelier than
any command, whatever was drawn. Where it never is and the line drifted all the same, the draw left
the commands, not the model, and the least likely token is named.
"""

import math
from typing import NamedTuple

from console.view.inspected import Wrote
from console.view.line import Line, line
from engine.figures import number
from engine.model.protocol import Scored
from engine.model.scored import TokenScore

HALF = 0.5
"""Below it a command is less likely than everything else together."""
BAR = 8
"""Cells of a full bar."""
ALTERNATIVES = 3
"""Shown beside a token, the token itself not among them."""


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


def left_at(places: tuple[Weighing, ...]) -> Weighing | None:
    """Where a completion left the command manifold; none where it did not, or nothing is known."""
    return next((one for one in places if one.command < HALF), None)


def completion_lines(wrote: Wrote, scored: Scored | None, missing: str) -> list[Line]:
    """A line a token, after what came of it. `missing`: why it is not scored; empty while it is."""
    if not wrote.ids:
        return [line(("Nothing was written yet after this prompt.", "note"))]
    places = weighed(wrote, scored)
    lines = [_verdict(places, wrote), _total(wrote)]
    if scored is None:
        lines.append(line(("… ", "warn"), f"rank, entropy and alternatives: {missing}", indent=2))
    lines += [line(""), line((HEAD, "rule-label"))]
    left = left_at(places)
    at = {one.position: one.command for one in places}
    total = 0.0
    for position, logprob in enumerate(wrote.logprobs):
        total += logprob
        if position in at:
            gone = left is not None and left.position == position
            lines.append(_place(at[position], gone))
        score = scored.tokens[position] if scored and position < len(scored.tokens) else None
        lines.append(_token(wrote, position, total, score))
    for position in sorted(at):
        if position >= len(wrote.ids):
            lines.append(_place(at[position], left is not None and left.position == position))
    return lines


HEAD = "   #      id  token            prob           rank  entropy       Σ  instead"


def _verdict(places: tuple[Weighing, ...], wrote: Wrote) -> Line:
    left = left_at(places)
    if left is not None:
        token = f"token {left.position + 1}"
        return line(
            ("✗ left the commands ", "bad"),
            f"at {token}: a command had {left.command:.1%} there, something else the rest",
            indent=2,
        )
    if not places:
        return line(("? ", "note"), "how likely a command was is not recorded", indent=2)
    lowest = min(places, key=lambda one: one.command)
    if wrote.drift and wrote.logprobs:
        rare = min(range(len(wrote.logprobs)), key=wrote.logprobs.__getitem__)
        return line(
            ("✗ drawn out of the commands ", "bad"),
            f"({wrote.drift}), though a command had {lowest.command:.1%} at least: the least likely "
            f"token is {rare + 1}, with {math.exp(wrote.logprobs[rare]):.2%}",
            indent=2,
        )
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


def _place(command: float, left: bool) -> Line:
    mark, style = ("✗ here it left the commands", "bad") if left else ("a line could begin", "note")
    full = round(BAR * command)
    return line(
        ("   ╶ ", "rule"),
        (mark, style),
        (": command ", "note"),
        ("▇" * full + "▁" * (BAR - full), style),
        (f" {command:.1%}", style),
    )


def _token(wrote: Wrote, position: int, total: float, score: TokenScore | None) -> Line:
    logprob = wrote.logprobs[position]
    likely = math.exp(logprob)
    full = round(BAR * likely)
    text = wrote.texts[position].replace("\n", "⏎").replace("\t", "⇥")
    rank = f"{score.rank:>6,}" if score else "     –"
    entropy = f"{score.place.entropy:>8.2f}" if score else "       –"
    return line(
        (f"{position + 1:>4} {wrote.ids[position]:>7}  ", "faint"),
        (f"{_cell(text)} ", "heading"),
        ("▇" * full + "▁" * (BAR - full), "accent"),
        f" {likely:>6.1%}",
        (rank, "warn" if score and score.rank > 1 else "text"),
        entropy,
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
