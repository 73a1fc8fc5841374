"""How the model stands: loading and how far, ready, lost or failed."""

from engine.model.supervisor import WorkerStatus

BAR = 20
"""Cells of the progress bar."""


class WorkerView:
    """The last that was heard of the model's process."""

    def __init__(self) -> None:
        self.version = 0
        self.status: WorkerStatus | None = None

    def hear(self, status: WorkerStatus) -> None:
        """Take in a new state."""
        self.version += 1
        self.status = status

    @property
    def loading(self) -> bool:
        """Whether the model is on its way."""
        return self.status is None or self.status.state in ("starting", "loading")

    @property
    def ready(self) -> bool:
        """Whether it can answer."""
        return self.status is not None and self.status.state == "ready"

    def words(self) -> str:
        """The state in a few words: `reading weights`, `ready`, or why it failed."""
        match self.status:
            case None:
                return "starting"
            case status if status.state in ("starting", "loading"):
                return status.step or status.state
            case status:
                return status.why or status.state

    def bar(self, cells: int = BAR) -> str:
        """How far loading is, drawn."""
        fraction = self.status.fraction if self.status else 0.0
        full = round(cells * min(1.0, max(0.0, fraction)))
        return "▇" * full + "▁" * (cells - full)
