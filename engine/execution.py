"""One command in the shell: submitted, waited for, and helped back to the prompt when it is stuck."""

import itertools
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from engine.clock import SessionClock
from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    ShellNudged,
    StageTimed,
)
from engine.run import StuckPolicy
from engine.shell.observation import Observation, Shell
from engine.steering import Steering

Remedy: TypeAlias = Literal["interrupt", "eof", "ask"]

SETTLED = ("done", "died")
"""States from which the operator's next turn can follow, or the run can end."""


READING = ("continuation", "awaiting_input", "nested")
"""States in which the operator's next line is what is waited for."""


class Executor:
    """Runs the operator's commands in its shell and tells what happened."""

    def __init__(
        self,
        shell: Shell,
        steering: Steering,
        stuck: StuckPolicy,
        emit: Callable[[AnyEvent], None],
        clock: SessionClock,
    ) -> None:
        """`stuck`: what is done for a command that does not come back by itself."""
        self._shell = shell
        self._steering = steering
        self._stuck = stuck
        self._emit = emit
        self._clock = clock

    async def execute(
        self,
        turn: int,
        command: str,
        *,
        more: bool = False,
        by: Literal["operator", "person"] = "operator",
    ) -> Observation:
        """Run one command line to a settled state; `by` says whose it is.

        The observation's state is `done` or `died`; any other means that nothing brought the shell
        back, and the run cannot go on. With `more` lines to come, a shell or program that reads on
        is left to read them.
        """
        self._emit(CommandSubmitted(at=self._clock.now(), turn=turn, command=command, by=by))
        observation = await self._shell.submit(command)
        self._finished(turn, observation)
        for action in self._remedies():
            if observation.state in SETTLED or (more and observation.state in READING):
                break
            observation = await self._nudge(turn, observation, action)
            self._finished(turn, observation)
        return observation

    async def until_free(self, turn: int) -> Observation:
        """What a person did in the shell since it was last looked at, once they have left it free.

        The operator's line would go to whatever program of theirs has the terminal, and its remedies
        would end that program: the run pauses until they have closed it.
        """
        seen = self._shell.observe()
        if not self._steering.attended or seen.state in SETTLED:
            return seen
        seen = seen.joined(await self._shell.settle())
        while seen.state not in SETTLED:
            seen = await self._nudge(turn, seen, "ask")
        return seen

    def _remedies(self) -> Iterable[Remedy]:
        """What to try, in order: the policy first, then what else might work."""
        if self._stuck == "ask" and self._steering.attended:
            return itertools.repeat("ask")
        if self._stuck == "eof":
            return ("eof", "interrupt", "eof")
        return ("interrupt", "eof", "interrupt")

    async def _nudge(self, turn: int, stuck: Observation, action: Remedy) -> Observation:
        if action == "eof" and stuck.state == "continuation":
            # An end of file inside an open quote is the end of bash 5.2 itself.
            action = "interrupt"
        self._emit(ShellNudged(at=self._clock.now(), turn=turn, state=stuck.state, action=action))
        if action == "ask":
            self._steering.pause()
            await self._steering.before_turn()
        elif action == "eof":
            self._shell.end_of_file()
        else:
            self._shell.interrupt()
        return stuck.joined(await self._shell.settle())

    def _finished(self, turn: int, observation: Observation) -> None:
        now = self._clock.now()
        self._emit(
            CommandFinished(
                at=now,
                turn=turn,
                command=observation.command,
                state=observation.state,
                status=observation.status,
                foreground=observation.foreground,
                bytes=len(observation.raw) + observation.dropped,
            )
        )
        if observation.state in SETTLED:
            self._emit(
                StageTimed(
                    at=now,
                    turn=turn,
                    stage="exec",
                    began=self._clock.since_start(observation.began),
                    took=observation.took,
                )
            )


def ended_by(observation: Observation) -> str:
    """What of a command ended the run, in a clause; empty where the run goes on."""
    if observation.state == "died":
        return f"the shell ended with `{observation.command}`"
    if observation.state not in SETTLED:
        return f"the shell did not come back from `{observation.command}`"
    return ""
