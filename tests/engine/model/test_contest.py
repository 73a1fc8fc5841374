"""The gaps of a draw, against the draw itself: as much as they say, and no less, changes it."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.contest import Contest, contests
from engine.model.sampling import Ask, Draw, draw
from engine.run import Sampling

SIZE = 600
SAMPLINGS = (
    Sampling(temperature=0.0),
    Sampling(temperature=0.7),
    Sampling(temperature=1.3),
    Sampling(temperature=1.0, top_k=20),
    Sampling(temperature=0.7, top_p=0.9),
    Sampling(temperature=1.0, min_p=0.05),
    Sampling(temperature=0.8, repetition_penalty=1.3),
)


def row(seed: int, spread: float = 3.0) -> torch.Tensor:
    return torch.randn(SIZE, generator=torch.Generator().manual_seed(seed)) * spread


def ask(sampling: Sampling, position: int = 0) -> Ask:
    seen = (1, 2, 3) if sampling.repetition_penalty != 1.0 else ()
    return Ask(sampling, 1, 1, position, seen)


def drawn(logits: torch.Tensor, asked: Ask) -> int:
    (one,) = draw(logits[None], [asked])
    assert isinstance(one, Draw)
    return one.id


def contest(logits: torch.Tensor, asked: Ask, about: int) -> Contest:
    (one,) = contests(logits[None], [asked], [about])
    return one


@settings(max_examples=120)
@given(
    st.sampled_from(SAMPLINGS),
    st.integers(0, 10_000),
    st.integers(0, 200),
    st.sampled_from((0.3, 3.0)),
    st.integers(0, SIZE - 1),
)
def test_the_same_token_is_drawn_and_it_alone_is_behind_by_nothing(
    sampling: Sampling, seed: int, position: int, spread: float, token: int
) -> None:
    logits, asked = row(seed, spread), ask(sampling, position)
    found = contest(logits, asked, token)
    assert found.id == drawn(logits, asked)
    assert found.lead >= 0
    assert (found.behind == 0) == (token == found.id)
    assert found.behind is None or found.behind >= 0
    assert contest(logits, asked, found.id) == Contest(found.id, found.lead, 0.0)


@settings(max_examples=60)
@given(st.sampled_from(SAMPLINGS[:3]), st.integers(0, 10_000), st.integers(0, 200))
def test_a_loss_of_less_than_the_lead_changes_nothing_and_of_more_does(
    sampling: Sampling, seed: int, position: int
) -> None:
    logits, asked = row(seed), ask(sampling, position)
    found = contest(logits, asked, 0)
    likely = int(torch.topk(logits, 100).indices[-1])
    if logits[found.id] - found.lead * 1.01 < logits[likely]:
        return  # It would leave the head, among whose candidates the lead was told.
    nearly, lost = logits.clone(), logits.clone()
    nearly[found.id] -= found.lead * 0.99
    lost[found.id] -= found.lead * 1.01 + 1e-4
    assert drawn(nearly, asked) == found.id
    assert drawn(lost, asked) != found.id


@settings(max_examples=60)
@given(st.sampled_from(SAMPLINGS[:3]), st.integers(0, 10_000), st.integers(0, 40))
def test_a_token_of_the_head_that_gains_what_it_is_behind_is_drawn(
    sampling: Sampling, seed: int, rank: int
) -> None:
    logits, asked = row(seed), ask(sampling)
    token = int(torch.topk(logits, 41).indices[rank])
    behind = contest(logits, asked, token).behind
    assert behind is not None
    gained, short = logits.clone(), logits.clone()
    gained[token] += behind * 1.01 + 1e-4
    short[token] += behind * 0.99 - 1e-4
    assert drawn(gained, asked) == token
    assert behind == 0 or drawn(short, asked) != token


def test_a_token_that_truncation_leaves_out_is_behind_by_no_number() -> None:
    logits = row(3)
    order = torch.argsort(logits, descending=True)
    asked = ask(Sampling(temperature=1.0, top_k=5))
    assert contest(logits, asked, int(order[4])).behind is not None
    assert contest(logits, asked, int(order[5])).behind is None


def test_a_token_alone_has_an_infinite_lead() -> None:
    found = contest(row(3), ask(Sampling(temperature=1.0, top_k=1)), 0)
    assert found.lead == math.inf


def test_a_token_of_the_rest_has_to_win_twice() -> None:
    logits = torch.zeros(SIZE)
    logits[:300] = 8.0 + torch.arange(300) / 1000
    asked = ask(Sampling(temperature=1.0))
    found = contest(logits, asked, SIZE - 1)
    assert found.id < 300
    assert found.behind is not None
    assert found.behind > found.lead
    assert found.behind == pytest.approx(contest(logits, asked, SIZE - 1).behind)
