"""The operator's loop: a model writes, a shell answers, until the run is over.

Reads top to bottom as what happens: bring up, then turns (complete, route, execute, observe), then
check and end. Everything that happens is told as events; nothing is drawn or stored here.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from engine.bookends import first, last
from engine.clock import SessionClock
from engine.completion import CompletionLog, Written, judged
from engine.drift.execution import fuse
from engine.drift.outcome import Scorer
from engine.drift.verdict import Context, Verdict
from engine.errors import ModelError, ShellError, WorkerGone
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandProposed,
    CommandVetoed,
    DriftSeen,
    FaultSeen,
    ModelReady,
    OutputDropped,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    ShellStarted,
    ShellWrote,
    Stage,
    StageTimed,
    TaskChecked,
    TurnStarted,
    WorkerLost,
    WorldRestored,
)
from engine.execution import READING, SETTLED, Executor, ended_by
from engine.fork import typed_lines
from engine.homekeeping import HomeKeeper
from engine.livescrollback import LiveScrollback
from engine.model.protocol import Model
from engine.rerun.restoring import restore
from engine.run import RunSpec
from engine.scrollback import Turn
from engine.seeds.render import task_turn, user_text
from engine.shell.channel import channel
from engine.shell.observation import Observation, Shell
from engine.start import Start
from engine.steering import Steering
from engine.turns import answer, as_decided, how_it_ended

WORKERS_PER_COMPLETION = 3
"""How many workers one completion may outlive before the model is said to be at fault."""

SHOWN_CHARACTERS = 4000
"""How much of the end of the shell's last output a line is judged against."""


