import math
from collections import Counter

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.sampling import HEAD, Ask, Draw, NoDistribution, draw, noise
from engine.run import Sampling

GENERATOR = torch.Generator().manual_seed(7)


NOISE_OF_42 = [-0.3979065432665083, 3.4097948863274143, -0.5743310405267869]


def one(
    logits: torch.Tensor, sampling: Sampling, position: int = 0, seen: tuple[int, ...] = ()
) -> int:
    (drawn,) = draw(logits[None], [Ask(sampling, 1, 1, position, seen)])
    assert isinstance(drawn, Draw)
    return drawn.id


def reference(logits: torch.Tensor, sampling: Sampling, position: int) -> int:
    """The same definition, spelt out token by token over the whole vocabulary."""
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

    drawn = noise(1, 1, position, np.arange(-1, len(logits)))
    heights = scores.numpy() + drawn[1:]

    def highest(tokens: list[int]) -> int:
        return max(tokens, key=lambda token: float(heights[token]))

    whole = len(logits) <= HEAD
    if whole or sampling.top_k or sampling.top_p < 1.0 or sampling.min_p:
        return highest(final)
    head = [token for token in order if float(logits[token]) > float(logits[order[HEAD - 1]])]
    tail = order[len(head) :]
    best = highest(head)
    rest = math.log(sum(math.exp(float(scores[token])) for token in tail)) + drawn[0]
    return best if heights[best] >= rest else highest(tail)


def test_the_noise_depends_on_run_turn_position_and_token_only() -> None:
    ids = np.arange(-1, 500)
    places = [(r, t, p) for r in range(6) for t in range(6) for p in range(6)]
    drawn = np.concatenate([noise(*place, ids) for place in places])
    assert len(set(drawn.tolist())) == len(drawn)
    assert noise(5, 5, 5, ids[7:8])[0] == noise(5, 5, 5, ids)[7]


def test_the_noise_is_standard_gumbel() -> None:
    drawn = np.concatenate([noise(1, 2, position, np.arange(1000)) for position in range(100)])
    statistic, _ = scipy.stats.kstest(drawn, "gumbel_r")
    assert statistic < 1.95 / math.sqrt(len(drawn))


def test_the_noise_of_a_known_place_never_changes() -> None:
    """Or no recorded run could be run again."""
    assert noise(42, 1, 0, np.array([0, 7, -1])).tolist() == NOISE_OF_42


@settings(max_examples=100)
@given(
    vocabulary=st.sampled_from([5, 256, 257, 900]),
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
    logits = torch.zeros(300)
    drawn = {one(logits, Sampling(temperature=1.0), position) for position in range(2000)}
    assert len(drawn) > 295


def test_the_tail_is_drawn_as_often_as_it_is_likely() -> None:
    """Half of the mass on 1,000 tokens of which none is in the head."""
    logits = torch.cat([torch.full((200,), math.log(1000 / 200)), torch.zeros(1000)])
    share = 1000 / float(logits.exp().sum())
    many = draw(
        logits.expand(1500, -1), [Ask(Sampling(temperature=1.0), 3, 1, p) for p in range(1500)]
    )
    tail = sum(isinstance(drawn, Draw) and drawn.id >= 200 for drawn in many) / 1500
    assert abs(tail - share) < 4 * math.sqrt(share * (1 - share) / 1500)


def test_rounding_noise_hardly_ever_changes_a_draw() -> None:
    """Long flat tails are where an inverse CDF would leave the draw to chance."""
    logits = torch.randn(5000, generator=GENERATOR) * 2.5
    rows = logits.expand(500, -1)
    shaken = rows + torch.randn(rows.shape, generator=GENERATOR) * 1e-5
    asks = [Ask(Sampling(temperature=0.9), 1, 1, position) for position in range(500)]
    pairs = zip(draw(rows, asks), draw(shaken, asks), strict=True)
    assert sum(_id(mine) != _id(theirs) for mine, theirs in pairs) <= 1


def _id(drawn: Draw | NoDistribution) -> int:
    assert isinstance(drawn, Draw)
    return drawn.id


def test_draws_follow_the_distribution() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    many = draw(
        logits.expand(5_000, 4), [Ask(Sampling(temperature=1.0), 9, 2, p) for p in range(5_000)]
    )
    counts = Counter(drawn.id for drawn in many if isinstance(drawn, Draw))
    for token, share in enumerate([0.5, 0.3, 0.15, 0.05]):
        assert abs(counts[token] / 5_000 - share) < 4 * math.sqrt(share * (1 - share) / 5_000)


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
