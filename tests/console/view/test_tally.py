from collections.abc import Iterable

from msgspec.structs import replace

from console.panes.tally import tally_lines
from console.view.tally import TallyView
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandVetoed,
    KeysTyped,
    RunEnded,
    SamplingChanged,
    ScrollbackGrew,
)
from engine.run import RunSpec, Sampling
from engine.scrollback import Turn
from tests.console.open import spec
from tests.console.story import Story, clean, drifting


def folded(*sessions: Iterable[AnyEvent]) -> TallyView:
    view = TallyView()
    for session in sessions:
        for event in session:
            view.apply(event)
    return view


def dice(number: int, config: str = "false-memories") -> RunSpec:
    return replace(spec(config), rng=number)


def shown(view: TallyView, width: int = 50) -> str:
    return "\n".join(line.text for line in tally_lines(view, width))


def runs(view: TallyView) -> int:
    assert view.current is not None
    return view.current.runs


def test_one_run_concludes_nothing_and_says_so() -> None:
    text = shown(folded(clean(spec())))
    assert "✓ clean" in text
    assert "1 run: nothing can be concluded from it." in text
    assert "[" not in text
    assert "±" not in text
    assert "%" not in text


def test_five_of_five_is_no_certainty() -> None:
    text = shown(folded(*(clean(dice(rng)) for rng in range(5))))
    assert "5/5  1 [.38–1]" in text
    assert "5 runs; the 95 % interval holds at every look." in text


def test_the_same_dice_again_tell_nothing_new() -> None:
    view = folded(*(clean(dice(7)) for _ in range(5)))
    assert runs(view) == 1
    assert "= same rng again 4" in shown(view)


def test_at_temperature_nought_every_run_is_the_same_run() -> None:
    cold = [replace(dice(rng), sampling=Sampling(temperature=0)) for rng in range(3)]
    assert runs(folded(*(clean(one) for one in cold))) == 1


def test_a_run_a_person_had_a_hand_in_is_not_the_operators() -> None:
    hands: list[AnyEvent] = [
        KeysTyped(at=1, data=b"ls\r"),
        CommandEdited(at=1, turn=1, command="ls", edited="ls -a"),
        CommandVetoed(at=1, turn=1, command="ls", by="person"),
        SamplingChanged(at=1, sampling=Sampling(temperature=1)),
        ScrollbackGrew(at=1, turn=2, added=Turn(role="user", text="stop", origin="person")),
    ]
    for number, hand in enumerate(hands):
        *events, end = clean(dice(number))
        view = folded([*events, hand, end])
        assert runs(view) == 0, hand
        assert "✎ steered by you 1" in shown(view)


def test_what_the_drift_policy_withheld_is_still_the_operators_run() -> None:
    *events, end = drifting(spec())
    withheld = CommandVetoed(at=1, turn=3, command="Let me", by="policy")
    assert runs(folded([*events, withheld, end])) == 1


def test_faults_and_stopped_runs_are_shown_apart_and_do_not_count() -> None:
    fault = [*Story(dice(1)).bring_up(), Story(dice(1)).ended("fault", "the model went away")]
    stopped = [*Story(dice(2)).bring_up(), Story(dice(2)).ended("stopped", "a person did")]
    view = folded(drifting(dice(3)), fault, stopped)
    assert runs(view) == 1
    assert "not counted  ✗ fault 1   ■ stopped 1" in shown(view)


def test_runs_asked_for_differently_are_counted_apart_and_stay_in_sight() -> None:
    warmer = replace(dice(3), sampling=Sampling(temperature=1.2))
    view = folded(clean(dice(1)), drifting(dice(2, "bare")), clean(warmer))
    assert runs(view) == 1
    assert len(view.others) == 2
    assert "✓ 1" in shown(view)
    assert "▲ 1" in shown(view)


def test_the_size_of_the_window_does_not_part_runs() -> None:
    view = folded(clean(dice(1)), clean(replace(dice(2), columns=40, rows=10)))
    assert runs(view) == 2


def test_an_end_without_a_beginning_counts_nothing() -> None:
    (end,) = [event for event in clean(spec()) if isinstance(event, RunEnded)]
    assert folded([end]).conditions == {}


def test_lines_fit_their_width() -> None:
    view = folded(*(clean(dice(rng)) for rng in range(3)))
    for width in (40, 50, 90):
        assert all(len(line.text) <= width for line in tally_lines(view, width)[:3])


def test_the_rate_is_drawn_on_its_scale_once_there_are_two_runs() -> None:
    assert "rate" not in shown(folded(clean(dice(0))))
    text = shown(folded(*(clean(dice(rng)) for rng in range(5))))
    scale = next(line for line in text.splitlines() if "rate" in line)
    assert scale.split("0", 1)[1].endswith("1")
    assert "▆" in scale


def test_another_config_tried_alike_is_set_beside_with_what_is_still_needed() -> None:
    sessions = [clean(dice(rng)) for rng in range(3)]
    sessions += [drifting(dice(rng, "bare")) for rng in range(3)]
    view = folded(*sessions)
    text = " ".join(shown(view).split())
    assert "○ beside false-memories+history+exit+prompt: not attributable yet: about" in text
    more = [drifting(dice(rng, "bare")) for rng in range(3, 8)]
    more += [clean(dice(rng)) for rng in range(3, 8)]
    decided = " ".join(shown(folded(*sessions, *more)).split())
    assert "◆ better than bare+prompt: separated (E" in decided


def test_a_config_tried_otherwise_is_not_set_beside() -> None:
    warmer = replace(dice(0, "bare"), sampling=Sampling(temperature=1.0))
    text = shown(folded(drifting(warmer), clean(dice(0))))
    assert "beside" not in text
