from console.panes.header import fact_pieces, state_pieces
from console.view.header import HeaderView, Phase
from console.view.line import Piece
from console.view.worker import WorkerView
from engine.events import (
    AnyEvent,
    CommandProposed,
    CommandVetoed,
    ModelReady,
    Paused,
    Resumed,
    TurnStarted,
    WorkerLost,
)
from engine.model.supervisor import WorkerStatus
from tests.console.open import spec
from tests.console.story import PROVENANCE, Story, drifting


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def ready() -> WorkerView:
    worker = WorkerView()
    worker.hear(WorkerStatus(state="ready", since=0, provenance=PROVENANCE))
    return worker


def test_phases_follow_the_events() -> None:
    view = HeaderView()
    for event in Story(spec()).bring_up():
        view.apply(event)
    assert view.phase == "starting"
    steps: list[tuple[AnyEvent, Phase]] = [
        (TurnStarted(at=1, turn=1), "operating"),
        (CommandProposed(at=2, turn=1, command="ls"), "asking"),
        (CommandVetoed(at=3, turn=1, command="ls", by="person"), "operating"),
        (Paused(at=4), "paused"),
        (Resumed(at=5), "operating"),
        (WorkerLost(at=6, why="gone"), "lost"),
        (ModelReady(at=7, provenance=PROVENANCE), "operating"),
    ]
    for event, phase in steps:
        view.apply(event)
        assert view.phase == phase


def test_state_is_told_by_glyph_and_word() -> None:
    view = HeaderView()
    events = drifting(spec())
    for event in events[:20]:
        view.apply(event)
    assert text(state_pieces(view, ready())) == "● operating  turn 1/8"
    for event in events:
        view.apply(event)
    assert text(state_pieces(view, ready())) == "▲ drift"


def test_loading_shows_how_far_it_is() -> None:
    worker = WorkerView()
    worker.hear(WorkerStatus(state="loading", since=0, step="reading weights", fraction=0.5))
    assert text(state_pieces(HeaderView(), worker)) == "◌ loading ▇▇▇▇▇▁▁▁▁▁ 50%"


def test_a_model_that_cannot_be_had_is_said() -> None:
    worker = WorkerView()
    worker.hear(WorkerStatus(state="failed", since=0, why="There is no such model."))
    assert text(state_pieces(HeaderView(), worker)) == "✗ no model"


def test_what_does_not_fit_is_left_out_whole() -> None:
    view = HeaderView()
    for event in drifting(spec()):
        view.apply(event)
    whole = text(fact_pieces(view, 200))
    assert "smollm2-135m · cpu · float32 · false-memories+history+prompt · T 0.7 · rng 42" in whole
    assert "AMD EPYC 7B13" in whole
    narrow = text(fact_pieces(view, 50))
    assert "false-memories+history+prompt" in narrow
    assert len(narrow) <= 50
    assert set(narrow.split(" · ")[1:]) <= set(whole.split(" · ")[1:])
