from console.view.payload import PayloadView
from engine.events import PromptSent
from engine.scrollback import Span
from tests.console.open import spec
from tests.console.story import drifting


def test_the_ids_of_a_prompt_are_put_together_from_what_each_adds() -> None:
    view = PayloadView()
    span = (Span(0, 4, 0, "seed"),)
    asked = {"spans": span, "seam": 2, "cached": 0, "window": 64}
    view.apply(PromptSent(at=1, turn=1, kept=0, ids=(1, 2, 3, 4), **asked))  # type: ignore[arg-type]  # a literal, chosen at run time
    view.apply(PromptSent(at=2, turn=2, kept=2, ids=(9, 8), **asked))  # type: ignore[arg-type]  # a literal, chosen at run time
    assert view.ids == (1, 2, 9, 8)


def test_the_summary_says_how_big_the_prompt_is() -> None:
    view = PayloadView()
    for event in drifting(spec()):
        view.apply(event)
    assert f"{len(view.ids)} tokens of 8,192" in view.summary()


def test_nothing_sent_is_said() -> None:
    assert PayloadView().summary() == "nothing sent yet"
