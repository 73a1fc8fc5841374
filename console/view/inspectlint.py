"""What is wrong with one prompt, as lines, and where in it."""

from collections.abc import Callable, Sequence

from console.view.inspected import Inspected, Sent
from console.view.line import Line, line
from engine.figures import number
from engine.lint.finding import SEVERITIES, Finding, Severity, Subject
from engine.lint.lint import BY_ID, lint
from engine.scrollback import Payload, Turn

MARKS: dict[Severity, tuple[str, str]] = {
    "error": ("✗", "bad"),
    "warning": ("!", "warn"),
    "note": ("·", "note"),
}
"""By severity, a mark and its style."""
EXCERPT = 60
"""Characters of an offending span that are quoted."""


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


def by_rule(found: Sequence[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """What each rule found, in the order in which the rules come first."""
    groups: dict[str, list[Finding]] = {}
    for one in found:
        groups.setdefault(one.rule, []).append(one)
    return tuple(map(tuple, groups.values()))


def rule_lines(found: Sequence[Finding]) -> list[Line]:
    """A rule above what it found: how often, why it matters, what to do."""
    one = found[0]
    mark, style = MARKS[one.severity]
    many = f" · {number(len(found), 'place')}" if len(found) > 1 else ""
    lines = [line((f"{mark} {one.severity:<8}", style), (one.rule, "heading"), (many, "note"))]
    rule = BY_ID.get(one.rule)
    if rule is not None:
        lines.append(line("    ", (rule.explanation, "note"), indent=4))
    if one.fix:
        lines.append(line("    ", ("fix: ", "good"), one.fix, indent=4))
    return lines


def finding_line(one: Finding, turns: Sequence[Turn], chosen: bool) -> Line:
    """One finding: whether the cursor is on it, where it is, what is wrong, and the very words."""
    where = f"turn {one.span.turn + 1}" if one.span.turn >= 0 else "payload"
    cursor = ("  ▸ ", "accent") if chosen else ("    ", "text")
    quoted = excerpt(one, turns)
    said = [("  ", "text"), (quoted, "found")] if quoted else []
    return line(cursor, (f"{where:<9} ", "rule-label"), one.message, *said, indent=14)


def excerpt(one: Finding, turns: Sequence[Turn]) -> str:
    """The words that a finding is about, in one line; empty where it is about more than words."""
    if one.span.turn < 0 or one.span.stop <= one.span.start:
        return ""
    text = turns[one.span.turn].text[one.span.start : one.span.stop]
    shown = text[:EXCERPT] + ("…" if len(text) > EXCERPT else "")
    return shown.replace("\n", "⏎").replace("\t", "⇥")


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
