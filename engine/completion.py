"""One completion: what the model says, told as events, with every line judged as it ends."""

import time
from collections.abc import AsyncIterator, Callable

import msgspec

from engine.clock import SessionClock
from engine.drift.judge import judge
from engine.drift.verdict import Context, Verdict
from engine.events import (
    AnyEvent,
    CompletionEnded,
    FirstTokenWeighed,
    LineJudged,
    PartClosed,
    PartGrew,
    PartOpened,
    PromptSent,
    Stage,
    StageTimed,
    TokensNamed,
    TokensSampled,
)
from engine.model.protocol import (
    Completed,
    CompletionReply,
    PartDelta,
    Prompted,
    Sampled,
    Weighed,
)
from engine.prefix import shared_prefix
from engine.run import CommandPolicy
from engine.scrollback import Turn


class Written(msgspec.Struct, frozen=True):
    """What the operator wrote in one completion."""

    turn: Turn
    """As it goes into the scrollback: the sampled ids, without the newline that ended the line."""
    lines: tuple[Verdict, ...]
    """Its lines for the shell, in order, judged by their text: all that is not reasoning, under
    `first-line` no comments either; an empty one at the end where a control token that does not end
    a turn ended the completion."""


_CONTROL = Verdict(line="", label="control", why="wrote a control token that does not end its turn")


class CompletionLog:
    """Tells a run's completions as events.

    One for a run, because a prompt is told as what differs from the prompt before.
    """

    def __init__(
        self, emit: Callable[[AnyEvent], None], clock: SessionClock, policy: CommandPolicy
    ) -> None:
        """`emit` gets the events in order; `policy` is that of the completions."""
        self._emit = emit
        self._clock = clock
        self._policy = policy
        self._prompt: tuple[int, ...] = ()
        self._named: set[int] = set()

    async def follow(
        self, replies: AsyncIterator[CompletionReply], turn: int, context: Context
    ) -> Written:
        """Relay one completion to its end.

        Each line is judged against `context`, to which the lines before it are added. Raises what
        the model raises; what was told of the completion by then is replaced by the next `PromptSent`.
        """
        tokens: list[tuple[int, str]] = []
        lines: list[Verdict] = []
        judging = 0
        async for reply in replies:
            match reply:
                case Prompted():
                    self._prompted(reply, turn)
                case Sampled():
                    self._weighed(reply.weighed, turn)
                    tokens.extend(zip(reply.ids, reply.texts, strict=True))
                    self._sampled(reply, turn)
                    judging += self._parts(reply.parts, turn, context, lines)
                case Completed():
                    self._weighed(reply.weighed, turn)
                    judging += self._parts(reply.parts, turn, context, lines)
                    if reply.reason == "control":
                        lines.append(_CONTROL)
                        self._emit(judged(_CONTROL, turn, self._clock))
                    self._completed(reply, turn, len(tokens), judging)
                    return _written(tokens, lines, reply)
        raise AssertionError("a model's reply stream ended without Completed")

    def _prompted(self, reply: Prompted, turn: int) -> None:
        payload = reply.payload
        kept = shared_prefix(self._prompt, payload.ids)
        self._prompt = payload.ids
        new = [(token, text) for token, text in payload.names if token not in self._named]
        if new:
            ids, texts = zip(*new, strict=True)
            self._named.update(ids)
            self._emit(TokensNamed(at=self._clock.now(), ids=ids, texts=texts))
        self._emit(
            PromptSent(
                at=self._clock.now(),
                turn=turn,
                kept=kept,
                ids=payload.ids[kept:],
                spans=payload.spans,
                seam=payload.seam,
                cached=payload.cached,
                window=payload.window,
            )
        )

    def _sampled(self, reply: Sampled, turn: int) -> None:
        self._emit(
            TokensSampled(
                at=self._clock.now(),
                turn=turn,
                position=reply.position,
                ids=reply.ids,
                texts=reply.texts,
                logprobs=reply.logprobs,
                times=tuple(self._clock.since_start(moment) for moment in reply.times),
            )
        )

    def _weighed(self, weighed: tuple[Weighed, ...], turn: int) -> None:
        for each in weighed:
            self._emit(
                FirstTokenWeighed(
                    at=self._clock.now(), turn=turn, position=each.position, command=each.command
                )
            )

    def _parts(
        self, deltas: tuple[PartDelta, ...], turn: int, context: Context, lines: list[Verdict]
    ) -> int:
        """Tell what happened to the parts; returns the nanoseconds that judging took."""
        judging = 0
        for delta in deltas:
            at = self._clock.now()
            if delta.state == "open":
                self._emit(PartOpened(at=at, turn=turn, part=delta.part, kind=delta.kind))
            elif delta.state == "grow":
                self._emit(PartGrew(at=at, turn=turn, part=delta.part, text=delta.text))
            else:
                judging += self._closed(delta, turn, context, lines)
        return judging

    def _closed(self, delta: PartDelta, turn: int, context: Context, lines: list[Verdict]) -> int:
        kind = delta.kind
        verdict, took = None, 0
        if kind == "line":
            before = context.before + tuple(verdict.line for verdict in lines)
            began = time.perf_counter_ns()
            within = msgspec.structs.replace(context, before=before, unanswered=len(lines))
            verdict = judge(delta.text, within)
            took = time.perf_counter_ns() - began
            kind = "prose" if verdict.drift else "command"
        self._emit(
            PartClosed(
                at=self._clock.now(),
                turn=turn,
                part=delta.part,
                kind=kind,
                text=delta.text,
                complete=delta.complete,
            )
        )
        if verdict is not None:
            lines.append(verdict)
            self._emit(judged(verdict, turn, self._clock))
        elif kind == "comment" and self._policy == "whole-turn":
            # Every line goes to the shell, which may be reading a heredoc and not a comment.
            lines.append(Verdict(line=delta.text, label="comment", why="begins with #"))
        return took

    def _completed(self, reply: Completed, turn: int, tokens: int, judging: int) -> None:
        began = self._clock.since_start(reply.began)
        self._emit(
            CompletionEnded(at=self._clock.now(), turn=turn, reason=reply.reason, tokens=tokens)
        )
        timed: list[tuple[Stage, int, int, int]] = [
            ("seed", began, reply.prefill, reply.prefilled),
            ("first_token", began, reply.first, 1 if tokens else 0),
            ("completion", began, reply.took, tokens),
            ("route", began + reply.took, judging, 0),
        ]
        for stage, stage_began, took, computed in timed:
            held = reply.held if stage == "completion" else None
            self._emit(
                StageTimed(
                    at=self._clock.now(),
                    turn=turn,
                    stage=stage,
                    began=stage_began,
                    took=took,
                    tokens=computed,
                    held=held,
                )
            )


def judged(verdict: Verdict, turn: int, clock: SessionClock) -> LineJudged:
    """A verdict as an event."""
    return LineJudged(
        at=clock.now(),
        turn=turn,
        line=verdict.line,
        label=verdict.label,
        why=verdict.why,
        by=verdict.by,
    )


def _written(tokens: list[tuple[int, str]], lines: list[Verdict], completed: Completed) -> Written:
    # Seeds demonstrate commands without a newline at the end; a live turn must look the same.
    if completed.reason == "line":
        while tokens and not tokens[-1][1].strip():
            tokens.pop()
    turn = Turn(
        role="assistant",
        text="".join(text for _, text in tokens),
        origin="operator",
        ids=tuple(token for token, _ in tokens),
    )
    return Written(turn=turn, lines=tuple(lines))
