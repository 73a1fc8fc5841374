"""Scoring over a real small model: against its plain forward, and beside completions under way."""

import time
from typing import Any

import pytest
import torch

from engine.model.batch import Batch
from engine.model.endings import Endings
from engine.model.heads import CommandHeads, heads_of
from engine.model.kv import Store
from engine.model.probe import runner_for
from engine.model.protocol import (
    Complete,
    Completed,
    Failed,
    Reply,
    Sampled,
    Score,
    Scored,
)
from engine.model.row import Row
from engine.model.runner import PlainRunner, Runner, Work
from engine.model.scoring import PLACES, Scores
from engine.run import Sampling
from engine.scrollback import Payload, Span
from tests.engine.model.small_llama import END, OTHER, START, small_model, small_tokenizer

TOKENIZER = small_tokenizer()
ENDINGS = Endings(turn=frozenset({END}), control=frozenset({START, OTHER}))
WARM = Sampling(temperature=0.9, max_tokens=24)
PROMPT = tuple((each * 7) % 250 for each in range(60))


class Desk:
    """A batch and what is scored beside it, stepped as the worker does."""

    def __init__(self, chunk: int = 256) -> None:
        self.replies: list[Reply] = []
        self.runner: Runner = runner_for(small_model, 64 << 20)
        self.heads: CommandHeads = heads_of(TOKENIZER)
        self.batch = Batch(self.runner, ENDINGS, chunk, self.replies.append)
        self.scores = Scores(
            self.runner, TOKENIZER, ENDINGS, self.heads, chunk, self.replies.append
        )

    @property
    def store(self) -> Store:
        return self.runner.store

    def complete(self, number: int, prompt: tuple[int, ...] = PROMPT, seam: int = 40) -> None:
        payload = Payload(prompt, (Span(0, len(prompt), 0, "shell"),), seam, 0, 2048)
        request = Complete(
            id=number,
            sequence=f"run {number}",
            turns=(),
            seed_turns=0,
            sampling=WARM,
            rng=number,
            turn=1,
            policy="whole-turn",
        )
        self.batch.submit(Row(request, payload, "", TOKENIZER, self.heads))

    def score(
        self,
        number: int,
        completion: tuple[int, ...],
        *,
        prompt: tuple[int, ...] = PROMPT,
        seam: int = 40,
        rng: int = 1,
    ) -> None:
        self.scores.submit(
            Score(
                id=number,
                prompt=prompt,
                completion=completion,
                seam=seam,
                sampling=WARM,
                rng=rng,
                turn=1,
                top=4,
            )
        )

    @torch.inference_mode()
    def step(self) -> bool:
        stepped = self.batch.step()
        return self.scores.step(others=stepped) or stepped

    def run(self) -> None:
        while self.step():
            pass

    def sampled(self, number: int) -> tuple[tuple[int, ...], list[float], list[float]]:
        """Ids, log-probabilities and weights of a completion."""
        told = [each for each in self.replies if isinstance(each, Sampled | Completed)]
        mine = [each for each in told if each.id == number]
        pieces = [each for each in mine if isinstance(each, Sampled)]
        ids = tuple(token for each in pieces for token in each.ids)
        weighed = [one.command for each in mine for one in each.weighed]
        return ids, [one for each in pieces for one in each.logprobs], weighed

    def scored(self, number: int) -> Scored:
        (reply,) = (each for each in self.replies if getattr(each, "id", 0) == number)
        assert isinstance(reply, Scored), reply
        return reply


def plain(ids: tuple[int, ...]) -> torch.Tensor:
    """Log-probabilities `[tokens, vocabulary]` by the model as transformers has it."""
    model: Any = small_model()
    with torch.inference_mode():
        logits: torch.Tensor = model(input_ids=torch.tensor([ids])).logits[0]
    return torch.log_softmax(logits.float(), -1)


def test_a_completion_is_scored_as_it_was_drawn_and_the_same_tokens_are_chosen() -> None:
    desk = Desk()
    desk.complete(1)
    desk.run()
    ids, logprobs, weighed = desk.sampled(1)
    assert len(ids) > 3
    desk.score(2, ids)
    desk.run()
    scored = desk.scored(2)
    assert [token.id for token in scored.tokens] == list(ids)
    assert all(token.agrees and token.behind == 0 for token in scored.tokens)
    assert [token.logprob for token in scored.tokens] == pytest.approx(logprobs, abs=1e-4)
    assert scored.first.command == pytest.approx(weighed[0], abs=1e-5)


def test_every_number_is_that_of_the_plain_forward() -> None:
    desk, completion = Desk(), tuple(range(65, 65 + PLACES + 9))
    desk.score(1, completion)
    desk.run()
    scored = desk.scored(1)
    expected = plain(PROMPT + completion)[len(PROMPT) - 1 :]
    entropies = -(expected.exp() * expected).sum(-1)
    assert len(scored.tokens) == len(completion)
    for place, token in enumerate(scored.tokens):
        row = expected[place]
        assert token.logprob == pytest.approx(float(row[token.id]), abs=1e-3)
        assert token.rank == int((row > row[token.id]).sum()) + 1
        assert token.place.entropy == pytest.approx(float(entropies[place]), abs=1e-3)
        assert token.place.alternatives[0].id == int(row.argmax())
        told = [each.logprob for each in token.place.alternatives]
        assert told == pytest.approx(row.topk(4).values.tolist(), abs=1e-3)
    assert scored.after.entropy == pytest.approx(float(entropies[-1]), abs=1e-3)


