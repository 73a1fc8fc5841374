import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.sampling import Ask, Draw, NoDistribution, draw, uniform
from engine.run import Sampling

GENERATOR = torch.Generator().manual_seed(7)


def one(
    logits: torch.Tensor, sampling: Sampling, position: int = 0, seen: tuple[int, ...] = ()
) -> int:
    (drawn,) = draw(logits[None], [Ask(sampling, 1, 1, position, seen)])
    assert isinstance(drawn, Draw)
    return drawn.id


def reference(logits: torch.Tensor, sampling: Sampling, position: int) -> int:
    """The same definition, spelt out over the whole vocabulary and without any shortcut."""
    order = sorted(range(len(logits)), key=lambda token: (-float(logits[token]), token))
    scores = logits.double() / sampling.temperature
    shares = torch.softmax(scores, -1)
    kept = order[: sampling.top_k] if sampling.top_k else order
    mass = sum(float(shares[token]) for token in kept)
    nucleus, covered = [], 0.0
    for token in kept:
        nucleus.append(token)
        covered += float(shares[token])
        if covered >= sampling.top_p * mass:
            break
    least = sampling.min_p * float(shares[nucleus[0]])
    final = [token for token in nucleus if float(shares[token]) >= least]
    target = uniform(1, 1, position) * sum(float(shares[token]) for token in final)
    for token in final:
        target -= float(shares[token])
        if target < 0:
            return token
    return final[-1]


def test_the_uniform_numbers_depend_on_run_turn_and_position_only() -> None:
    numbers = {uniform(r, t, p) for r in range(10) for t in range(10) for p in range(100)}
    assert len(numbers) == 10_000
    assert all(0.0 <= number < 1.0 for number in numbers)
    assert abs(np.mean(sorted(numbers)) - 0.5) < 0.01
    assert uniform(42, 3, 7) == uniform(42, 3, 7)


def test_the_uniform_number_of_a_known_argument_never_changes() -> None:
    assert uniform(42, 1, 0) == 0.6168771821503589


@settings(max_examples=150, deadline=None)
@given(
    vocabulary=st.sampled_from([5, 256, 257, 2000]),
    spread=st.sampled_from([0.01, 1.0, 5.0]),
    temperature=st.sampled_from([0.3, 0.7, 1.0, 1.8]),
    top_p=st.sampled_from([1.0, 0.95, 0.5, 0.01]),
    top_k=st.sampled_from([0, 1, 40, 255, 256, 300]),
    min_p=st.sampled_from([0.0, 0.05, 0.9]),
    position=st.integers(0, 10_000),
)
def test_the_short_cut_over_the_head_draws_what_the_whole_vocabulary_would(
    vocabulary: int,
    spread: float,
    temperature: float,
    top_p: float,
    top_k: int,
    min_p: float,
    position: int,
) -> None:
    logits = torch.randn(vocabulary, generator=GENERATOR) * spread
    sampling = Sampling(temperature=temperature, top_p=top_p, top_k=top_k, min_p=min_p)
    assert one(logits, sampling, position) == reference(logits, sampling, position)


def test_a_flat_distribution_reaches_every_token() -> None:
    logits = torch.zeros(1000)
    drawn = {one(logits, Sampling(temperature=1.0), position) for position in range(8000)}
    assert len(drawn) > 990


def test_draws_follow_the_distribution() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    many = draw(
        logits.expand(20_000, 4), [Ask(Sampling(temperature=1.0), 9, 2, p) for p in range(20_000)]
    )
    counts = Counter(drawn.id for drawn in many if isinstance(drawn, Draw))
    for token, share in enumerate([0.5, 0.3, 0.15, 0.05]):
        assert abs(counts[token] / 20_000 - share) < 4 * math.sqrt(share * (1 - share) / 20_000)


def test_temperature_zero_takes_the_likeliest_and_the_lowest_id_among_equals() -> None:
    logits = torch.zeros(5000)
    assert one(logits, Sampling(temperature=0.0)) == 0
    logits[[4321, 77]] = 3.0
    assert one(logits, Sampling(temperature=0.0)) == 77


def test_a_row_draws_the_same_alone_and_in_any_batch() -> None:
    logits = torch.randn(16, 3000, generator=GENERATOR) * 3
    asks = [
        Ask(Sampling(temperature=0.5 + row / 8, top_p=0.9 if row % 2 else 1.0), row, 1, row)
        for row in range(16)
    ]
    together = draw(logits, asks)
    alone = [draw(logits[row : row + 1], [asks[row]])[0] for row in range(16)]
    backwards = draw(logits.flip(0), asks[::-1])[::-1]
    assert [d.id for d in together if isinstance(d, Draw)] == [
        d.id for d in alone if isinstance(d, Draw)
    ]
    assert together == backwards


def test_the_logprob_is_the_models_own() -> None:
    logits = torch.randn(600, generator=GENERATOR)
    sampling = Sampling(temperature=0.2, top_k=3, repetition_penalty=5.0)
    (drawn,) = draw(logits[None], [Ask(sampling, 1, 1, 1, seen=(1, 2, 3))])
    assert isinstance(drawn, Draw)
    assert drawn.logprob == pytest.approx(float(torch.log_softmax(logits, -1)[drawn.id]), abs=1e-5)


def test_the_repetition_penalty_falls_on_seen_tokens_of_its_own_row_only() -> None:
    logits = torch.tensor([[2.0, 1.9, -1.0], [2.0, 1.9, -1.0]])
    cold = Sampling(temperature=0.0)
    penalised = Sampling(temperature=0.0, repetition_penalty=1.5)
    drawn = draw(logits, [Ask(penalised, 1, 1, 0, seen=(0,)), Ask(cold, 1, 1, 0, seen=(0,))])
    assert [d.id for d in drawn if isinstance(d, Draw)] == [1, 0]


def test_logits_that_are_not_numbers_spoil_their_own_row_only() -> None:
    logits = torch.tensor([[1.0, float("nan"), 0.0], [5.0, 0.0, 0.0]])
    first, second = draw(logits, [Ask(Sampling(temperature=0.0), 1, 1, 0)] * 2)
    assert isinstance(first, NoDistribution)
    assert isinstance(second, Draw)
    assert second.id == 0
