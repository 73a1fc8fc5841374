"""What the tests of a worker's supervisor and client share."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import psutil

from engine.model.client import WorkerModel
from engine.model.protocol import Completed, CompletionReply, Sampled
from engine.model.supervisor import Patience, WorkerOptions, WorkerState, WorkerStatus
from engine.run import Sampling
from engine.scrollback import Turn

FAKE = Path(__file__).with_name("fake_worker.py")
TURNS = (Turn(role="user", text="$ ", origin="shell"),)
QUICK = Patience(backoff=0.01)


class Statuses:
    """Every status that was told, and a way to wait for one."""

    def __init__(self) -> None:
        self.all: list[WorkerStatus] = []
        self._changed = asyncio.Event()

    def __call__(self, status: WorkerStatus) -> None:
        self.all.append(status)
        self._changed.set()

    @property
    def states(self) -> list[WorkerState]:
        """The states in order, each once while it lasted."""
        states = [status.state for status in self.all]
        return [s for s, before in zip(states, [None, *states], strict=False) if s != before]

    async def reach(self, state: WorkerState, restarts: int = 0) -> WorkerStatus:
        """Wait until a state was told, with at least so many restarts."""
        while True:
            for status in self.all:
                if status.state == state and status.restarts >= restarts:
                    return status
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 30)


def chat_folder(folder: Path) -> Path:
    """A folder with the names of a chat model's files, enough to be taken for one."""
    folder.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"):
        (folder / name).write_text("{}")
    return folder


@asynccontextmanager
async def fake_model(
    folder: Path, behaviour: str, patience: Patience = QUICK, *, once: bool = False
) -> AsyncIterator[tuple[WorkerModel, Statuses]]:
    """A model over a fake worker; `once`: it misbehaves in its first life only."""
    command = [sys.executable, str(FAKE), behaviour, *([str(folder)] if once else [])]
    options = WorkerOptions(model=str(chat_folder(folder / "model")), command=command)
    statuses = Statuses()
    model = WorkerModel(options, statuses, patience)
    try:
        yield model, statuses
    finally:
        await model.aclose()


def complete(
    model: WorkerModel, *, sequence: str = "run", turn: int = 1, tokens: int = 8, top_k: int = 0
) -> AsyncIterator[CompletionReply]:
    """One completion of so many tokens."""
    return model.complete(
        TURNS,
        sequence=sequence,
        seed_turns=0,
        sampling=Sampling(max_tokens=tokens, top_k=top_k),
        rng=1,
        turn=turn,
        policy="first-line",
    )


async def ids_of(replies: AsyncIterator[CompletionReply]) -> tuple[tuple[int, ...], str]:
    """The ids of a whole completion, and why it ended."""
    ids: tuple[int, ...] = ()
    reason = ""
    async with aclosing(replies):  # type: ignore[type-var]  # an async generator, typed as iterator
        async for reply in replies:
            if isinstance(reply, Sampled):
                ids += reply.ids
            elif isinstance(reply, Completed):
                reason = reply.reason
    return ids, reason


def said_by_worker(pid: int) -> list[str]:
    """What a worker told on its standard error, from its log."""
    log = Path(os.environ["DRIFTTY_CACHE_DIR"]) / "logs" / f"worker-{pid}.log"
    return log.read_text().splitlines()


def ended(pid: int) -> bool:
    """Wait until a process, not necessarily a child, is gone; a zombie counts as gone."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    try:
        process.wait(timeout=30)
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE
    return True
