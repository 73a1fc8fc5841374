from msgspec.structs import replace

from console.view.line import Line
from console.view.priming import PrimingView
from engine.events import SessionStarted
from engine.influence import Influence
from engine.scrollback import Payload, Span, Turn
from tests.console.open import spec
from tests.console.story import Story, drifting


def seam_of(lines: list[Line]) -> int:
    return next(number for number, line in enumerate(lines) if "↓ live" in line.text)


def test_seed_and_life_are_one_scrollback_with_the_seam_between_them() -> None:
    view = PrimingView()
    planned = spec()
    for event in drifting(planned):
        view.apply(event)
    lines = view.lines()
    seam = seam_of(lines)
    assert f"{len(planned.config.turns)} turns" in lines[seam].text
    before = "\n".join(line.text for line in lines[:seam])
    after = "\n".join(line.text for line in lines[seam:])
    assert planned.config.turns[0].text.splitlines()[0] in before
    assert planned.task.text in after
    assert "cat /etc/kernel-relase" in after


def test_the_first_prompt_has_nothing_cached_and_the_next_marks_what_was_kept() -> None:
    view = PrimingView()
    story = Story(spec())
    for event in [*story.bring_up(), *story.asked()]:
        view.apply(event)
    assert view.cached == 0
    assert not any("▌" in line.text for line in view.lines())
    for event in [*story.ran("ls", b"a\r\n", 0, 1), *story.asked()]:
        view.apply(event)
    lines = view.lines()
    marked = [line for line in lines if line.text.startswith("▌")]
    assert marked
    assert not lines[-1].text.startswith("▌")
    assert view.tokens is not None
    assert 0 < view.cached < view.tokens


def test_a_preview_shows_another_config_and_forgets_the_count_until_it_is_counted() -> None:
    view = PrimingView()
    config = spec().config
    first = Turn(role="user", text="Task: look", origin="person")
    view.preview(config, ("history", "prompt"), first)
    uncounted = view.tokens
    assert uncounted is None
    view.counted(
        Payload(ids=tuple(range(9)), spans=(Span(0, 9, 0, "seed"),), seam=6, cached=0, window=64)
    )
    assert (view.tokens, view.seam, view.window) == (9, 6, 64)
    view.preview(config, ("history", "prompt"), first)
    assert view.tokens is None


def test_unchanged_turns_give_the_same_line_objects_so_that_only_new_ones_are_drawn() -> None:
    view = PrimingView()
    events = drifting(spec())
    for event in events[:6]:
        view.apply(event)
    before = view.lines()
    for event in Story(spec()).grow("user", "more", "shell"):
        view.apply(event)
    after = view.lines()
    assert len(after) == len(before) + 1
    assert sum(one is other for one, other in zip(before, after, strict=False)) >= len(before) - 1


def test_what_each_seed_turn_matters_stands_beside_it_until_another_session_is_shown() -> None:
    view = PrimingView()
    for event in drifting(spec()):
        view.apply(event)
    before = [line.text for line in view.lines()]
    view.matter(
        [
            Influence(turn=0, whole=0.9, without=0.1, tokens=4),
            Influence(turn=1, whole=0.9, without=0.95, tokens=4),
            Influence(turn=2, whole=0.9, without=0.9, tokens=4),
        ]
    )
    after = "\n".join(line.text for line in view.lines())
    for cell in ("▇ ", "▽ ", "· "):
        assert cell in after
    for event in drifting(spec()):
        view.apply(event)
    assert "\n".join(line.text for line in view.lines()) == after, "the same session once more"
    for event in drifting(spec()):
        view.apply(
            replace(event, session="another") if isinstance(event, SessionStarted) else event
        )
    assert [line.text for line in view.lines()] == before