class Operator:
    """One run of one model in one shell."""

    def __init__(
        self,
        spec: RunSpec,
        model: Model,
        shell: Shell,
        steering: Steering,
        *,
        session: str,
        emit: Callable[[AnyEvent], None],
        clock: SessionClock,
        experiment: str = "",
    ) -> None:
        """`emit` gets every event in order; `experiment` is the id of the one that it is a run of."""
        self._spec = spec
        self._model = model
        self._shell = shell
        self._steering = steering
        self._session = session
        self._experiment = experiment
        self._clock = clock
        self._tell = emit
        self._scorer = Scorer()
        self._channel = channel(spec.channel, spec.columns, spec.rows)
        self._completions = CompletionLog(self._emit, clock, spec.policy)
        self._homes = HomeKeeper(shell, self._emit, clock)
        self._executor = Executor(shell, steering, spec.stuck, self._emit, clock)
        self._scrollback = LiveScrollback(spec.config.turns, spec.config.prompt)
        self._lines: list[str] = []
        self._turn = 0

    async def run(self) -> RunEnded:
        """Run to the end; the last event, which says what it came to, is returned too.

        Faults of the model or the shell end the run with outcome `fault`. Cancelling ends it with
        outcome `stopped`; the cancellation then goes on.
        """
        now = self._clock.now()
        self._emit(first(now, self._session, self._spec, self._experiment))
        why, stopped = "a person stopped it", True
        try:
            why = await self._operate()
            stopped = False
            self._homes.begin(self._turn + 1)
            await self._homes.done()
            await self._check()
        except ModelError as error:
            why, stopped = self._fault("model", str(error)), False
        except ShellError as error:
            why, stopped = self._fault("shell", str(error)), False
        except Exception as error:
            why, stopped = self._fault("console", f"{type(error).__name__}: {error}"), False
            raise
        finally:
            ended = await self._end(why, stopped)
        return ended

    async def _operate(self) -> str:
        """Everything up to the end of the last turn; returns what ended it, in a clause."""
        await self._bring_up()
        ending = await self._follow(self._spec.start) if self._spec.start else ""
        while not ending:
            if self._turn == self._spec.turns:
                return f"the turn limit of {self._spec.turns} was reached"
            await self._steering.before_turn()
            ending = await self._take_turn()
            self._steering.after_turn()
        return ending

    async def _bring_up(self) -> None:
        """Start the shell while the model loads, and lay the seed, and a fork's recorded turns."""
        self._shell.on_output = self._shell_wrote
        self._shell.on_dropped = self._output_dropped
        config, start = self._spec.config, self._spec.start
        self._emit(ScrollbackSeeded(at=self._clock.now(), turns=config.turns))
        if start is None:
            self._grow(task_turn(self._spec.task, config.prompt))
        else:
            self._restore(start)
        loading = asyncio.ensure_future(self._model.ready())
        try:
            opening = await self._shell.start()
            # The first prompt stands at the end of the task's turn already.
            self._shell.observe()
            self._emit(
                ShellStarted(
                    at=self._clock.now(),
                    sandbox=opening.sandbox,
                    detail=opening.detail,
                    shell=opening.shell,
                    home=opening.home,
                    columns=opening.columns,
                    rows=opening.rows,
                )
            )
            self._timed("bring_up", self._clock.now() - opening.took, opening.took)
            if start is not None:
                done = await restore(self._shell, start, self._spec, opening.inside)
                at = self._clock.now()
                self._emit(WorldRestored(at=at, why=start.why, **done._asdict()))
            load = await loading
        finally:
            loading.cancel()
        self._emit(ModelReady(at=self._clock.now(), provenance=self._model.provenance))
        self._timed("load", self._clock.now() - load, load)

    def _restore(self, start: Start) -> None:
        """Lay the turns of the recording that a fork goes on from."""
        for self._turn, turn in zip(start.numbers, start.turns, strict=True):
            self._grow(turn)
        self._turn = start.turn - 1
        self._lines.extend(start.lines)
        self._scrollback.shared = len(self._scrollback.turns)

    async def _follow(self, start: Start) -> str:
        """What a fork puts before the model's first turn; returns what ended the run, or nothing."""
        for turn in start.then:
            self._grow(turn)
            if turn.role != "assistant":
                continue
            lines = typed_lines(turn.text, self._spec.policy)
            seen: list[Observation] = []
            for left, line in zip(reversed(range(len(lines))), lines, strict=True):
                seen.append(
                    await self._executor.execute(self._turn, line, more=left > 0, by="person")
                )
                if left and seen[-1].state in READING:
                    continue
                if ending := ended_by(seen[-1]):
                    return ending
            self._lines.extend(lines)
            self._observe(seen)
        return ""

    async def _take_turn(self) -> str:
        """One turn; returns what ended the run, or nothing."""
        self._turn += 1
        self._emit(TurnStarted(at=self._clock.now(), turn=self._turn))
        if await self._hear() == "died":
            return "a person left the shell"
        self._homes.begin(self._turn)
        written = await self._complete()
        await self._homes.done()
        said, vetoed, ending = written.turn, False, ""
        seen: list[Observation] = []
        for number, verdict in enumerate(written.lines, 1):
            left = len(written.lines) - number
            ending = self._drifted(verdict)
            if ending:
                break
            command = await self._decide(verdict)
            vetoed = vetoed or command is None
            said = as_decided(said, verdict.line, command)
            if command:
                if not seen or seen[-1].state in SETTLED:
                    meanwhile = await self._executor.until_free(self._turn)
                    if meanwhile.raw:
                        # What a person did while the command waited for their word.
                        seen.append(meanwhile)
                observation = await self._executor.execute(self._turn, command, more=left > 0)
                seen.append(observation)
                if left and observation.state in READING:
                    continue
                ending = self._after(verdict, observation)
                if ending:
                    break
        # A turn of which a person let nothing run is as if it had never been written.
        if seen or not vetoed:
            self._grow(said)
            # A drift that stopped the run was not executed: the shell has no answer to it.
            if seen or not ending:
                self._observe(seen)
        return ending

    async def _hear(self) -> str:
        """Take in what a person did and said since the last turn; returns the shell's state."""
        unasked = await self._executor.until_free(self._turn)
        if unasked.raw:
            self._observe([unasked])
        for text in self._steering.take_injected():
            self._grow(Turn("user", user_text(text, self._spec.config.prompt), "person"))
        return unasked.state

    async def _complete(self) -> Written:
        """Have the model write, from a new worker where the old one dies on the way."""
        context = Context(
            shown=self._scrollback.last[-SHOWN_CHARACTERS:],
            prompt=self._spec.config.prompt,
            before=tuple(self._lines),
        )
        for _ in range(WORKERS_PER_COMPLETION):
            try:
                await self._make_room()
                replies = self._model.complete(
                    tuple(self._scrollback.turns),
                    sequence=self._session,
                    seed_turns=self._scrollback.shared,
                    sampling=self._steering.sampling,
                    rng=self._spec.rng,
                    turn=self._turn,
                    policy=self._spec.policy,
                )
                written = await self._completions.follow(replies, self._turn, context)
            except WorkerGone as gone:
                self._emit(WorkerLost(at=self._clock.now(), why=str(gone)))
                await self._model.ready()
                self._emit(ModelReady(at=self._clock.now(), provenance=self._model.provenance))
            else:
                self._lines.extend(verdict.line for verdict in written.lines)
                return written
        raise ModelError(
            f"The model's process ended {WORKERS_PER_COMPLETION} times during one completion; "
            "`driftty doctor` tells what this machine can run."
        )

    async def _make_room(self) -> None:
        """Shorten the oldest live turns where the next completion would not fit."""
        completion = self._steering.sampling.max_tokens
        done = await self._scrollback.make_room(self._model, self._session, completion)
        if done is not None:
            at = self._clock.now()
            self._emit(ScrollbackShortened(at=at, turn=self._turn, **done._asdict()))

    def _drifted(self, verdict: Verdict) -> str:
        """Tell a drift; returns what ended the run where the drift policy says so."""
        if verdict.drift is None:
            return ""
        self._emit(
            DriftSeen(
                at=self._clock.now(),
                turn=self._turn,
                kind=verdict.drift,
                line=verdict.line,
                why=verdict.why,
            )
        )
        return f"drift: {verdict.drift}" if self._spec.drift == "stop" else ""

    async def _decide(self, verdict: Verdict) -> str | None:
        """What is to run for a line: itself, a person's edit, nothing (""), or none for a veto."""
        if verdict.drift and (self._spec.drift == "flag" or not verdict.line):
            self._emit(
                CommandVetoed(
                    at=self._clock.now(), turn=self._turn, command=verdict.line, by="policy"
                )
            )
            return ""
        decision = await self._steering.before_command(
            verdict.line,
            lambda: self._emit(
                CommandProposed(at=self._clock.now(), turn=self._turn, command=verdict.line)
            ),
        )
        now = self._clock.now()
        if decision.verdict == "veto":
            self._emit(CommandVetoed(at=now, turn=self._turn, command=verdict.line, by="person"))
            return None
        if decision.verdict == "edit":
            self._emit(
                CommandEdited(
                    at=now, turn=self._turn, command=verdict.line, edited=decision.command
                )
            )
        return decision.command

    def _after(self, verdict: Verdict, observation: Observation) -> str:
        """Judge a line again by what it did; returns what ended the run, or nothing."""
        if observation.command == verdict.line:
            fused = fuse(verdict, observation)
            if fused != verdict:
                self._emit(judged(fused, self._turn, self._clock))
            if verdict.drift is None and (ending := self._drifted(fused)):
                return ending
        return ended_by(observation)

    def _observe(self, seen: Sequence[Observation]) -> None:
        """Turn what the shell did into user turns: one prompt at the end, however many commands."""
        began = self._clock.now()
        seen = seen or (self._shell.observe(),)
        for turn in answer(self._channel, seen, self._spec):
            self._grow(turn, how_it_ended(seen[-1]))
        self._timed("observe", began, self._clock.now() - began)

    async def _check(self) -> None:
        """Have the task's check say whether it got done."""
        if not self._spec.task.check:
            return
        status, output = await self._shell.check(self._spec.task.check)
        self._emit(
            TaskChecked(at=self._clock.now(), done=status == 0, status=status, output=output)
        )

    async def _end(self, why: str, stopped: bool) -> RunEnded:
        """Clean up, and tell what the run came to."""
        await self._homes.done()
        await self._shell.close()
        await self._model.release(self._session)
        score = self._scorer.score
        ended = last(self._clock.now(), self._session, score, why, stopped=stopped)
        self._emit(ended)
        return ended

    def _fault(self, where: Literal["model", "shell", "console"], why: str) -> str:
        self._emit(FaultSeen(at=self._clock.now(), where=where, why=why))
        return why

    def _grow(self, turn: Turn, how: str = "") -> None:
        self._scrollback.grow(turn, how)
        self._emit(ScrollbackGrew(at=self._clock.now(), turn=self._turn, added=turn))

    def _timed(self, stage: Stage, began: int, took: int) -> None:
        self._emit(
            StageTimed(at=self._clock.now(), turn=self._turn, stage=stage, began=began, took=took)
        )

    def _shell_wrote(self, data: bytes) -> None:
        self._emit(ShellWrote(at=self._clock.now(), data=data))

    def _output_dropped(self, count: int) -> None:
        self._emit(OutputDropped(at=self._clock.now(), bytes=count))

    def _emit(self, event: AnyEvent) -> None:
        self._scorer.feed(event)
        self._tell(event)
