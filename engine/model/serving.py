"""What the worker does with requests: load, then a step of the batch between any two of them.

torch is imported after the first reply, so that the console knows at once that something happens.
"""

import gc
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from engine.errors import PromptUnsafe
from engine.model.protocol import (
    AnyRequest,
    Cancel,
    Complete,
    Failed,
    Load,
    Loaded,
    Loading,
    Release,
    Render,
    Rendered,
    Reply,
    Report,
    Reported,
    Score,
    TokenizerLoaded,
)
from engine.scrollback import Payload

if TYPE_CHECKING:
    from engine.model.batch import Batch
    from engine.model.heads import CommandHeads
    from engine.model.loading import Gauge, Ready, Words
    from engine.model.naming import Names
    from engine.model.row import Row
    from engine.model.scoring import Scores

Told: TypeAlias = "AnyRequest | Ready | BaseException"
"""What comes into the inbox: requests, and from the thread that loads, its result."""
Inbox: TypeAlias = "queue.SimpleQueue[Told]"

_BEGAN = time.monotonic_ns()

_TORCH, _TRANSFORMERS, _WORDS, _WEIGHTS = 0.25, 0.4, 0.5, 0.95
"""Where in a load each of them is done: measured with a small model on a CPU."""

_CHUNK_TOKENS = 256
_CHUNK_TOKENS_GPU = 2048
"""Of prompts in one step. On one core of a CPU a quarter of a second, which is how long another row
or a cancellation may have to wait for it."""

_POLL_S = 0.1

_log = logging.getLogger(__name__)


