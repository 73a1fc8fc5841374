"""The driver of a console that only shows recordings: no model, no shell, nothing ever runs."""

from collections.abc import Callable

from engine.errors import DrifttyError, ModelError
from engine.events import AnyEvent, Mode
from engine.model.protocol import Scored
from engine.model.supervisor import WorkerStatus
from engine.run import RunSpec, Sampling
from engine.scrollback import Payload, Turn

NOTHING = (
    "This console was opened on a recording, without a model. `driftty` opens one that can run."
)


class StillDriver:
    """Has a driver's interface and refuses to run."""

    running = False
    paused = False

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> Callable[[], None]:
        """Nothing happens, so nothing is told."""
        return lambda: None

    def on_worker(self, listener: Callable[[WorkerStatus], None]) -> Callable[[], None]:
        """There is no worker."""
        listener(WorkerStatus(state="failed", since=0, why=NOTHING))
        return lambda: None

    async def start(self, spec: RunSpec) -> None:
        """Raises `DrifttyError`."""
        raise DrifttyError(NOTHING)

    async def render(self, turns: tuple[Turn, ...], seed_turns: int = 0) -> Payload:
        """Raises `ModelError`: there is no tokenizer."""
        raise ModelError(NOTHING)

    async def score(
        self,
        prompt: tuple[int, ...],
        completion: tuple[int, ...],
        *,
        seam: int = 0,
        sampling: Sampling,
        rng: int,
        turn: int,
        top: int = 8,
    ) -> Scored:
        """Raises `ModelError`: there is no model."""
        raise ModelError(NOTHING)

    async def stop(self) -> None:
        """Nothing runs."""

    def pause(self) -> None:
        """Nothing runs."""

    def resume(self) -> None:
        """Nothing runs."""

    def step(self) -> None:
        """Nothing runs."""

    def set_mode(self, mode: Mode) -> None:
        """Nothing runs."""

    def approve(self, edited: str | None = None) -> None:
        """Nothing runs."""

    def veto(self) -> None:
        """Nothing runs."""

    def inject(self, text: str) -> None:
        """Nothing runs."""

    def type(self, data: bytes) -> None:
        """Nothing runs."""

    def interrupt(self) -> None:
        """Nothing runs."""

    def resize(self, columns: int, rows: int) -> None:
        """Nothing runs."""

    def set_sampling(self, sampling: Sampling) -> None:
        """Nothing runs."""

    def drew(self, took: int) -> None:
        """Nothing runs."""
