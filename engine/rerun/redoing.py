"""Doing to a fresh shell what was done to a recorded one, and saying what came out otherwise."""

from collections.abc import Callable, Sequence

from engine.errors import ShellError
from engine.execution import SETTLED
from engine.rerun.doing import shown
from engine.rerun.volatile import only_volatile
from engine.run import RunSpec
from engine.shell.observation import Observation, Shell
from engine.start import Act, WorldDifference

EXCERPT = 400
"""Characters of either side that a difference tells."""
_HELPS = 3
"""How often a command that does not come back is helped before the shell is given up."""


async def redo(
    shell: Shell,
    acts: Sequence[Act],
    spec: RunSpec,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[WorldDifference, ...]:
    """Do every act again, in order; returns what came out otherwise.

    `spec`: the run's, for its terminal and how much of an output counts. `progress` is told how many
    acts are done. Raises `ShellError` where the shell is lost on the way.
    """
    differences: list[WorldDifference] = []
    for done, act in enumerate(acts, 1):
        seen = await _once(shell, act)
        different = compare(act, seen, spec)
        if different is not None:
            differences.append(different)
        if act.state in SETTLED and seen.state not in SETTLED:
            raise ShellError(
                f"The shell did not come back from `{_name(act)}`, which was done again from the "
                "recording; fork at an earlier turn."
            )
        if seen.state == "died" and done < len(acts):
            raise ShellError(
                f"The shell ended with `{_name(act)}`, which was done again from the recording, where "
                "it went on; fork at an earlier turn."
            )
        progress(done, len(acts))
    return tuple(differences)


async def _once(shell: Shell, act: Act) -> Observation:
    if act.columns and act.rows:
        shell.resize(act.columns, act.rows)
    seen = await shell.submit(act.command) if act.command else shell.observe()
    if act.keys and not act.hidden:
        shell.type(act.keys)
        seen = seen.joined(await shell.settle())
    for nudge in act.nudges:
        if seen.state in SETTLED:
            break
        shell.end_of_file() if nudge == "eof" else shell.interrupt()
        seen = seen.joined(await shell.settle())
    if act.state in SETTLED:
        for _ in range(_HELPS):
            if seen.state in SETTLED:
                break
            shell.interrupt()
            seen = seen.joined(await shell.settle())
    return seen


def compare(act: Act, seen: Observation, spec: RunSpec) -> WorldDifference | None:
    """What came out otherwise; none where all that can be read is the same."""
    if act.hidden:
        return _difference(act, "", "", why=f"{act.hidden} bytes that a person typed hidden")
    if not act.command:
        # What keys show depends on how they were typed, and the shell's next answers tell the rest.
        return None
    now = shown(seen, spec.columns, spec.rows, spec.budget)
    reasons = []
    if seen.state != act.state:
        reasons.append(f"then {act.state}, now {seen.state}")
    if seen.status != act.status:
        reasons.append(f"exit status then {act.status}, now {seen.status}")
    if now == act.shown and not reasons:
        return None
    before, after = differing(act.shown, now)
    volatile = not reasons and only_volatile(act.shown, now)
    return _difference(act, before, after, volatile=volatile, why="; ".join(reasons))


def differing(before: str, now: str) -> tuple[str, str]:
    """Two texts without the lines that they begin and end alike with, as excerpts."""
    lines, others = before.splitlines(), now.splitlines()
    while lines and others and lines[0] == others[0]:
        del lines[0], others[0]
    while lines and others and lines[-1] == others[-1]:
        del lines[-1], others[-1]
    return _excerpt("\n".join(lines)), _excerpt("\n".join(others))


def _difference(
    act: Act, before: str, now: str, *, volatile: bool = False, why: str = ""
) -> WorldDifference:
    return WorldDifference(
        turn=act.turn, what=_name(act), before=before, now=now, volatile=volatile, why=why
    )


def _name(act: Act) -> str:
    return act.command or "keys"


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
