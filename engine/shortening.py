"""Room in the context window: what of a long scrollback is shortened, in which order, and what never.

What goes into a prompt, by priority: the seed, whole; the task; what a person said; the last
exchanges, whole; the operator's commands; the shell's output, the oldest of which goes first. Nothing
is touched while all of it fits. When it no longer does, so much is shortened at once that it fits for
a good while: each change of the past makes everything after it be computed anew, so there are to be
few of them.

First the oldest outputs are cut to how the command ended and their last lines; then the oldest
exchanges are folded into a list of their commands at the end of the task's turn.
"""

from collections.abc import Sequence

import msgspec

from engine.events import ScrollbackShortened
from engine.figures import number
from engine.scrollback import Turn

UNTOUCHED = 4
"""Turns at the end that stay whole: the last two commands and their output."""
TAIL = 160
"""Characters of an old output that are kept, from a line's beginning."""
LOW_WATER = 0.6
"""Share of the window that a shortened prompt may fill, so that it can grow again."""
LISTED = 400
"""Characters that the list of folded commands may take."""
TURN_TOKENS = 16
"""More than a chat template adds to a turn."""


class Live(msgspec.Struct, frozen=True):
    """A live turn and what has to be known to shorten it."""

    turn: Turn
    tokens: int
    """What it takes in the prompt, the template's part included."""
    how: str = ""
    """How the command ended whose output this is: `status 0`."""


class Shortened(msgspec.Struct, frozen=True):
    """The live turns as they are now, and what was done to them."""

    live: tuple[Live, ...]
    kept: tuple[int, ...]
    """For each of them, which of the turns before it is."""
    cut: int
    """Outputs of which only the end is left."""
    folded: int
    """Exchanges of which only the command is left, in a list."""
    first: int
    """Index of the first turn that changed: everything from there is computed anew."""


def at_most(turns: Sequence[Turn]) -> int:
    """An upper bound of the tokens that turns take: no token is shorter than a byte."""
    return sum(len(turn.ids) or len(turn.text.encode()) for turn in turns) + TURN_TOKENS * len(
        turns
    )


def shorten(live: Sequence[Live], surplus: int, prompt: str) -> Shortened | None:
    """Live turns, the first of them the task's, made shorter by about `surplus` tokens.

    `prompt`: the shell's, which an output goes on to end with. As much as can be done is done; none
    where nothing can.
    """
    now, kept = list(live), list(range(len(live)))
    cut = folded = 0
    first = len(now)
    for index in range(1, len(now) - UNTOUCHED):
        if surplus <= 0:
            break
        shorter = _cut(now[index], prompt)
        if shorter is not None:
            surplus -= now[index].tokens - shorter.tokens
            now[index], cut, first = shorter, cut + 1, min(first, index)
    commands: list[str] = []
    while surplus > 0 and (exchange := _oldest(now)) is not None:
        begin, end = exchange
        surplus -= sum(each.tokens for each in now[begin:end])
        told = next((each.how for each in now[begin:end] if each.how), "")
        commands.append(f"`{now[begin].turn.text.strip()}`" + (f" ({told})" if told else ""))
        del now[begin:end], kept[begin:end]
        folded += 1
    if commands:
        now[0], first = _listed(now[0], commands, prompt), 0
    if not cut and not folded:
        return None
    return Shortened(tuple(now), tuple(kept), cut, folded, first)


def in_words(done: ScrollbackShortened) -> str:
    """What was done and what it costs, in a clause."""
    did = [
        f"{number(count, what)} {verb}"
        for count, what, verb in (
            (done.cut, "old output", "cut to its end" if done.cut == 1 else "cut to their ends"),
            (done.folded, "old exchange", "folded into a list of commands"),
        )
        if count
    ]
    return (
        f"{' and '.join(did)}: {done.before:,} tokens became {done.after:,} of a window of "
        f"{done.window:,}; {done.after - done.kept:,} are computed anew"
    )


def _cut(live: Live, prompt: str) -> Live | None:
    """An output with its end only; none where that saves nothing."""
    turn = live.turn
    if turn.origin != "shell" or turn.ids:
        return None
    body, ending = turn.text, ""
    if prompt and body.endswith(prompt):
        body, ending = body.removesuffix(prompt).rstrip("\n"), f"\n{prompt}"
    start = max(0, len(body) - TAIL)
    newline = body.find("\n", start)
    start = newline + 1 if 0 <= newline < len(body) - TAIL // 2 else start
    note = f"… ({start} characters left out" + (f", {live.how})" if live.how else ")")
    text = f"{note}\n{body[start:]}{ending}"
    if start == 0 or len(text) >= len(turn.text):
        return None
    tokens = live.tokens * len(text) // len(turn.text) + 1
    return Live(Turn(turn.role, text, turn.origin, turn.element), tokens, live.how)


def _oldest(live: Sequence[Live]) -> tuple[int, int] | None:
    """The oldest command and what answered it, as a range; not where a person said something in it."""
    for begin in range(1, len(live) - UNTOUCHED):
        if live[begin].turn.origin != "operator":
            continue
        end = begin + 1
        while end < len(live) and live[end].turn.role == "user":
            end += 1
        inside = live[begin + 1 : end]
        if end <= len(live) - UNTOUCHED and all(each.turn.origin == "shell" for each in inside):
            return begin, end
    return None


def _listed(task: Live, commands: Sequence[str], prompt: str) -> Live:
    """The task's turn with what was done since, before the prompt it ends with."""
    body, ending = task.turn.text, ""
    if prompt and body.endswith(prompt):
        body, ending = body.removesuffix(prompt).rstrip("\n"), f"\n{prompt}"
    kept: list[str] = []
    for command in reversed(commands):
        if sum(map(len, kept)) + len(command) > LISTED:
            break
        kept.insert(0, command)
    before = len(commands) - len(kept)
    more = f"{before} earlier commands, then " if before else ""
    text = f"{body}\n… (done so far: {more}{', '.join(kept)}){ending}"
    turn = task.turn
    tokens = task.tokens + (len(text) - len(turn.text)) // 2
    return Live(Turn(turn.role, text, turn.origin, turn.element), tokens, task.how)
