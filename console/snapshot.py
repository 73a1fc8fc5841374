"""What this process says of itself when `driftty status` asks."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from engine.errors import ModelError
from engine.events import AnyEvent, Paused, Resumed, RunEnded, SessionStarted
from engine.model.protocol import Model, Reported
from engine.model.supervisor import WorkerStatus
from sessions.stages import Stages

REPORT_SECONDS = 2.0
"""How often the model is asked how it is."""


class Snapshot:
    """Follows the worker and the events of the session under way."""

    def __init__(self, kind: Literal["console", "run", "tally"], model: str) -> None:
        """`model`: the name that was asked for."""
        self._kind = kind
        self._model = model
        self._since = _now()
        self._session = ""
        self._state = "idle"
        self._stages = Stages()
        self._worker: WorkerStatus | None = None
        self._worker_since = self._since
        self._reported: Reported | None = None

    def worker(self, status: WorkerStatus) -> None:
        """The model's process changed its state."""
        if self._worker is None or self._worker.state != status.state:
            self._worker_since = _now()
        if status.state != "ready":
            self._reported = None
        self._worker = status

    def event(self, event: AnyEvent) -> None:
        """The session went on."""
        match event:
            case SessionStarted(session=session):
                self._session, self._state, self._stages = session, "running", Stages()
            case Paused():
                self._state = "paused"
            case Resumed():
                self._state = "running"
            case RunEnded(outcome=outcome):
                self._state = f"ended: {outcome}"
            case _:
                self._stages.absorb(event)

    async def follow(self, model: Model) -> None:
        """Ask the model how it is, again and again, until cancelled."""
        while True:
            if self._worker is not None and self._worker.state == "ready":
                try:
                    self._reported = await model.report()
                except ModelError:
                    # It went away between the look and the question; its status tells why.
                    self._reported = None
            await asyncio.sleep(REPORT_SECONDS)

    def document(self) -> dict[str, Any]:
        """One JSON object, as `driftty status --help` describes it."""
        return {
            "kind": self._kind,
            "since": self._since,
            "session": self._session,
            "state": self._state,
            "problem": self._worker.why if self._worker else "",
            "model": self._model_document(),
            "stages": msgspec.to_builtins(self._stages.figures()) if self._session else None,
        }

    def _model_document(self) -> dict[str, Any] | None:
        worker, reported = self._worker, self._reported
        if worker is None:
            return None
        provenance = worker.provenance
        return {
            "name": self._model,
            "state": worker.state,
            "since": self._worker_since,
            "device": provenance.device if provenance else "",
            "dtype": provenance.dtype if provenance else "",
            "pid": worker.pid,
            "memory_bytes": reported.memory if reported else None,
            "rows": worker.rows,
            "rows_busy": reported.busy if reported else 0,
            "waiting": reported.waiting if reported else 0,
            "cached_tokens": reported.cached_tokens if reported else None,
        }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
