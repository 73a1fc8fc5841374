"""Scores completions that are there already, a stretch at a time between the steps of the batch.

A score is computed as a prompt is, in chunks, by a sequence of its own that goes on from whatever is
cached of the same prompt and leaves nothing behind. Logits are wanted of a few places at once, so that
a long completion takes no more memory than a short one.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Literal

import torch

from engine.model.contest import contests
from engine.model.detokenise import Detokeniser
from engine.model.endings import Endings
from engine.model.heads import CommandHeads
from engine.model.kv import Sequence
from engine.model.protocol import Failed, Reply, Score, Scored
from engine.model.runner import Runner, Work
from engine.model.sampling import Ask
from engine.model.scored import Alternative, Choice, Place, TokenScore

PLACES = 32
"""Whose logits are there at once: 6 MB of a vocabulary of 49k, 33 MB of one of 256k."""

_log = logging.getLogger(__name__)


class Scores:
    """What is asked to be scored, in the order it came; one after the other."""

    def __init__(
        self,
        runner: Runner,
        tokenizer: Any,
        endings: Endings,
        heads: CommandHeads,
        chunk: int,
        send: Callable[[Reply], None],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`chunk`: tokens of a prompt computed in one step at most."""
        self._runner = runner
        self._reader = _Reader(tokenizer, endings, heads)
        self._chunk = chunk
        self._send = send
        self._clock = clock
        self._asked: list[_Scoring] = []
        self._resting_until = 0

    @property
    def waiting(self) -> int:
        """How many have no answer yet."""
        return len(self._asked)

    def submit(self, score: Score) -> None:
        """Take a request that the model can read."""
        self._asked.append(_Scoring(score, self._reader))

    def cancel(self, request: int) -> None:
        """Nobody waits for this one any more."""
        for scoring in [each for each in self._asked if each.score.id == request]:
            self._leave(scoring)

    def step(self, others: bool) -> bool:
        """Compute the next stretch of the first that can be; false where nothing was computed.

        `others`: whether completions are under way. They get half of the time at least, and their end
        may make room.
        """
        began = self._clock()
        if others and began < self._resting_until:
            return False
        stepped = self._step(others)
        now = self._clock()
        self._resting_until = now + (now - began)
        return stepped

    def _step(self, others: bool) -> bool:
        for scoring in list(self._asked):
            ready = self._begin(scoring, others)
            if ready is None:
                self._fail(scoring, "memory", _no_room(scoring.score))
            elif ready:
                self._compute(scoring)
                return True
        return False

    def _begin(self, scoring: "_Scoring", others: bool) -> bool | None:
        """Whether it can be computed now; none where it never can."""
        if scoring.sequence is not None:
            return True
        score, store = scoring.score, self._runner.store
        known = set(store.prefixes)
        sequence = store.open(f"score {score.id}", score.prompt, score.seam)
        if sequence is None:
            return False
        scoring.sequence = sequence
        scoring.new_prefix = sequence.prefix is not None and sequence.prefix.ids not in known
        scoring.prefilled = len(scoring.ids) - sequence.cached
        if store.reserve(sequence, scoring.prefilled):
            return True
        self._let_go(scoring)
        return False if others else None

    def _compute(self, scoring: "_Scoring") -> None:
        assert scoring.sequence is not None
        first = len(scoring.score.prompt) - 1
        at = scoring.sequence.cached
        stop = min(first, at + self._chunk) if at < first else at + PLACES
        work = Work(scoring.sequence, scoring.ids[at:stop], wanted=at >= first, every=True)
        try:
            logits = self._runner.run([work])
            if work.wanted:
                scoring.take(logits)
        except (MemoryError, RuntimeError) as error:
            _log.error("A score could not be computed.", exc_info=error)
            lines = str(error).strip().splitlines() or [""]
            why = f"The completion could not be scored ({type(error).__name__}: {lines[0][:160]})."
            self._fail(scoring, "internal", f"{why} Score fewer turns at once, or try again.")
            return
        if scoring.sequence.cached == len(scoring.ids):
            self._send(scoring.scored())
            self._leave(scoring)

    def _fail(self, scoring: "_Scoring", kind: Literal["memory", "internal"], why: str) -> None:
        self._send(Failed(id=scoring.score.id, kind=kind, why=why))
        self._leave(scoring)

    def _leave(self, scoring: "_Scoring") -> None:
        self._let_go(scoring)
        self._asked.remove(scoring)

    def _let_go(self, scoring: "_Scoring") -> None:
        """Leave nothing cached that was not before."""
        sequence, scoring.sequence = scoring.sequence, None
        if sequence is None:
            return
        store = self._runner.store
        store.close(sequence)
        store.forget(sequence.name)
        if scoring.new_prefix and sequence.prefix is not None:
            store.discard(sequence.prefix)


