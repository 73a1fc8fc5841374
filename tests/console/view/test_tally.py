from collections.abc import Iterable

from console.panes.tally import tally_lines
from console.view.tally import TallyView
from engine.events import AnyEvent
from tests.console.open import spec
from tests.console.story import Story, clean, drifting


def folded(*sessions: Iterable[AnyEvent]) -> TallyView:
    view = TallyView()
    for session in sessions:
        for event in session:
            view.apply(event)
    return view


def shown(view: TallyView, width: int = 50) -> str:
    return "\n".join(line.text for line in tally_lines(view, width))


def test_one_run_concludes_nothing_and_says_so() -> None:
    text = shown(folded(clean(spec())))
    assert "✓ clean" in text
    assert "1 run: nothing can be concluded from it." in text
    assert "±" not in text
    assert "%" not in text


def test_five_of_five_is_five_counts_and_no_certainty() -> None:
    text = shown(folded(*(clean(spec()) for _ in range(5))))
    assert "5 runs: counts, not a rate" in text
    assert "±" not in text
    assert "100" not in text


def test_faults_and_stopped_runs_are_shown_apart_and_do_not_count() -> None:
    fault = [*Story(spec()).bring_up(), Story(spec()).ended("fault", "the model went away")]
    stopped = [*Story(spec()).bring_up(), Story(spec()).ended("stopped", "a person stopped it")]
    view = folded(drifting(spec()), fault, stopped)
    assert view.runs(view.config) == 1
    assert "not counted  ✗ fault 1   ■ stopped 1" in shown(view)


def test_configs_are_counted_apart_and_the_others_stay_in_sight() -> None:
    view = folded(clean(spec()), drifting(spec("bare")))
    assert view.config == spec("bare").config.name
    assert view.runs(spec().config.name) == 1
    assert "✓ 1" in shown(view).splitlines()[-1]


def test_bars_fit_any_width() -> None:
    view = folded(*(clean(spec()) for _ in range(3)))
    for width in (24, 40, 90):
        assert all(len(line.text) <= width for line in tally_lines(view, width)[:3])
