"""What is wrong with one prompt, as lines, and where in it."""

from collections.abc import Callable, Sequence

from console.view.inspected import Inspected, Sent
from console.view.line import Line, line
from engine.figures import number
from engine.lint.finding import SEVERITIES, Finding, Severity, Subject
from engine.lint.lint import BY_ID, lint
from engine.scrollback import Payload

MARKS: dict[Severity, tuple[str, str]] = {
    "error": ("✗", "bad"),
    "warning": ("!", "warn"),
    "note": ("·", "note"),
}
"""By severity, a mark and its style."""


def findings(sent: Sent, exists: Callable[[str], bool] | None = None) -> tuple[Finding, ...]:
    """What the rules find in a prompt, the worst first."""
    spec = sent.spec
    return lint(
        Subject(
            turns=sent.turns,
            seed_turns=sent.seed_turns,
            prompt=spec.config.prompt if spec else "",
            budget=spec.budget if spec else 0,
            channel=spec.channel if spec else "cooked",
            payload=Payload(sent.ids, sent.spans, sent.seam, sent.cached, sent.window),
            texts=sent.texts,
            max_tokens=sent.sampling.max_tokens if sent.sampling else 0,
            exists=exists,
        )
    )


def count_words(found: Sequence[Finding]) -> str:
    """How many of each severity: `1 error, 2 notes`."""
    told = [
        number(count, severity)
        for severity in SEVERITIES
        if (count := sum(one.severity == severity for one in found))
    ]
    return ", ".join(told) or "nothing found"


def finding_lines(one: Finding, chosen: bool) -> list[Line]:
    """One finding: what, where, why it matters, what to do."""
    mark, style = MARKS[one.severity]
    where = f"turn {one.span.turn + 1}" if one.span.turn >= 0 else "the payload"
    cursor = ("▸ ", "accent") if chosen else ("  ", "text")
    lines = [
        line(
            cursor,
            (f"{mark} {one.severity:<8}", style),
            (f"{one.rule} ", "heading"),
            (f"· {where}", "note"),
            indent=4,
        ),
        line("    ", one.message, indent=4),
    ]
    rule = BY_ID.get(one.rule)
    if rule is not None:
        lines.append(line("    ", (rule.explanation, "note"), indent=4))
    if one.fix:
        lines.append(line("    ", ("fix: ", "good"), one.fix, indent=4))
    return lines


def place_of(one: Finding, shown: Inspected) -> range:
    """The tokens that a finding is about; empty where it is about the payload as a whole."""
    if one.span.turn < 0:
        return range(0)
    first = shown.place_of(one.span.turn, one.span.start)
    if one.span.stop <= one.span.start:
        ends = [
            each.stop
            for each in shown.stretches
            if each.turn == one.span.turn and each.origin != "skeleton"
        ]
        return range(first, max(ends, default=first))
    return range(first, shown.place_of(one.span.turn, one.span.stop - 1) + 1)
