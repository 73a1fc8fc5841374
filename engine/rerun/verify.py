"""Re-running a recording: the same prompts, the same dice, and every token compared.

Each completion is generated anew from the scrollback as recorded, with the recorded shell output,
injections and edits in it. Where a token differs, the recorded completion is put through the model
as it was written, so that every further place at which the model chooses otherwise is found too, and
each can be told a near-tie or a real difference.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from engine.errors import ModelError, WorkerGone
from engine.model.protocol import Completed, Model, Prompted, Sampled, Scored
from engine.prefix import shared_prefix
from engine.rerun import noise, provenances
from engine.rerun.finding import (
    Continuation,
    Divergence,
    PromptDifference,
    Token,
    TurnFinding,
    Verification,
)
from engine.rerun.past import Attempt, Past
from engine.run import Sampling

WORKERS = 3
"""How many workers one completion may outlive."""
CONTINUED = 24
"""Tokens of either continuation that are told."""


class _Generated(msgspec.Struct):
    """A completion, generated anew."""

    prompt: tuple[int, ...] = ()
    seam: int = 0
    ids: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    logprobs: tuple[float, ...] = ()
    reason: str = ""

    def token(self, position: int) -> Token:
        """A token of it, or its end."""
        if position < len(self.ids):
            return Token(
                id=self.ids[position], text=self.texts[position], logprob=self.logprobs[position]
            )
        return Token(id=None, text=self.reason, logprob=None)


class Verifier:
    """Runs one recording again on a model."""

    def __init__(
        self, past: Past, model: Model, progress: Callable[[int, int], None] = lambda done, of: None
    ) -> None:
        """`progress` is told how many of the completions are done."""
        self._past = past
        self._model = model
        self._progress = progress
        self._sequence = f"verify-{past.started.session}"
        self._allowed = 0.0

    async def run(self) -> Verification:
        """Generate every completion again, and compare. Raises `ModelError` where none can be had."""
        began = time.monotonic_ns()
        past = self._past
        await self._model.ready()
        recorded = past.provenances[-1] if past.provenances else None
        now = self._model.provenance
        self._allowed = noise.bound(recorded.dtype if recorded else now.dtype, now.dtype)
        findings: list[TurnFinding] = []
        try:
            for group in _turns([each for each in past.attempts if not _masked(each)]):
                findings.extend(await self._turn(group))
                self._progress(len(findings), len(past.attempts))
        finally:
            await self._model.release(self._sequence)
        return Verification(
            session=past.started.session,
            turns=tuple(findings),
            provenance=provenances.differences(past.started.version, recorded, now),
            notes=_notes(past),
            took=time.monotonic_ns() - began,
        )

    async def _turn(self, attempts: list[Attempt]) -> list[TurnFinding]:
        """All times that one turn was asked: the last one, and those broken off before it."""
        last = attempts[-1]
        findings, generated = [], None
        for sampling in last.samplings:
            generated = await self._generate(last, sampling)
            finding = await self._compare(last, generated, sampling)
            findings.append(finding)
            if finding.identical:
                break
        assert generated is not None
        # A sampling that gives the very tokens is the one that counted; else the likelier is told.
        told = next((each for each in findings if each.identical), findings[0])
        earlier = []
        for attempt in attempts[:-1]:
            sampling = attempt.samplings[0]
            same = sampling == last.samplings[0] and attempt.prompt == last.prompt
            again = generated if same else await self._generate(attempt, sampling)
            earlier.append(await self._compare(attempt, again, sampling))
        return [*earlier, told]

    async def _generate(self, attempt: Attempt, sampling: Sampling) -> _Generated:
        """The completion anew, from a new worker where the old one dies on the way."""
        if attempt.reason in (None, "cancelled"):
            # What came after it was broken off is not known, so nothing more is needed.
            most = min(sampling.max_tokens, max(len(attempt.ids), 1))
            sampling = msgspec.structs.replace(sampling, max_tokens=most)
        spec = self._past.spec
        for _ in range(WORKERS):
            made = _Generated()
            replies = self._model.complete(
                attempt.scrollback,
                sequence=self._sequence,
                seed_turns=self._past.seed_turns,
                sampling=sampling,
                rng=spec.rng,
                turn=attempt.turn,
                policy=spec.policy,
            )
            try:
                async for reply in replies:
                    match reply:
                        case Prompted(payload=payload):
                            made.prompt, made.seam = payload.ids, payload.seam
                        case Sampled():
                            made.ids += reply.ids
                            made.texts += reply.texts
                            made.logprobs += reply.logprobs
                        case Completed(reason=reason):
                            made.reason = reason
            except WorkerGone:
                await self._model.ready()
            else:
                return made
        raise ModelError(
            f"The model's process ended {WORKERS} times while turn {attempt.turn} was generated again; "
            "`driftty doctor` tells what this machine can run."
        )

    async def _compare(self, attempt: Attempt, made: _Generated, sampling: Sampling) -> TurnFinding:
        partial = attempt.reason in (None, "cancelled")
        shared = shared_prefix(attempt.ids, made.ids)
        same = shared == len(attempt.ids) and (
            partial or (shared == len(made.ids) and attempt.reason == made.reason)
        )
        then, now = attempt.logprobs[:shared], made.logprobs[:shared]
        finding = TurnFinding(
            turn=attempt.turn,
            tokens=len(attempt.ids),
            partial=partial,
            prompt=_prompt(attempt, made),
            deviation=max((abs(a - b) for a, b in zip(then, now, strict=True)), default=0.0),
        )
        if same:
            return finding
        scored = await self._model.score(
            attempt.prompt,
            attempt.ids,
            seam=made.seam if finding.prompt is None else 0,
            sampling=sampling,
            rng=self._past.spec.rng,
            turn=attempt.turn,
        )
        return msgspec.structs.replace(
            finding,
            divergences=self._divergences(attempt, made, shared, scored),
            continuation=Continuation(
                recorded=tuple(
                    _recorded(attempt, at)
                    for at in range(shared, min(len(attempt.ids), shared + CONTINUED))
                ),
                recorded_reason=attempt.reason or "",
                now=tuple(
                    made.token(at) for at in range(shared, min(len(made.ids), shared + CONTINUED))
                ),
                now_reason=made.reason,
            ),
        )

    def _divergences(
        self, attempt: Attempt, made: _Generated, first: int, scored: Scored
    ) -> tuple[Divergence, ...]:
        """Every place where the model chooses otherwise, given what was recorded before it.

        The first one is where generating went another way, whatever scoring says of it: the two compute
        the same numbers in another order.
        """
        found = []
        for position, score in enumerate(scored.tokens):
            if position != first and score.agrees:
                continue
            choice = score.place.choice
            now = Token(
                id=None if choice.ends else choice.id,
                text=choice.text,
                logprob=_likelihood(scored, position),
            )
            if position == first:
                now = made.token(position)
                if now.logprob is None:
                    now = msgspec.structs.replace(now, logprob=_likelihood(scored, position))
            recorded = _recorded(attempt, position)
            near, why = noise.explains(self._allowed, score.behind, recorded.logprob, score.logprob)
            found.append(
                Divergence(
                    turn=attempt.turn,
                    position=position,
                    recorded=recorded,
                    now=now,
                    recorded_now=score.logprob,
                    behind=score.behind,
                    near_tie=near,
                    why=why,
                )
            )
        if first == len(attempt.ids):
            found.append(self._at_end(attempt, made, scored))
        return tuple(found)

    def _at_end(self, attempt: Attempt, made: _Generated, scored: Scored) -> Divergence:
        """The recorded completion ended where the new one goes on, or ended for another reason."""
        choice = scored.after.choice
        agrees = choice.ends and attempt.reason == "end"
        near = agrees or choice.lead <= self._allowed
        return Divergence(
            turn=attempt.turn,
            position=len(attempt.ids),
            recorded=Token(id=None, text=attempt.reason or "", logprob=None),
            now=made.token(len(attempt.ids)),
            recorded_now=None,
            behind=0.0 if agrees else choice.lead,
            near_tie=near,
            why=f"it ended by `{attempt.reason}`, and the next token leads by {choice.lead:.4f} logits",
        )


def _masked(attempt: Attempt) -> bool:
    """Whether its tokens were masked when the session was exported."""
    return bool(attempt.ids) and not any(attempt.ids)


def _turns(attempts: Sequence[Attempt]) -> list[list[Attempt]]:
    groups: list[list[Attempt]] = []
    for attempt in attempts:
        if groups and groups[-1][0].turn == attempt.turn:
            groups[-1].append(attempt)
        else:
            groups.append([attempt])
    return groups


def _prompt(attempt: Attempt, made: _Generated) -> PromptDifference | None:
    if attempt.prompt == made.prompt:
        return None
    return PromptDifference(
        at=shared_prefix(attempt.prompt, made.prompt),
        recorded=len(attempt.prompt),
        now=len(made.prompt),
    )


def _recorded(attempt: Attempt, position: int) -> Token:
    return Token(
        id=attempt.ids[position],
        text=attempt.texts[position],
        logprob=attempt.logprobs[position],
    )


def _likelihood(scored: Scored, position: int) -> float | None:
    """What the model thinks of the token that it chooses there, where that is told."""
    place = scored.tokens[position].place
    alternatives = {each.id: each.logprob for each in place.alternatives}
    return alternatives.get(place.choice.id)


def _notes(past: Past) -> tuple[str, ...]:
    notes = []
    if not past.attempts:
        notes.append("the model was never asked, so there is nothing to generate again")
    masked = sum(map(_masked, past.attempts))
    if masked:
        notes.append(
            f"the tokens of {masked} completions were masked on export, and cannot be compared; "
            "export with --no-redact to verify elsewhere"
        )
    if past.ended is None:
        notes.append("the recording breaks off; what there is of it was compared")
    if len(past.provenances) > 1:
        notes.append("more than one model answered in it; the last is held against the one of now")
    contradictions = [
        turn
        for turn in dict.fromkeys(attempt.turn for attempt in past.attempts)
        if _contradicts(past, turn)
    ]
    notes += [
        f"the scrollback holds other tokens of turn {turn} than were recorded as sampled"
        for turn in contradictions
    ]
    return tuple(notes)


def _contradicts(past: Past, turn: int) -> bool:
    """Whether what went back to the model is not what it wrote, though no person changed it."""
    attempt = past.attempt(turn)
    live = past.scrollback[past.seed_turns :]
    said = next(
        (
            each
            for number, each in zip(past.numbers, live, strict=True)
            if number == turn and each.role == "assistant" and each.origin == "operator"
        ),
        None,
    )
    if attempt is None or said is None or attempt.reason is None:
        return False
    return said.ids != attempt.ids[: len(said.ids)]
