"""By how much the token that was drawn won: the gaps of the draw, in logits.

The draw compares a score for each token (`engine.model.sampling`), its scaled logit and its own noise.
The noise is the same wherever the run is computed, so another token can win elsewhere only where the
logits differ by more than the gap. Gaps are multiplied by the temperature and so are gaps of logits,
which is what rounding moves.
"""

import math

import msgspec
import numpy as np
import torch

from engine.model.sampling import (
    HEAD,
    TAIL,
    Ask,
    Floats,
    Ids,
    below,
    ordered,
    penalised,
    perturbed,
    whole_at_once,
)


class Contest(msgspec.Struct, frozen=True):
    """How one draw went."""

    id: int
    """The token that is drawn."""
    lead: float
    """By how many logits it is ahead of the next; infinite where there is no other."""
    behind: float | None
    """By how many logits the token asked about is behind it, 0 where it is that token; none where
    truncation leaves that one out."""


def contests(logits: torch.Tensor, asks: list[Ask], about: list[int]) -> list[Contest]:
    """The draw of each row of `logits: [rows, vocabulary]`, and how far a token of `about` is from it.

    Draws the same tokens as `engine.model.sampling.draw`.
    """
    own = logits.float()
    scores = penalised(own, asks)
    head = min(own.shape[-1], max(HEAD, *(ask.sampling.top_k + 1 for ask in asks)))
    values, ids = ordered(*torch.topk(scores, head))
    heat = torch.tensor([_heat(ask) for ask in asks], device=own.device)
    totals: Floats = torch.logsumexp(scores / heat[:, None], -1).double().cpu().numpy()
    return [
        _Row(scores[row], values[row], ids[row], totals[row], ask).contest(token)
        for row, (ask, token) in enumerate(zip(asks, about, strict=True))
    ]


def _heat(ask: Ask) -> float:
    temperature = ask.sampling.temperature
    return temperature if temperature > 0 else 1.0


class _Row:
    """One row of scores, with its head in order; the whole of it is put in order where it must be."""

    def __init__(
        self, scores: torch.Tensor, values: Floats, ids: Ids, total: float, ask: Ask
    ) -> None:
        self._scores = scores
        self._head = values
        self._ids = ids
        self._total = total
        self._ask = ask
        self._all: tuple[Floats, Ids] | None = None

    def contest(self, token: int) -> Contest:
        """The draw, and how far `token` is from it."""
        whole = len(self._ids) == len(self._scores)
        found = perturbed(self._head, self._ids, self._total, self._ask, whole)
        if found is None:
            values, ids = self._whole()
            found = perturbed(values, ids, self._total, self._ask, whole=True)
            assert found is not None
        candidates, heights = found
        order = np.argsort(-heights, kind="stable")
        winner, second = order[0], heights[order[1]] if len(order) > 1 else -math.inf
        lead = float(heights[winner] - second)
        place = np.flatnonzero(candidates == token)
        behind = float(heights[winner] - heights[place[0]]) if len(place) else None
        if candidates[winner] == TAIL:
            return self._below(token, lead, behind)
        if behind is None:
            behind = self._out(token, candidates, heights, float(heights[winner]))
        return self._told(int(candidates[winner]), lead, behind)

    def _below(self, token: int, lead: float, behind: float | None) -> Contest:
        """The rest won: among its tokens there is another draw."""
        rest, heights = below(*self._whole(), self._head, self._ask)
        order = np.argsort(-heights, kind="stable")
        if len(order) > 1:
            lead = min(lead, float(heights[order[0]] - heights[order[1]]))
        place = np.flatnonzero(rest == token)
        if len(place):
            behind = float(heights[order[0]] - heights[place[0]])
        return self._told(int(rest[order[0]]), lead, behind)

    def _out(self, token: int, candidates: Ids, heights: Floats, best: float) -> float | None:
        """How far a token is that is not among the candidates."""
        if self._ask.sampling.temperature <= 0:
            return best - float(self._scores[token])
        if whole_at_once(self._ask.sampling) or not (candidates == TAIL).any():
            return None
        # The rest would have to win, and then this token in it.
        rest, inside = below(*self._whole(), self._head, self._ask)
        place = np.flatnonzero(rest == token)
        tail = float(heights[np.flatnonzero(candidates == TAIL)[0]])
        within = float(inside.max() - inside[place[0]]) if len(place) else math.inf
        return max(best - tail, within)

    def _whole(self) -> tuple[Floats, Ids]:
        if self._all is None:
            values, ids = ordered(*torch.sort(self._scores[None], descending=True, stable=True))
            self._all = values[0], ids[0]
        return self._all

    def _told(self, winner: int, lead: float, behind: float | None) -> Contest:
        heat = _heat(self._ask)
        return Contest(winner, lead * heat, None if behind is None else behind * heat)
