"""The first line: what runs, with which dice, and how it stands."""

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from console.panes.look import look_of
from console.panes.strips import on, shown, strip_of
from console.view.header import MARKS, HeaderView
from console.view.line import Piece
from console.view.outcome import GLYPHS
from console.view.worker import WorkerView
from engine.figures import config_name

BAR = 10
BRAND = "driftty  "


class Header(Widget):
    """One row: facts at the left, how it stands at the right, which subclasses know.

    What does not fit is left out whole, what matters least first.
    """

    BADGE: tuple[Piece, ...] = ()
    """What tells this header's screen from others, before the facts."""

    def __init__(self, view: HeaderView) -> None:
        super().__init__(id="header")
        self.view = view
        self._seen: object = None

    def state(self) -> list[Piece]:
        """How it stands."""
        raise NotImplementedError

    def seen(self) -> object:
        """What the line is drawn from; drawn anew when it differs from what it was."""
        raise NotImplementedError

    def sync(self) -> None:
        """Take in what changed."""
        seen = self.seen()
        if seen != self._seen:
            self._seen = seen
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        right = self.state()
        badge = [*self.BADGE, Piece("  ")] if self.BADGE else []
        left = [*badge, *fact_pieces(self.view, width - _cells(right) - _cells(badge) - 5)]
        gap = max(1, width - _cells(left) - _cells(right) - 2)
        pieces = (Piece(" "), *left, Piece(" " * gap), *right, Piece(" "))
        return on(strip_of(look_of(self), *pieces), width, self.rich_style)


class LiveHeader(Header):
    """The header of a live run and its model."""

    def __init__(self, view: HeaderView, worker: WorkerView) -> None:
        super().__init__(view)
        self._worker = worker

    def state(self) -> list[Piece]:
        """The run's phase, or the model's."""
        return state_pieces(self.view, self._worker)

    def seen(self) -> object:
        """Run and model."""
        return self.view.version, self._worker.version


def fact_pieces(view: HeaderView, room: int) -> list[Piece]:
    """Model, device, dtype, config, temperature and rng, as many as fit into so many cells."""
    facts = {
        "model": Piece(view.model),
        "device": Piece(view.device.split(" (")[0]),
        "dtype": Piece(view.dtype if view.dtype != "none" else ""),
        "config": Piece(config_name(view.config, room - cell_len(BRAND)), "heading"),
        "warmth": Piece(f"T {view.sampling.temperature:g}"),
        "rng": Piece(f"rng {view.rng}"),
        "hardware": Piece(view.device.partition(" (")[2].rstrip(")"), "faint"),
    }
    kept: set[str] = set()
    for name in ("config", "warmth", "model", "rng", "device", "dtype", "hardware"):
        tried = kept | {name}
        if not facts[name].text:
            continue
        if _cells(_joined([facts[one] for one in facts if one in tried])) > room:
            break
        kept = tried
    return _joined([piece for name, piece in facts.items() if name in kept])


def state_pieces(view: HeaderView, worker: WorkerView) -> list[Piece]:
    """How it stands, by glyph and word."""
    status = worker.status
    if not view.running and status is not None and status.state == "failed":
        return [Piece("✗ no model", "bad")]
    if not view.running and status is not None and status.state == "lost":
        return [Piece("◌ model lost, starting again", "phase-lost")]
    if worker.loading and (not view.running or view.phase == "starting"):
        percent = f" {status.fraction:.0%}" if status else ""
        return [Piece("◌ loading ", "phase-starting"), Piece(worker.bar(BAR), "bar-load"),
                Piece(percent, "text")]  # fmt: skip
    if view.phase == "ended" and view.outcome is not None:
        return [Piece(f"{GLYPHS[view.outcome]} {view.outcome}", "phase-ended")]
    words = {"asking": "your word?", "lost": "model lost", "idle": "ready"}
    pieces = [
        Piece(f"{MARKS[view.phase]} {words.get(view.phase, view.phase)}", f"phase-{view.phase}")
    ]
    if view.running:
        if view.mode != "watch":
            pieces.append(Piece(f"  {view.mode}", "text"))
        if view.turn:
            pieces.append(Piece(f"  turn {view.turn}/{view.limit}", "text"))
        if view.sandbox == "none":
            pieces.append(Piece("  ! no sandbox", "warn"))
    return pieces


def _joined(facts: list[Piece]) -> list[Piece]:
    pieces = [Piece(BRAND, "brand")]
    for number, fact in enumerate(facts):
        if number:
            pieces.append(Piece(" · ", "rule"))
        pieces.append(fact)
    return pieces


def _cells(pieces: list[Piece]) -> int:
    return sum(cell_len(shown(piece.text)) for piece in pieces)
