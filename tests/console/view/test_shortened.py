"""A shortened scrollback is shown as the model sees it, and said aloud."""

from console.view.payload import PayloadView
from console.view.priming import PrimingView
from console.view.stderr import StderrView
from engine.events import ScrollbackGrew, ScrollbackShortened
from engine.rerun.past import PastReader
from engine.scrollback import Turn
from sessions.transcript import Transcript
from tests.console.story import Story
from tests.sessions.made import make_spec

TASK = Turn("user", "Task: look", "person")
CUT = Turn("user", "… (900 characters left out, status 0)\nthe end", "shell")
SHORTENED = ScrollbackShortened(
    at=3,
    turn=4,
    turns=(TASK, CUT),
    were=(0, 2),
    cut=1,
    folded=0,
    before=5000,
    after=3000,
    kept=1000,
    window=5100,
)
WORDS = (
    "1 old output cut to its end: 5,000 tokens became 3,000 of a window of 5,100; "
    "2,000 are computed anew"
)


def told() -> Story:
    return Story(make_spec())


def test_the_panes_show_the_live_turns_as_they_are_now() -> None:
    priming, payload = PrimingView(), PayloadView()
    story = told()
    grown = [
        ScrollbackGrew(at=1, turn=turn, added=Turn("user", f"{turn}", "shell")) for turn in (1, 2)
    ]
    for event in (*story.bring_up(), *grown, SHORTENED):
        priming.apply(event)
        payload.apply(event)
    seed = story.spec.config.turns
    assert priming.turns == (*seed, TASK, CUT)
    assert payload.turns == [*seed, TASK, CUT]


def test_it_is_said_in_the_stderr_pane_and_in_transcripts() -> None:
    view = StderrView()
    view.apply(SHORTENED)
    assert view.lines()[-1].text == f"… {WORDS}"
    (passage,) = Transcript().tell(SHORTENED)
    assert passage.text == f"shortened: {WORDS}"


def test_a_session_run_again_goes_on_from_the_shortened_turns() -> None:
    reading = PastReader()
    story = told()
    grown = [
        ScrollbackGrew(at=1, turn=turn, added=Turn("user", f"{turn}", "shell")) for turn in (1, 2)
    ]
    for event in (*story.bring_up(), *grown, SHORTENED):
        reading.feed(event)
    assert reading.past.scrollback[-2:] == (TASK, CUT)
    assert reading.past.numbers == (0, 2)
