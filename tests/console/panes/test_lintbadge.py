"""The PRIMING pane says what is wrong with the payload."""

from console.panes.priming import _counts
from console.view.priming import PrimingView
from engine.events import PromptSent, ScrollbackGrew
from engine.scrollback import Span, Turn
from tests.console.story import Story
from tests.sessions.made import make_spec


def shown(*turns: Turn) -> str:
    view = PrimingView()
    for event in Story(make_spec()).bring_up():
        view.apply(event)
    for turn in turns:
        view.apply(ScrollbackGrew(at=1, turn=1, added=turn))
    spans = tuple(Span(at, at + 1, at, turn.origin) for at, turn in enumerate(view.turns))
    ids = tuple(range(len(spans)))
    view.apply(PromptSent(at=2, turn=1, kept=0, ids=ids, spans=spans, seam=0, cached=0, window=0))
    return "".join(piece.text for piece in _counts(view))


def test_a_clean_payload_has_no_badge() -> None:
    assert "▲" not in shown()


def test_the_worst_of_what_is_wrong_stands_in_the_title() -> None:
    keys = tuple(Turn("user", key, "shell") for key in "pwd")
    assert shown(*keys).endswith(" · ▲ 2 fragmented-turns")