class _Reader:
    """Reads logits: what they say of a place."""

    def __init__(self, tokenizer: Any, endings: Endings, heads: CommandHeads) -> None:
        self.tokenizer = tokenizer
        self._heads = heads
        self._ends = endings.turn | endings.control
        self._texts: dict[int, str] = {}

    def text(self, token: int) -> str:
        """Of a token alone."""
        if token not in self._texts:
            self._texts[token] = self.tokenizer.decode(
                [token], skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        return self._texts[token]

    def read(
        self, logits: torch.Tensor, asks: list[Ask], written: list[int], top: int
    ) -> list[tuple[float, int, float | None, Place]]:
        """Of each row: the written token's log probability, rank and gap, and the place.

        `logits: [rows, vocabulary]`; `written`: a token for each row.
        """
        own = logits.float()
        normaliser = torch.logsumexp(own, -1)
        if not bool(torch.isfinite(normaliser).all()):
            raise RuntimeError("the model's logits are not numbers; load it in float32")
        chosen = own.gather(-1, torch.tensor(written, device=own.device)[:, None])
        ranks = ((own > chosen).sum(-1) + 1).tolist()
        logprobs = (chosen[:, 0] - normaliser).tolist()
        commands = self._heads.probability(own, normaliser).tolist()
        values, ids = torch.topk(own - normaliser[:, None], min(top, own.shape[-1]))
        entropies = torch.special.entr(torch.softmax(own, -1)).sum(-1).tolist()
        drawn = contests(own, asks, written)
        return [
            (
                logprobs[row],
                ranks[row],
                contest.behind,
                Place(
                    entropy=entropies[row],
                    command=commands[row],
                    alternatives=tuple(
                        Alternative(token, self.text(token), logprob)
                        for token, logprob in zip(
                            ids[row].tolist(), values[row].tolist(), strict=True
                        )
                    ),
                    choice=Choice(
                        id=contest.id,
                        text=self.text(contest.id),
                        lead=contest.lead,
                        ends=contest.id in self._ends,
                    ),
                ),
            )
            for row, contest in enumerate(drawn)
        ]


class _Scoring:
    """One request, as far as it is computed."""

    def __init__(self, score: Score, reader: _Reader) -> None:
        self.score = score
        self.ids = score.prompt + score.completion
        self.sequence: Sequence | None = None
        self.new_prefix = False
        """Whether the shared prefix is there only for this."""
        self.prefilled = 0
        self._reader = reader
        self._detokeniser = Detokeniser(reader.tokenizer)
        self._came = time.monotonic_ns()
        self._tokens: list[TokenScore] = []
        self._after: Place | None = None

    def take(self, logits: torch.Tensor) -> None:
        """The logits of the next places, `[places, vocabulary]`."""
        score, at = self.score, len(self._tokens)
        asks = [self._ask(position) for position in range(at, at + len(logits))]
        # At the place after the last token nothing is written; any id will do.
        written = [*score.completion[at : at + len(logits)], 0][: len(logits)]
        for token, (logprob, rank, behind, place) in zip(
            written, self._reader.read(logits, asks, written, score.top), strict=True
        ):
            if len(self._tokens) == len(score.completion):
                self._after = place
                return
            self._tokens.append(
                TokenScore(
                    id=token,
                    text=self._detokeniser.push(token),
                    logprob=logprob,
                    rank=rank,
                    behind=behind,
                    place=place,
                )
            )

    def scored(self) -> Scored:
        """The answer, once all is computed."""
        assert self._after is not None
        return Scored(
            id=self.score.id,
            tokens=tuple(self._tokens),
            after=self._after,
            prefilled=self.prefilled,
            took=time.monotonic_ns() - self._came,
        )

    def _ask(self, position: int) -> Ask:
        score = self.score
        penalised = score.sampling.repetition_penalty != 1.0
        seen = score.prompt + score.completion[:position] if penalised else ()
        return Ask(score.sampling, score.rng, score.turn, position, seen)


def _no_room(score: Score) -> str:
    return (
        f"There is no room to score the {len(score.prompt) + len(score.completion)} tokens of this"
        " turn; close other programs and restart the model."
    )
