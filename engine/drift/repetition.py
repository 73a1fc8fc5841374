"""Degenerate loops: the same line again and again, or the same stretch within one line."""

import re

ROUNDS = {1: 4, 2: 3, 3: 3}
"""How often a cycle of so many lines must have come, this time included. One `ls` after another is
how people work; four alike are not."""

LOOPS = 6
"""How often a stretch must come in a row within a line, at its end, to be a loop."""

_TAIL = 400
"""Characters looked at: a loop does not stop by itself, so the end shows it."""

_LOOP = re.compile(rf"(?P<unit>(?=.{{0,39}}[^\W_])\S.{{0,39}}?)(?P=unit){{{LOOPS - 1},}}")


def repeats_itself(line: str) -> str | None:
    """The stretch that a line repeats over at least half of its length; none where it does not."""
    tail = line[-_TAIL:]
    words = tail.split()
    if len(words) < LOOPS and len(tail) < 24:
        return None
    # Half a line of one stretch six times over has few different trigrams: most lines end here.
    if len({tail[at : at + 3] for at in range(len(tail))}) > 0.7 * len(tail):
        return None
    match = max(_LOOP.finditer(tail), key=lambda loop: len(loop.group()), default=None)
    if match is None or len(match.group()) * 2 < len(tail):
        return None
    return match["unit"].strip()


def repeats_earlier(line: str, before: tuple[str, ...]) -> str | None:
    """How a line goes on with a cycle of whole lines, in words; none where it does not.

    `exit` is never a repetition: a shell with stopped jobs wants to hear it twice.
    """
    if line.strip() in ("exit", "logout"):
        return None
    lines = [earlier.strip() for earlier in before if earlier.strip()] + [line.strip()]
    for period, rounds in ROUNDS.items():
        recent = lines[-period * rounds :]
        if len(recent) == period * rounds and recent == recent[:period] * rounds:
            what = "the same line" if period == 1 else f"the same {period} lines"
            return f"{what} {rounds} times in a row"
    return None
