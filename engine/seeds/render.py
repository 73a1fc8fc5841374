"""Seeds to scrollback: the turns a choice of elements makes, well-formed whatever the choice.

Every subset of a seed's elements comes out as turns that a chat template accepts and that look like
life: at most one system turn, and it first; user and assistant in alternation, an assistant turn
only where there is something to answer; none empty; and at the end no shell output that nobody
answered, so that the first live turn can follow.
"""

from collections.abc import Collection

import msgspec

from engine.run import Task
from engine.scrollback import Role, Turn
from engine.seeds.seed import PLACEHOLDER, Seed, SeedTurn

SPOKEN = ("system", "instruction")
"""Elements whose user turns say something by themselves; those of others are parts of a
demonstration, and the shell's output without the next command is the end of none."""


class _Block(msgspec.Struct):
    """Adjacent turns of one role: one turn of the scrollback."""

    role: Role
    parts: list[SeedTurn]


def render(seed: Seed, elements: Collection[str]) -> tuple[Turn, ...]:
    """The seed's turns with these elements on; those it lacks change nothing."""
    prompt = seed.prompt if "prompt" in elements else ""
    blocks = _ended(_alternating(seed, elements))
    turns = (_turn(block, prompt, "reasoning" in elements) for block in blocks)
    return tuple(turn for turn in turns if turn.text)


def user_text(output: str, prompt: str) -> str:
    """What a user turn says: the output on lines of its own, then the prompt.

    Where there is neither, a blank line: what a terminal shows for a silent command.
    """
    if not output:
        return prompt or "\n"
    return f"{output}\n{prompt}" if prompt else output


def task_turn(task: Task, prompt: str) -> Turn:
    """The first live turn: the task, then the shell's first prompt."""
    return Turn(role="user", text=user_text(f"Task: {task.text}", prompt), origin="person")


def unanswered(seed: Seed, elements: Collection[str]) -> tuple[SeedTurn, ...]:
    """Assistant turns that are on but left out, having nothing to answer without what is off."""
    kept = {id(part) for block in _alternating(seed, elements) for part in block.parts}
    chosen = (turn for turn in seed.turns if turn.element in elements)
    return tuple(turn for turn in chosen if turn.role == "assistant" and id(turn) not in kept)


def _alternating(seed: Seed, elements: Collection[str]) -> list[_Block]:
    blocks: list[_Block] = []
    for turn in seed.turns:
        if turn.element not in elements:
            continue
        last = blocks[-1].role if blocks else None
        if turn.role == "assistant":
            if last == "user":
                blocks.append(_Block("assistant", [turn]))
        elif turn.role == last:
            blocks[-1].parts.append(turn)
        else:
            blocks.append(_Block(turn.role, [turn]))
    return blocks


def _ended(blocks: list[_Block]) -> list[_Block]:
    """Without the last command's output where no command follows: life begins with a task."""
    if len(blocks) < 2 or blocks[-1].role != "user" or blocks[-2].role != "assistant":
        return blocks
    spoken = [part for part in blocks[-1].parts if part.element in SPOKEN]
    return [*blocks[:-1], _Block("user", spoken)] if spoken else blocks[:-1]


def _turn(block: _Block, prompt: str, reasoning: bool) -> Turn:
    elements = dict.fromkeys(part.element for part in block.parts)
    text = "\n".join(part.text.replace(PLACEHOLDER, prompt) for part in block.parts if part.text)
    if block.role == "user":
        text = user_text(text, prompt)
    elif block.role == "assistant":
        thought = block.parts[0].reasoning
        if reasoning and thought:
            text = f"<think>{thought}</think>\n{text}"
    return Turn(role=block.role, text=text, origin="seed", element="+".join(elements))
