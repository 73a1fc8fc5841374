"""The PRIMING pane says what is wrong with the payload, before anything else."""

from msgspec.structs import replace

from console.panes.priming import counts
from console.view.state import ViewState
from engine.events import PromptSent, ScrollbackGrew
from engine.scrollback import Span, Turn
from tests.console.open import console, screen_text, settled, spec
from tests.console.story import Story
from tests.sessions.made import make_spec


def shown(*turns: Turn) -> str:
    view = ViewState()
    for event in Story(make_spec()).bring_up():
        view.apply(event)
    for turn in turns:
        view.apply(ScrollbackGrew(at=1, turn=1, added=turn))
    spans = tuple(Span(at, at + 1, at, turn.origin) for at, turn in enumerate(view.priming.turns))
    ids = tuple(range(len(spans)))
    view.apply(PromptSent(at=2, turn=1, kept=0, ids=ids, spans=spans, seam=0, cached=0, window=0))
    return "".join(piece.text for piece in counts(view.priming, view.lint))


def test_a_clean_payload_has_no_badge() -> None:
    assert "▲" not in shown()


def test_the_worst_of_what_is_wrong_stands_first_so_that_a_narrow_title_keeps_it() -> None:
    keys = tuple(Turn("user", key, "shell") for key in "pwd")
    assert shown(*keys).startswith("▲ 2 fragmented-turns · ")


async def test_a_pane_that_is_behind_another_is_marked_where_its_name_stands() -> None:
    app = console(planned=replace(spec(), channel="fragmented"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "▲ PRIMING" in screen_text(app)
