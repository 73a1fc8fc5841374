"""The lint engine: every rule over one payload."""

from collections.abc import Sequence

from engine.lint import channel, encoding, structure, wording
from engine.lint.finding import SEVERITIES, Finding, Place, Rule, Severity, Subject

RULES: tuple[Rule, ...] = (*channel.RULES, *structure.RULES, *encoding.RULES, *wording.RULES)
"""Every rule there is, by what it is about."""

BY_ID = {rule.id: rule for rule in RULES}


def lint(subject: Subject, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """What is wrong with a payload, the worst first and then in the order of the scrollback.

    Takes time in proportion to the text; nothing is changed.
    """
    found = [
        Finding(
            rule.id,
            rule.severity,
            hit.message,
            Place(hit.turn, hit.start, hit.stop),
            rule.fix,
        )
        for rule in rules
        for hit in rule.look(subject)
    ]
    return tuple(sorted(found, key=lambda each: (SEVERITIES.index(each.severity), each.span.turn)))


def worst(findings: Sequence[Finding]) -> Severity | None:
    """The worst severity among findings; none where there are none."""
    return min((each.severity for each in findings), key=SEVERITIES.index, default=None)
