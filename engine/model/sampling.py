"""The next token: one uniform number per (run seed, turn, position), through the inverse CDF.

Tokens stand in the order of their probability, the likeliest first and equals by id, so that the
same number over the same logits always means the same token, whatever else is in the batch. Only
the head of the vocabulary is sorted: 256 tokens nearly always hold all the probability that matters,
and the exact normaliser says when they do not.
"""

import hashlib
import struct

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from engine.run import Sampling

HEAD = 256
"""How many of the likeliest tokens are looked at first. Sorting 49k tokens costs 35 ms at 32 rows,
the head 4 ms."""

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


class Ask(msgspec.Struct, frozen=True):
    """Which token is wanted of one row of logits."""

    sampling: Sampling
    rng: int
    turn: int
    position: int
    """In the completion, from 0."""
    seen: tuple[int, ...] = ()
    """The prompt's and the completion's ids, where a repetition penalty needs them."""


class Draw(msgspec.Struct, frozen=True):
    """A token that was drawn."""

    id: int
    logprob: float
    """Natural logarithm of the model's own probability, before penalty, temperature, truncation."""


class NoDistribution(ValueError):
    """The logits are not numbers, so no token can be drawn."""


def uniform(rng: int, turn: int, position: int) -> float:
    """A number in [0, 1) with 53 random bits that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{rng}/{turn}/{position}".encode(), digest_size=8).digest()
    (bits,) = struct.unpack("<Q", digest)
    return float(bits >> 11) * 2.0**-53


def draw(logits: torch.Tensor, asks: list[Ask]) -> list[Draw | NoDistribution]:
    """One token for each row of `logits: [rows, vocabulary]`.

    A row whose logits are not numbers gets the error in its place, so that it spoils no other.
    """
    own = logits.float()
    vocabulary = own.shape[-1]
    normaliser = torch.logsumexp(own, -1)
    scores = _penalised(own, asks)
    head = min(vocabulary, max(HEAD, 1 + max(ask.sampling.top_k for ask in asks)))
    values, ids = torch.topk(scores, head)
    heat = torch.tensor([ask.sampling.temperature or 1.0 for ask in asks], device=own.device)
    if scores is own and bool((heat == 1.0).all()):
        total = normaliser
    else:
        total = torch.logsumexp(scores / heat[:, None], -1)
    heads = _ordered(values, ids)
    totals: Floats = total.double().cpu().numpy()
    sane = torch.isfinite(normaliser).cpu().numpy()
    chosen: list[int | None] = []
    for row, ask in enumerate(asks):
        if not sane[row]:
            chosen.append(None)
            continue
        token = _pick(heads[0][row], heads[1][row], totals[row], ask, whole=head == vocabulary)
        if token is None:
            everything = _ordered(*torch.sort(scores[row : row + 1], descending=True))
            token = _pick(everything[0][0], everything[1][0], totals[row], ask, whole=True)
        chosen.append(token)
    picked = torch.tensor([token or 0 for token in chosen], device=own.device)
    logprobs = (own.gather(-1, picked[:, None])[:, 0] - normaliser).tolist()
    return [
        NoDistribution("The model's logits are not numbers.")
        if token is None
        else Draw(token, logprob)
        for token, logprob in zip(chosen, logprobs, strict=True)
    ]


def _penalised(own: torch.Tensor, asks: list[Ask]) -> torch.Tensor:
    """Logits with the repetition penalty of Keskar et al. 2019 (arXiv:1909.05858), section 4.1."""
    rows = [row for row, ask in enumerate(asks) if ask.sampling.repetition_penalty != 1.0]
    if not rows:
        return own
    scores = own.clone()
    for row in rows:
        penalty = asks[row].sampling.repetition_penalty
        seen = torch.tensor(sorted(set(asks[row].seen)), dtype=torch.long, device=own.device)
        before = scores[row, seen]
        scores[row, seen] = torch.where(before > 0, before / penalty, before * penalty)
    return scores


def _ordered(values: torch.Tensor, ids: torch.Tensor) -> tuple[Floats, Ids]:
    """Rows by descending value, equals by ascending id."""
    numbers: Floats = values.double().cpu().numpy()
    tokens: Ids = ids.cpu().numpy()
    order = np.lexsort((tokens, -numbers), axis=-1)
    return np.take_along_axis(numbers, order, -1), np.take_along_axis(tokens, order, -1)


def _pick(values: Floats, ids: Ids, total: float, ask: Ask, whole: bool) -> int | None:
    """The token of one row; none where the head does not suffice to tell.

    `total`: log-sum-exp of the whole row at its temperature. `whole`: nothing is left out.
    """
    sampling = ask.sampling
    if not whole:
        # Which of several tokens with the head's last value are in it is up to the sort.
        values = values[: int(np.searchsorted(-values, -values[-1]))]
        if len(values) == 0:
            return None
    if sampling.temperature <= 0.0:
        return int(ids[0])
    edges = np.cumsum(np.exp(values / sampling.temperature - total))
    kept, bounded = _truncated(edges, sampling, whole)
    truncated = sampling.top_k > 0 or sampling.top_p < 1.0 or sampling.min_p > 0.0
    if truncated and not bounded:
        return None
    mass = float(edges[kept - 1]) if truncated else 1.0
    target = uniform(ask.rng, ask.turn, ask.position) * mass
    index = int(np.searchsorted(edges[:kept], target, side="right"))
    if index < kept:
        return int(ids[index])
    # All of it, and still short of the target: the edges sum to a hair less than one.
    return int(ids[kept - 1]) if bounded else None


def _truncated(edges: Floats, sampling: Sampling, whole: bool) -> tuple[int, bool]:
    """How many of the likeliest tokens stay, and whether no token outside `edges` could.

    Top-k, then top-p (Holtzman et al. 2020, arXiv:1904.09751) of what top-k left, then min-p (Nguyen
    et al. 2024, arXiv:2407.01082).
    """
    kept, bounded, mass = len(edges), whole, 1.0
    if sampling.top_k > 0:
        if sampling.top_k > kept and not whole:
            return kept, False
        kept, bounded = min(kept, sampling.top_k), True
        mass = float(edges[kept - 1])
    if sampling.top_p < 1.0:
        crossing = int(np.searchsorted(edges[:kept], max(sampling.top_p, 0.0) * mass))
        if crossing < kept:
            kept, bounded = crossing + 1, True
    if sampling.min_p > 0.0:
        shares = np.diff(edges[:kept], prepend=0.0)
        above = int(np.searchsorted(-shares, -sampling.min_p * shares[0], side="right"))
        if above < kept:
            kept, bounded = max(above, 1), True
    return kept, bounded
