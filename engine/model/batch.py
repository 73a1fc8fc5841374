"""Continuous batching: completions join and leave between steps. Schedule, run, postprocess."""

import logging
from collections.abc import Callable
from typing import Literal

import torch

from engine.model.endings import Endings
from engine.model.kv import Sequence
from engine.model.protocol import Failed, Reply
from engine.model.row import Row
from engine.model.runner import Runner, Work
from engine.model.sampling import NoDistribution, draw

_log = logging.getLogger(__name__)

Send = Callable[[Reply], None]


class Batch:
    """Every completion that is asked for and not ended."""

    def __init__(self, runner: Runner, endings: Endings, chunk: int, send: Send) -> None:
        """`chunk`: tokens of prompts computed in one step at most; bounds how long the others, and
        a cancellation, wait for a long prompt."""
        self._runner = runner
        self._endings = endings
        self._chunk = chunk
        self._send = send
        self._waiting: list[Row] = []
        self._running: list[Row] = []

    @property
    def rows(self) -> tuple[Row, ...]:
        """Those that are being computed."""
        return tuple(self._running)

    @property
    def busy(self) -> int:
        """How many completions are being computed."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many have not been taken up."""
        return len(self._waiting)

    def submit(self, row: Row) -> None:
        """Take up a completion when there is room."""
        self._waiting.append(row)

    def cancel(self, request: int) -> None:
        """End a completion now; one that has ended already, or never was, is none of our business."""
        for row in (*self._running, *self._waiting):
            if row.request.id == request:
                row.end("cancelled", self._send)
        self._sweep()

    def release(self, name: str) -> None:
        """Forget a sequence, and end what goes on from it."""
        for row in (*self._running, *self._waiting):
            if row.request.sequence == name:
                row.end("cancelled", self._send)
        self._sweep()
        self._runner.store.forget(name)

    def step(self) -> bool:
        """Compute one step for all that can be; false where there is nothing to do."""
        self._admit()
        rows, works = self._schedule()
        if not works:
            return self._unblocked()
        try:
            logits = self._runner.run(works)
        except (MemoryError, RuntimeError) as error:
            self._failed(rows, works, error)
            return True
        self._postprocess(rows, works, logits)
        self._sweep()
        return True

    def _admit(self) -> None:
        """Take up what waits, in the order it came, as far as rows and room reach."""
        store = self._runner.store
        for row in list(self._waiting):
            if len(self._running) >= self._runner.rows:
                return
            sequence = store.open(row.request.sequence, row.payload.ids, row.payload.seam)
            if sequence is None:
                continue
            row.sequence = sequence
            if not store.reserve(sequence, row.room()):
                store.close(sequence)
                if self._running:
                    return
                self._waiting.remove(row)
                self._fail(row, "memory", _no_room(len(row.ids), store.limit))
                continue
            self._waiting.remove(row)
            self._running.append(row)
            self._send(row.begin(sequence))
            if row.request.sampling.max_tokens <= 0:
                row.end("length", self._send)
        self._sweep()

    def _schedule(self) -> tuple[list[Row], list[Work]]:
        """A token for each row that writes, and prompts in the order they came up to the chunk."""
        rows: list[Row] = []
        works: list[Work] = []
        budget = self._chunk
        for row in self._running:
            assert row.sequence is not None
            pending = row.pending()
            if len(pending) > 1 or not row.sampled:
                cut = self._cut(row.sequence, len(pending))
                now, later = pending[:cut], pending[cut:]
                if budget < len(now):
                    continue
                budget -= len(now)
            else:
                now, later = pending, ()
            if not self._fits(row, row.sequence, len(now)):
                # It goes on when another has ended.
                continue
            rows.append(row)
            # All that begin with this prompt compute its last token by itself, also the first.
            apart = not later and bool(row.sequence.opening) and not row.sampled
            works.append(Work(row.sequence, now, wanted=not later, apart=apart))
        return rows, works

    def _cut(self, sequence: Sequence, pending: int) -> int:
        """How many of its pending tokens a row computes in one step.

        By its own length, never by what others leave: where chunks end decides in which order
        attention adds up, and that must not depend on the batch. Nor must what comes after the seed
        depend on who computes the seed.
        """
        left = sequence.shared - sequence.cached
        return left if 0 < left < self._chunk < pending else self._chunk

    def _fits(self, row: Row, sequence: Sequence, tokens: int) -> bool:
        """Whether there is room for so many tokens more, made where there was none."""
        store = self._runner.store
        if store.holds(sequence, tokens):
            return True
        # For some that come after, too: a sequence that grows is moved.
        return store.reserve(sequence, row.room()) or store.reserve(sequence, tokens)

    def _unblocked(self) -> bool:
        """Where all that is being computed waits for room, the last that was taken up gives way;
        false where nothing is being computed."""
        if not self._running:
            return False
        last = self._running[-1]
        self._fail(last, "memory", _no_room(len(last.ids), self._runner.store.limit))
        self._sweep()
        return True

    def _postprocess(self, rows: list[Row], works: list[Work], logits: torch.Tensor) -> None:
        """Draw a token for each row whose logits are there, and tell."""
        wanted = [row for row, work in zip(rows, works, strict=True) if work.wanted]
        if not wanted:
            return
        draws = draw(logits, [row.ask() for row in wanted])
        for row, drawn in zip(wanted, draws, strict=True):
            row.prefilled()
            if isinstance(drawn, NoDistribution):
                self._fail(row, "internal", f"{drawn} Load the model in another dtype (float32).")
            else:
                row.take(drawn, self._endings, self._send)

    def _failed(self, rows: list[Row], works: list[Work], error: Exception) -> None:
        """A step broke: end the request that is to blame, and let the others go on."""
        if not _is_memory(error):
            _log.error("A step failed.", exc_info=error)
            for row in rows:
                self._fail(row, "internal", _broke(error))
        elif not self._runner.store.shed():
            largest = max(range(len(works)), key=lambda index: len(works[index].ids))
            self._fail(rows[largest], "memory", _out_of_memory(len(rows[largest].ids)))
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self._sweep()

    def _fail(self, row: Row, kind: Literal["memory", "internal"], why: str) -> None:
        row.ended = True
        self._send(Failed(id=row.request.id, kind=kind, why=why))
        # What a broken step left behind is not to be gone on from.
        if row.sequence is not None:
            self._runner.store.close(row.sequence)
            self._runner.store.forget(row.request.sequence)

    def _sweep(self) -> None:
        """Let go of what has ended."""
        for row in self._running:
            if row.ended and row.sequence is not None:
                self._runner.store.close(row.sequence)
        self._running = [row for row in self._running if not row.ended]
        self._waiting = [row for row in self._waiting if not row.ended]


def _is_memory(error: Exception) -> bool:
    """Whether memory ran out; torch says so in words where it is the host's."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    said = str(error)
    return "can't allocate memory" in said or "out of memory" in said


def _no_room(tokens: int, limit: int) -> str:
    return (
        f"There is no room to keep the {tokens} tokens of this prompt within {limit / 1e6:.0f} MB of"
        " keys and values; use fewer turns, or close other programs and restart the model."
    )


def _out_of_memory(tokens: int) -> str:
    return (
        f"Memory ran out while {tokens} tokens were computed; use fewer turns, run fewer sessions at"
        " once, or close other programs."
    )


def _broke(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return (
        f"The model broke while computing ({type(error).__name__}: {lines[0][:160]}); the worker's"
        " standard error says more. Try again, or load it in float32 on the CPU."
    )
