"""Runs a step: some tokens of some sequences in, logits out; with their KV kept on the way.

`SharedRunner` does it for all sequences in one forward; `PlainRunner` for models whose attention is
their own affair.
"""

from collections.abc import Sequence as Ids
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import msgspec
import torch

from engine.model import attention
from engine.model.attention import Chunk, Decode, Plan
from engine.model.kv import Prefix, Sequence, Store
from engine.model.shelf import Lane, Shelf
from engine.model.threads import Pace

ROWS = 64
"""Completions at once; past this a CPU's arithmetic is spent and more rows only wait longer."""


class Work(msgspec.Struct, frozen=True):
    """The next tokens of one sequence to be computed."""

    sequence: Sequence
    ids: tuple[int, ...]
    wanted: bool
    """Whether the logits after the last of them are."""
    every: bool = False
    """Where they are wanted, whether also those after each of the others."""
    apart: bool = False
    """Whether the last of them is computed as if it came alone, with what goes before cached."""


class Runner(Protocol):
    """What the scheduler needs of a model."""

    model: Any
    """The causal LM of transformers that it runs."""
    rows: int
    """How many completions at once."""
    store: Store
    forward_name: str
    """Which forward of the model it runs, for the provenance."""

    def run(self, works: list[Work]) -> torch.Tensor:
        """Compute; returns logits `[wanted, vocabulary]` in the order of the works and their ids."""
        ...


class Forward(Protocol):
    """A model's forward over one flat row of tokens."""

    def __call__(
        self, ids: torch.Tensor, positions: torch.Tensor, plan: Plan, last: torch.Tensor
    ) -> torch.Tensor:
        """Logits `[wanted, vocabulary]` of the tokens at `last: [wanted]` of `ids: [tokens]`."""
        ...


class Transformers:
    """The forward that transformers has for the model, with nothing but the attention replaced."""

    def __init__(self, model: Any) -> None:
        """`model`: a causal LM of transformers."""
        attention.register()
        model.set_attn_implementation(attention.NAME)
        self._model = model

    def __call__(
        self, ids: torch.Tensor, positions: torch.Tensor, plan: Plan, last: torch.Tensor
    ) -> torch.Tensor:
        """Logits `[wanted, vocabulary]` of the tokens at `last: [wanted]` of `ids: [tokens]`."""
        out = self._model(
            input_ids=ids[None],
            position_ids=positions[None],
            use_cache=False,
            logits_to_keep=last,
            plan=plan,
        )
        logits: torch.Tensor = out.logits[0]
        return logits


class SharedRunner:
    """Every sequence of a step in one flat forward, over shelves and shared prefixes."""

    def __init__(self, model: Any, forward: Forward, store: Store, forward_name: str = "") -> None:
        """`model`: a causal LM of transformers; `forward`: how it is computed."""
        self.model = model
        self.forward_name = forward_name
        self.store = store
        self.forward = forward
        self.pace: Pace | None = None
        """Chooses the number of threads, where nobody has."""
        room = store.limit // (store.layout.token_bytes * 1024)
        self.rows = max(1, min(ROWS, room))

    def run(self, works: list[Work]) -> torch.Tensor:
        """Compute; returns logits `[wanted, vocabulary]` in the order of the works."""
        laid = _Laid(works)
        device = self.store.layout.device
        if self.pace is not None:
            self.pace.begin(len(laid.ids))
        logits = self.forward(
            torch.tensor(laid.ids, device=device),
            torch.tensor(laid.positions, device=device),
            Plan(laid.pieces),
            torch.tensor(laid.last, dtype=torch.long, device=device),
        )
        if self.pace is not None:
            self.pace.end()
        for lane, ids in laid.grown:
            lane.ids.extend(ids)
        return logits


class _Single(msgspec.Struct, frozen=True):
    """A token that is decoded."""

    index: int
    """Of its work in the step."""
    lane: Lane
    before: int
    """How many tokens are in the lane when it comes."""
    id: int
    position: int


