"""Bringing a fork's fresh shell to where the recording's was, and saying how far that went."""

import shlex
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from engine.events import WorldRestored
from engine.figures import number, size
from engine.home import AT_HOME, HomeCopy
from engine.rerun.redoing import redo
from engine.run import RunSpec
from engine.shell.observation import Shell
from engine.start import Act, HomeLaid, Start, WorldDifference

_NAMED = 3
"""How many paths or commands a sentence names."""


class Restored(NamedTuple):
    """What was done to a fresh shell."""

    acts: int
    """How many commands, and stretches of a person's keys, were done again."""
    differed: tuple[WorldDifference, ...]
    home: HomeLaid | None


async def restore(
    shell: Shell,
    start: Start | None,
    spec: RunSpec,
    inside: str,
    *,
    more: Sequence[Act] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Restored:
    """Bring a shell, whose home was laid already, to where a fork begins, and do `more` after that.

    `inside`: the home as the shell sees it. Raises `ShellError` where the shell is lost on the way.
    """
    laid = await _entered(shell, start.home, inside) if start and start.home else None
    acts = (*(start.acts if start else ()), *more)
    differed = await redo(shell, acts, spec, progress)
    shell.observe()
    return Restored(sum(bool(act.command or act.keys) for act in acts), differed, laid)


async def _entered(shell: Shell, home: HomeCopy, inside: str) -> HomeLaid:
    """Go to the working folder that belongs to a home."""
    there = home.cwd == AT_HOME
    if not there and home.cwd:
        below = home.cwd.removeprefix(AT_HOME)
        path = home.cwd if below == home.cwd else inside + below
        seen = await shell.submit(f"builtin cd -- {shlex.quote(path)}")
        there = seen.state == "done" and seen.status == 0
    laid = HomeLaid(
        files=home.files, size=home.size, left_out=home.left_out, processes=home.processes
    )
    if there:
        return msgspec.structs.replace(laid, cwd=home.cwd)
    return msgspec.structs.replace(laid, lost_cwd=home.cwd or "that nothing told")


def in_words(restored: WorldRestored) -> str:
    """How a fork's shell was restored, in a clause, and what of it was not."""
    said = []
    if restored.home is not None:
        said.append(_laid(restored.home))
    if restored.acts or restored.home is None:
        said.append(_redone(restored))
    if restored.why:
        said.append(f"no copy of its home was kept: {restored.why}")
    return "; ".join(said)


def _laid(home: HomeLaid) -> str:
    where = f", the shell in {home.cwd}" if home.cwd not in ("", AT_HOME) else ""
    missing = ["shell variables", "files outside the home"]
    if home.processes:
        missing.append(number(home.processes, "background process", "background processes"))
    if home.lost_cwd:
        missing.append(f"the working folder {home.lost_cwd}")
    missing += [f"`{path}`" for path in home.left_out[:_NAMED]]
    if len(home.left_out) > _NAMED:
        missing.append(f"{len(home.left_out) - _NAMED} more")
    held = f"{number(home.files, 'file')}, {size(home.size)}" if home.files else "no files"
    return f"the home is restored as it stood: {held}{where} (not restored: {', '.join(missing)})"


def _redone(restored: WorldRestored) -> str:
    done = f"{number(restored.acts, 'command')} of the recording done again"
    real = [each for each in restored.differed if not each.volatile]
    if not real:
        return f"{done}: the shell stands as it did"
    few = "; ".join(f"turn {each.turn} `{each.what}`" for each in real[:_NAMED])
    return f"{done}; {number(len(real), 'answer')} came out otherwise: {few}"