def test_an_empty_completion_asks_for_its_first_place() -> None:
    desk = Desk()
    desk.score(1, ())
    desk.run()
    scored = desk.scored(1)
    assert scored.tokens == ()
    assert scored.first is scored.after
    assert 0 <= scored.after.command <= 1


def test_what_a_run_draws_does_not_depend_on_what_is_scored_beside_it() -> None:
    alone, beside = Desk(), Desk(chunk=16)
    for desk in (alone, beside):
        desk.complete(1)
        desk.complete(2, PROMPT[:50])
    for number in range(10, 14):
        beside.score(number, tuple(range(90, 130)), prompt=(*PROMPT[:55], number))
    alone.run()
    beside.run()
    assert [alone.sampled(each)[0] for each in (1, 2)] == [
        beside.sampled(each)[0] for each in (1, 2)
    ]
    assert len([each for each in beside.replies if isinstance(each, Scored)]) == 4


def test_a_seed_that_is_cached_is_not_computed_again_and_nothing_new_stays_cached() -> None:
    desk = Desk()
    desk.complete(1)
    desk.run()
    before = desk.store.tokens, list(desk.store.sequences), list(desk.store.prefixes)
    desk.score(2, (70, 71, 72))
    desk.score(3, (70, 71), prompt=(9, *PROMPT))
    desk.run()
    assert desk.scored(2).prefilled == 1 + 3
    assert desk.scored(3).prefilled == len(PROMPT) + 1 + 2
    assert (desk.store.tokens, list(desk.store.sequences), list(desk.store.prefixes)) == before


def test_a_run_that_takes_up_the_seed_of_a_score_keeps_it() -> None:
    desk = Desk(chunk=16)
    desk.score(1, (70, 71))
    desk.step()
    desk.complete(2)
    desk.run()
    assert desk.scored(1).tokens
    assert desk.sampled(2)[0]
    assert list(desk.store.prefixes) == [PROMPT[:40]]


def test_a_score_that_nobody_waits_for_any_more_is_given_up() -> None:
    desk = Desk(chunk=8)
    desk.score(1, (70, 71))
    desk.step()
    desk.scores.cancel(1)
    assert desk.scores.waiting == 0
    assert not desk.step()
    assert desk.replies == []
    assert desk.store.tokens == 0


def test_a_long_prompt_is_computed_a_chunk_a_step_and_long_completions_a_few_places() -> None:
    desk = Desk(chunk=16)
    desk.score(1, tuple(range(40, 40 + 2 * PLACES)))
    steps = 0
    while desk.step():
        steps += 1
    assert steps == 4 + 3  # 59 of the prompt before its last; 1 + 64 places
    assert desk.scored(1).took <= time.monotonic_ns()


def test_a_step_that_breaks_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()

    def broken(works: object) -> torch.Tensor:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(desk.runner, "run", broken)
    desk.score(1, (70,))
    desk.run()
    (failed,) = desk.replies
    assert isinstance(failed, Failed)
    assert "no such kernel" in failed.why
    assert desk.store.sequences == {}
    assert desk.store.prefixes == {}


def test_what_has_no_room_at_all_is_refused_in_a_sentence() -> None:
    desk = Desk()
    desk.store.limit = 0
    desk.score(1, (70,), seam=0)
    desk.run()
    (failed,) = desk.replies
    assert isinstance(failed, Failed)
    assert failed.kind == "memory"
    assert desk.scores.waiting == 0


def test_completions_under_way_get_half_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, now = Desk(chunk=8), [0]
    run = desk.runner.run

    def taking_ten(works: list[Work]) -> torch.Tensor:
        now[0] += 10
        return run(works)

    monkeypatch.setattr(desk.runner, "run", taking_ten)
    scores = Scores(
        desk.runner, TOKENIZER, ENDINGS, desk.heads, 8, desk.replies.append, lambda: now[0]
    )
    scores.submit(
        Score(id=1, prompt=PROMPT, completion=(70,), seam=0, sampling=WARM, rng=1, turn=1, top=1)
    )
    with torch.inference_mode():
        assert scores.step(others=True)
        assert not scores.step(others=True)
        now[0] += 10
        assert scores.step(others=True)
        assert not scores.step(others=True)
        assert scores.step(others=False), "alone, it need not wait"


def test_a_model_that_shares_nothing_scores_the_same() -> None:
    shared, plainly = Desk(), Desk()
    model: Any = small_model()
    store = Store(plainly.store.layout, 64 << 20, shares=False)
    plainly.runner = PlainRunner(model, store)
    plainly.scores = Scores(
        plainly.runner, TOKENIZER, ENDINGS, plainly.heads, 16, plainly.replies.append
    )
    for desk in (shared, plainly):
        desk.score(1, tuple(range(90, 90 + PLACES + 3)))
        desk.run()
    one, other = shared.scored(1), plainly.scored(1)
    assert [each.logprob for each in one.tokens] == pytest.approx(
        [each.logprob for each in other.tokens], abs=1e-3
    )
    assert [each.place.choice.id for each in one.tokens] == [
        each.place.choice.id for each in other.tokens
    ]
    assert plainly.store.sequences == {}