class _Laid:
    """The works of a step laid out in one flat row."""

    def __init__(self, works: list[Work]) -> None:
        self.ids: list[int] = []
        self.positions: list[int] = []
        self.pieces: list[Chunk | Decode] = []
        self.grown: list[tuple[Lane, Ids[int]]] = []
        """What is cached once the step has run."""
        self._groups: dict[int, tuple[Shelf, Prefix | None, list[_Single]]] = {}
        last: dict[int, int] = {}
        for index, work in enumerate(works):
            sequence = work.sequence
            if len(work.ids) == 1 and (sequence.prefix is None or sequence.prefix.whole):
                self._put_off(index, sequence, work.ids[0], 0)
            elif work.apart and len(work.ids) > 1:
                own = self._lay_chunks(sequence, work.ids[:-1])
                self._put_off(index, sequence, work.ids[-1], own, len(work.ids) - 1)
            else:
                self._lay_chunks(sequence, work.ids)
                last[index] = len(self.ids) - 1
        for shelf, prefix, members in self._groups.values():
            members.sort(key=lambda member: member.lane.slot)
            lanes = [(member.lane, member.before) for member in members]
            self.pieces.append(Decode(len(self.ids), lanes, shelf, prefix))
            for member in members:
                last[member.index] = len(self.ids)
                self._lay(member.lane, (member.id,), member.position)
        self.last: list[int] = []
        """Where the tokens are whose logits are wanted."""
        for index, work in enumerate(works):
            if work.wanted:
                count = len(work.ids) if work.every else 1
                self.last += range(last[index] - count + 1, last[index] + 1)

    def _put_off(self, index: int, sequence: Sequence, token: int, own: int, laid: int = 0) -> None:
        """A token to be decoded with the others of its shelf, after `laid` tokens of this step, of
        which `own` are in its own lane."""
        lane, shelf = sequence.lane, sequence.lane.shelf
        assert shelf is not None
        single = _Single(index, lane, len(lane.ids) + own, token, sequence.cached + laid)
        self._groups.setdefault(id(shelf), (shelf, sequence.prefix, []))[2].append(single)

    def _lay_chunks(self, sequence: Sequence, ids: Ids[int]) -> int:
        """Some tokens of a sequence, those of the prefix apart; returns how many are its own."""
        at = sequence.cached
        prefix = sequence.prefix
        if prefix is not None and not prefix.whole:
            above = ids[: len(prefix.ids) - len(prefix.lane.ids)]
            self.pieces.append(Chunk(len(self.ids), len(above), prefix.lane, None))
            self._lay(prefix.lane, above, at)
            ids, at = ids[len(above) :], at + len(above)
        if ids:
            self.pieces.append(Chunk(len(self.ids), len(ids), sequence.lane, prefix))
            self._lay(sequence.lane, ids, at)
        return len(ids)

    def _lay(self, lane: Lane, ids: Ids[int], position: int) -> None:
        self.ids += ids
        self.positions += range(position, position + len(ids))
        self.grown.append((lane, ids))


class PlainRunner:
    """One sequence after the other, each with the model's own cache: for any causal LM."""

    rows = 1
    forward_name = "transformers, one completion at a time"

    def __init__(self, model: Any, store: Store) -> None:
        """`model`: a causal LM of transformers. `store`: one that shares nothing."""
        self.model = model
        self.store = store
        self._caches: WeakKeyDictionary[Sequence, Any] = WeakKeyDictionary()

    def run(self, works: list[Work]) -> torch.Tensor:
        """Compute; returns logits `[wanted, vocabulary]` in the order of the works."""
        logits = [self._run(work) for work in works]
        wanted = [rows for rows, work in zip(logits, works, strict=True) if work.wanted]
        return torch.cat(wanted) if wanted else torch.empty(0)

    def _run(self, work: Work) -> torch.Tensor:
        lane = work.sequence.lane
        cache = self._caches.pop(work.sequence, None)
        surplus = cache.get_seq_length() - len(lane.ids) if cache is not None else 0
        if surplus > 0 and lane.ids:
            cache.crop(-surplus)
        elif surplus > 0:
            cache = None
        out = self.model(
            input_ids=torch.tensor([work.ids], device=self.store.layout.device),
            past_key_values=cache,
            use_cache=True,
        )
        self._caches[work.sequence] = out.past_key_values
        lane.ids.extend(work.ids)
        rows: torch.Tensor = out.logits[0, -(len(work.ids) if work.every else 1) :]
        return rows
