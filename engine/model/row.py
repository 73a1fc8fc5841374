"""One completion under way: what it still has to compute, and what each token does to it."""

import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from engine.model.detokenise import Detokeniser
from engine.model.endings import Endings
from engine.model.heads import CommandHeads
from engine.model.kv import Sequence
from engine.model.linestart import LineStart
from engine.model.protocol import (
    Complete,
    Completed,
    PartDelta,
    Prompted,
    Reply,
    Sampled,
    Weighed,
)
from engine.model.sampling import Ask, Draw
from engine.prompt.reasoning import part_parser
from engine.scrollback import Payload

AHEAD = 32
"""Tokens for which there is room before they are written."""

Reason = Literal["line", "end", "length", "cancelled", "control"]


class Row:
    """A request from the moment it came to its `Completed`.

    A token that ends the turn, a control token, and under the policy `first-line` a token of
    nothing but blanks whose newline ends the line, are not kept: they would stand between the
    command and the template's own end of turn, where the seed's turns have nothing. A token that
    holds more than that newline is kept whole; what it has after the newline is in no part.
    """

    def __init__(
        self,
        request: Complete,
        payload: Payload,
        opening: str,
        tokenizer: Any,
        heads: CommandHeads | None = None,
    ) -> None:
        """`opening`: the end of the prompt as text, which may have opened the reasoning.

        `heads`: to weigh how likely a command is, wherever a line can begin.
        """
        self.request = request
        self.payload = payload
        self.sequence: Sequence | None = None
        """What it goes on from, once it is taken up."""
        self.sampled: list[int] = []
        self.ended = False
        self._detokeniser = Detokeniser(tokenizer)
        self._parser = part_parser(tokenizer, request.policy, opening)
        self._heads = heads
        self._start = LineStart()
        self._weighed: tuple[Weighed, ...] = ()
        """At the token that is being taken."""
        self._began = 0
        self._prefilled = 0
        self._prefill = 0
        self._first = 0

    @property
    def ids(self) -> tuple[int, ...]:
        """All tokens that have to be computed before the next can be drawn."""
        return (*self.payload.ids, *self.sampled) if self.sampled else self.payload.ids

    def pending(self) -> tuple[int, ...]:
        """Those of them that are not cached yet."""
        assert self.sequence is not None
        cached = self.sequence.cached
        prompt = len(self.payload.ids)
        if cached >= prompt:
            return tuple(self.sampled[cached - prompt :])
        return (*self.payload.ids[cached:], *self.sampled)

    def room(self) -> int:
        """For how many tokens there is to be room, from what is cached on: those that have to be
        computed, and a few that will be written. Most completions are far shorter than they may be.
        """
        assert self.sequence is not None
        left = self.request.sampling.max_tokens - len(self.sampled)
        length = len(self.ids) + min(max(left, 0), AHEAD)
        if self.payload.window:
            length = min(length, self.payload.window)
        return length - self.sequence.cached

    def begin(self, sequence: Sequence) -> Prompted:
        """It is taken up, on what this sequence has cached."""
        self.sequence = sequence
        self._began = time.monotonic_ns()
        self._prefilled = len(self.payload.ids) - sequence.cached
        return Prompted(
            id=self.request.id,
            payload=msgspec.structs.replace(self.payload, cached=sequence.cached),
        )

    def prefilled(self) -> None:
        """The prompt is computed."""
        if not self._prefill:
            self._prefill = time.monotonic_ns() - self._began

    def ask(self) -> Ask:
        """Which token it wants next."""
        request = self.request
        penalised = request.sampling.repetition_penalty != 1.0
        seen = self.ids if penalised else ()
        heads = self._heads if self._start.here else None
        return Ask(request.sampling, request.rng, request.turn, len(self.sampled), seen, heads)

    def take(self, draw: Draw, endings: Endings, send: Callable[[Reply], None]) -> None:
        """A token was drawn: tell what it adds, and end where it ends something."""
        now = time.monotonic_ns()
        self._first = self._first or now - self._began
        if draw.command is not None:
            self._weighed = (Weighed(len(self.sampled), draw.command),)
        if draw.id in endings.turn:
            self.end("end", send)
            return
        if draw.id in endings.control:
            self.end("control", send)
            return
        text = self._detokeniser.push(draw.id)
        parts = tuple(self._parser.feed(text))
        self._start.after(text, parts)
        served = self._parser.line_served
        if served and not text.strip():
            self.end("line", send, parts)
            return
        position = len(self.sampled)
        self.sampled.append(draw.id)
        send(
            Sampled(
                id=self.request.id,
                position=position,
                ids=(draw.id,),
                texts=(text,),
                logprobs=(draw.logprob,),
                times=(now,),
                parts=parts,
                weighed=self._weighed,
            )
        )
        self._weighed = ()
        if served:
            self.end("line", send)
        elif self._full():
            self.end("length", send)

    def end(
        self, reason: Reason, send: Callable[[Reply], None], parts: tuple[PartDelta, ...] = ()
    ) -> None:
        """It is over."""
        self.ended = True
        now = time.monotonic_ns()
        self._began = self._began or now
        send(
            Completed(
                id=self.request.id,
                reason=reason,
                began=self._began,
                prefilled=self._prefilled if self._prefill else 0,
                prefill=self._prefill,
                first=self._first,
                took=now - self._began,
                parts=(*parts, *self._parser.close()),
                weighed=self._weighed,
            )
        )

    def _full(self) -> bool:
        window = self.payload.window
        length = len(self.payload.ids) + len(self.sampled)
        most = self.request.sampling.max_tokens
        return len(self.sampled) >= most or (window > 0 and length >= window)
