"""What a turn adds to the scrollback: the operator's words as decided, and the shell's answer."""

from collections.abc import Sequence

import msgspec

from engine.run import RunSpec
from engine.scrollback import Turn
from engine.shell.channel import ShellChannel
from engine.shell.observation import Observation


def as_decided(said: Turn, line: str, command: str | None) -> Turn:
    """The operator's turn after a decision on one of its lines; none is a veto.

    What a person changed is sent back as text, not as the ids that were sampled.
    """
    if command in ("", line):
        return said
    text = said.text.replace(line, command or "", 1)
    return Turn(role="assistant", text=text, origin="person")


def answer(channel: ShellChannel, seen: Sequence[Observation], spec: RunSpec) -> list[Turn]:
    """What the shell did, as user turns: one prompt at the end, however many commands.

    `seen`: an observation for each command, at least one.
    """
    # Of the lines of a heredoc or a loop, the last one tells what they came to.
    told = [each for each in seen[:-1] if each.state != "continuation"]
    told.append(seen[-1])
    prompts = ["" for _ in told[1:]] + [spec.config.prompt]
    turns = [
        turn
        for observation, prompt in zip(told, prompts, strict=True)
        for turn in channel.turns(observation, prompt, spec.budget)
    ]
    return [_one_turn(turns)] if spec.channel == "cooked" else turns


def how_it_ended(seen: Observation) -> str:
    """How a command ended, in words: `status 0`, or the state it was left in; empty for none."""
    if not seen.command:
        return ""
    return f"status {seen.status}" if seen.status is not None else seen.state.replace("_", " ")


def _one_turn(turns: Sequence[Turn]) -> Turn:
    """The outputs of several commands as the one user turn that they are."""
    text = "\n".join(turn.text for turn in turns if turn.text.strip())
    return msgspec.structs.replace(turns[-1], text=text)
