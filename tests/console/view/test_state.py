from msgspec.structs import replace

from console.view.state import ViewState
from engine.events import RunEnded, SessionStarted, ShellResized, ShellWrote
from tests.console.open import spec
from tests.console.story import Story, clean, drifting


def shown(view: ViewState) -> tuple[object, ...]:
    assert view.shell.terminal is not None
    return (
        view.shell.terminal.text(),
        [line.text for line in view.stderr.lines()],
        [line.text for line in view.priming.lines()],
        [(one.spec, one.outcomes) for one in view.tally.conditions.values()],
        view.header.phase,
        view.payload.ids,
    )


def test_the_same_events_give_the_same_screen_however_often_they_are_folded() -> None:
    once, twice = ViewState(), ViewState()
    for event in drifting(spec()):
        once.apply(event)
    for event in drifting(spec()):
        twice.apply(event)
    assert shown(once) == shown(twice)


def test_a_new_session_clears_everything_but_the_tally() -> None:
    fresh, used = ViewState(), ViewState()
    for event in drifting(spec()):
        used.apply(event)
    for event in clean(replace(spec(), rng=43)):
        fresh.apply(event)
        used.apply(event)
    assert shown(fresh)[:3] == shown(used)[:3]
    assert used.tally.current is not None
    assert used.tally.current.runs == 2


def test_a_concern_that_was_not_touched_keeps_its_version() -> None:
    view = ViewState()
    for event in Story(spec()).bring_up():
        view.apply(event)
    before = (view.stderr.version, view.priming.version, view.tally.version)
    shell = view.shell.version
    view.apply(ShellWrote(at=5, data=b"hello"))
    assert view.shell.version > shell
    assert (view.stderr.version, view.priming.version, view.tally.version) == before


def test_the_terminal_follows_the_shells_size() -> None:
    view = ViewState()
    for event in Story(spec()).bring_up():
        view.apply(event)
    view.apply(ShellResized(at=5, columns=40, rows=10))
    assert view.shell.terminal is not None
    assert view.shell.terminal.size == (40, 10)


def test_events_before_any_session_and_after_its_end_do_no_harm() -> None:
    view = ViewState()
    events = [event for event in drifting(spec()) if not isinstance(event, SessionStarted)]
    for event in events:
        view.apply(event)
    assert isinstance(events[-1], RunEnded)
    for event in events:
        view.apply(event)