class Service:
    """Serves requests in the order they come."""

    def __init__(self, inbox: Inbox, send: Callable[[Reply], None]) -> None:
        self._inbox = inbox
        self._send = send
        self._model = ""
        self._words: Words | None = None
        self._ready: Ready | None = None
        self._names: Names | None = None
        self._heads: CommandHeads | None = None
        self._batch: Batch | None = None
        self._scores: Scores | None = None
        self._early: list[Row] = []
        """Completions asked for before the weights were there."""

    def load(self, load: Load) -> None:
        """Load everything; `Render` is served as soon as the tokenizer is there.

        Raises whatever hinders it: `ModelError` where a person can do something about it.
        """
        self._model = load.model
        self._send(Loading(step="importing torch", fraction=0.0))
        import torch

        self._send(Loading(step="importing transformers", fraction=_TORCH))
        from engine.model.device import choose_threads
        from engine.model.heads import heads_of
        from engine.model.loading import Gauge, load_model, load_words, quieten
        from engine.model.naming import Names

        quieten()
        torch.set_num_threads(choose_threads(load.threads))
        self._send(Loading(step="reading the tokenizer", fraction=_TRANSFORMERS))
        words = self._words = load_words(load)
        self._names = Names(words.tokenizer)
        self._send(TokenizerLoaded(window=words.window))
        self._send(Loading(step="reading weights", fraction=_WORDS))
        gauge = Gauge()

        def read() -> None:
            try:
                self._inbox.put(load_model(load, words, gauge))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                self._inbox.put(error)

        threading.Thread(target=read, name="weights", daemon=True).start()
        self._heads = heads_of(words.tokenizer)
        self._serve_words(gauge)

    def serve(self) -> None:
        """Serve for ever. To be called after `load`."""
        import torch

        assert self._batch is not None
        assert self._scores is not None
        with torch.inference_mode():
            idle = True
            while True:
                for told in self._arrived(wait=idle):
                    self._handle(told)
                stepped = self._batch.step()
                idle = not self._scores.step(others=stepped) and not stepped

    def _serve_words(self, gauge: "Gauge") -> None:
        """Answer what needs no weights until these are there."""
        shown = _WORDS
        while self._ready is None:
            try:
                self._handle(self._inbox.get(timeout=_POLL_S))
            except queue.Empty:
                reached = _WORDS + (_WEIGHTS - _WORDS) * gauge.fraction()
                if reached > shown + 0.01:
                    shown = reached
                    self._send(Loading(step="reading weights", fraction=shown))

    def _arrived(self, wait: bool) -> list[Told]:
        """All that has come; with `wait`, at least one."""
        arrived = [self._inbox.get()] if wait else []
        while True:
            try:
                arrived.append(self._inbox.get_nowait())
            except queue.Empty:
                return arrived

    def _handle(self, told: Told) -> None:
        match told:
            case Render():
                self._render(told)
            case Complete():
                self._complete(told)
            case Score():
                self._score(told)
            case Cancel():
                self._cancel(told.id)
            case Release():
                self._release(told.sequence)
            case Report():
                self._report(told.id)
            case Load():
                why = f"This process has {self._model}; start another for {told.model}."
                self._send(Failed(id=0, kind="internal", why=why))
            case BaseException():
                raise told
            case _:
                self._begin(told)

    def _begin(self, ready: "Ready") -> None:
        """The weights are there."""
        from engine.model.batch import Batch
        from engine.model.holding import with_held
        from engine.model.scoring import Scores

        assert self._words is not None
        assert self._heads is not None
        device = ready.device

        def send(reply: Reply) -> None:
            self._send(with_held(reply, device))

        chunk = _CHUNK_TOKENS if ready.device.type == "cpu" else _CHUNK_TOKENS_GPU
        self._ready = ready
        self._batch = Batch(ready.runner, ready.endings, chunk, send)
        self._scores = Scores(
            ready.runner, self._words.tokenizer, ready.endings, self._heads, chunk, self._send
        )
        # What the imports made lives as long as the process; to look through it at every collection
        # takes longer than a token.
        gc.freeze()
        took = time.monotonic_ns() - _BEGAN
        rows = ready.runner.rows
        self._send(Loaded(provenance=ready.provenance, took=took, rows=rows))
        for row in self._early:
            self._batch.submit(row)
        self._early.clear()

    def _render(self, render: Render) -> None:
        payload = self._encode(render)
        if payload is None:
            return
        cached = 0
        if self._ready is not None:
            store = self._ready.runner.store
            cached = store.cached(render.sequence, payload.ids, payload.seam)
        payload = msgspec.structs.replace(payload, cached=cached)
        self._send(Rendered(id=render.id, payload=payload))

    def _complete(self, complete: Complete) -> None:
        from engine.model.row import Row

        payload = self._encode(complete)
        if payload is None:
            return
        if payload.window and len(payload.ids) >= payload.window:
            why = (
                f"The scrollback is {len(payload.ids)} tokens long and {self._model} reads at most"
                f" {payload.window}; use fewer turns or a smaller output budget."
            )
            self._send(Failed(id=complete.id, kind="window", why=why))
            return
        assert self._words is not None
        opening = self._words.encoder.opening(complete.turns)
        row = Row(complete, payload, opening, self._words.tokenizer, self._heads)
        if self._batch is not None:
            self._batch.submit(row)
        else:
            self._early.append(row)

    def _score(self, score: Score) -> None:
        if self._scores is None or self._ready is None:
            why = f"{self._model} is not loaded yet, so it can score nothing; wait until it is."
            self._send(Failed(id=score.id, kind="internal", why=why))
            return
        assert self._words is not None
        ids, window = score.prompt + score.completion, self._words.window
        known = self._ready.runner.model.get_input_embeddings().num_embeddings
        if not score.prompt or not 0 <= min(ids) <= max(ids) < known:
            why = (
                f"The turn to be scored holds ids that {self._model} does not have, so another model"
                " wrote it; score it with that one."
            )
            self._send(Failed(id=score.id, kind="prompt", why=why))
        elif window and len(ids) > window:
            why = (
                f"The turn to be scored is {len(ids)} tokens long and {self._model} reads at most"
                f" {window}; score an earlier one."
            )
            self._send(Failed(id=score.id, kind="window", why=why))
        else:
            self._scores.submit(score)

    def _encode(self, request: Render | Complete) -> Payload | None:
        """The payload; none where there is none, and the console has been told why."""
        assert self._words is not None
        assert self._names is not None
        try:
            payload = self._words.encoder.encode(request.turns, request.seed_turns)
            return msgspec.structs.replace(payload, names=self._names.of(payload.ids))
        except PromptUnsafe as error:
            self._send(Failed(id=request.id, kind="prompt", why=str(error)))
        except Exception as error:  # noqa: BLE001 - one bad request must not end the process
            _log.error("A prompt could not be encoded.", exc_info=error)
            why = (
                f"The prompt could not be encoded ({type(error).__name__}: {error}); use another"
                " model or other turns."
            )
            self._send(Failed(id=request.id, kind="internal", why=why))
        return None

    def _cancel(self, request: int) -> None:
        for row in self._early:
            if row.request.id == request:
                row.end("cancelled", self._send)
        self._early = [row for row in self._early if not row.ended]
        if self._batch is not None:
            self._batch.cancel(request)
        if self._scores is not None:
            self._scores.cancel(request)

    def _release(self, name: str) -> None:
        if self._batch is not None:
            self._batch.release(name)

    def _report(self, request: int) -> None:
        import torch

        from engine.model.device import held_bytes

        ready, batch, scores = self._ready, self._batch, self._scores
        device = ready.device if ready else torch.device("cpu")
        store = ready.runner.store if ready else None
        self._send(
            Reported(
                id=request,
                rows=ready.runner.rows if ready else 0,
                busy=batch.busy if batch else 0,
                waiting=batch.waiting + scores.waiting if batch and scores else len(self._early),
                sequences=len(store.sequences) if store else 0,
                cached_tokens=store.tokens if store else 0,
                memory=held_bytes(device),
                pid=os.getpid(),
            )
        )
