"""The Payload screen, key by key."""

import pytest
from textual.pilot import Pilot

from console.commands import commands
from console.panes.payload import AboutPane, TokensPane
from console.replay import OpenAt
from console.screens.payload import PayloadScreen
from console.screens.replay import ReplayScreen
from engine.events import (
    AnyEvent,
    CompletionEnded,
    FirstTokenWeighed,
    PromptSent,
    TokensNamed,
    TokensSampled,
)
from engine.run import RunSpec
from engine.scrollback import Span
from tests.console.open import console, screen_text, settled, shows, spec
from tests.console.played import until
from tests.console.replayed import recorded
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, drifting

SIZES = [(80, 24), (120, 40), (200, 60)]


def named(planned: RunSpec) -> list[AnyEvent]:
    """The story of a drift, its tokens named, and its first tokens weighed."""
    events: list[AnyEvent] = []
    for event in drifting(planned):
        if isinstance(event, PromptSent):
            names = tuple(f"w{token} " for token in event.ids)
            events.append(TokensNamed(at=event.at, ids=event.ids, texts=names))
        events.append(event)
        if isinstance(event, PromptSent):
            command = 0.03 if event.turn == 3 else 0.9
            events.append(
                FirstTokenWeighed(at=event.at, turn=event.turn, position=0, command=command)
            )
    return events


async def opened(pilot: Pilot[int], driver: ScriptedDriver) -> PayloadScreen:
    """Run the story and open the screen on it."""
    driver.script = named
    driver.worker("ready", provenance=PROVENANCE)
    await pilot.press("r")
    await settled(pilot)
    await pilot.press("f3")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, PayloadScreen)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_on_the_last_prompt_at_any_size(size: tuple[int, int]) -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot, driver)
        text = screen_text(app)
        assert "turn 3 · prompt 3 of 3" in text
        assert "tok of 8,192" in text
        assert "template" in text
        assert "temperature 0.7" in text
        assert screen.place == 2


async def test_the_ids_shown_are_those_of_the_event() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        await pilot.press("i")
        shown = screen.query_one(TokensPane)
        drawn = [int(part.split("·")[0]) for part in _tokens(shown)]
        assert tuple(drawn) == app.view.payload.ids


async def test_arrows_go_from_prompt_to_prompt_and_stop_at_the_ends() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        for key, place in (("left", 1), ("left", 0), ("left", 0), ("right", 1)):
            await pilot.press(key)
            assert screen.place == place
        await pilot.pause()
        assert "prompt 2 of 3" in screen_text(app)


async def test_a_new_prompt_is_followed_unless_the_person_went_back() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    more = PromptSent(
        at=1, turn=4, kept=0, ids=(1, 2), spans=(Span(0, 2, 0, "seed"),), seam=2, cached=0, window=9
    )
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        driver.tell([more])
        await settled(pilot)
        assert screen.place == 3
        await pilot.press("left")
        driver.tell([more])
        await settled(pilot)
        assert screen.place == 2


async def test_boundaries_are_shown_on_demand() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, driver)
        assert "│w100␠" not in screen_text(app)
        await pilot.press("b")
        await pilot.pause()
        assert "│w100␠" in screen_text(app)


async def test_the_difference_is_to_the_prompt_before_or_another() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, driver)
        await pilot.press("2")
        await settled(pilot)
        assert "compared with turn 2" in screen_text(app)
        await pilot.press("comma")
        await settled(pilot)
        assert "compared with turn 1" in screen_text(app)
        await pilot.press("left", "left")
        await settled(pilot)
        assert "first prompt" in screen_text(app)


async def test_the_completion_is_scored_by_the_model_and_says_where_it_left_commands() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        driver.may_score.clear()
        await pilot.press("3")
        await settled(pilot)
        assert "left the commands at token 1" in screen_text(app)
        assert "the model is asked" in screen_text(app)
        driver.may_score.set()
        await until(lambda: "the model is asked" not in screen_text(app))
        assert driver.scored == [(app.view.payload.ids, app.view.payload.asked[-1].wrote.ids)]
        await pilot.press("1", "3")
        await settled(pilot)
        assert len(driver.scored) == 1, "asked once"
        assert screen.tab == "completion"


async def test_another_model_is_not_asked_and_that_is_said() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, driver)
        driver.worker("lost", why="it was killed")
        await pilot.press("3")
        await settled(pilot)
        assert "no model is ready here" in screen_text(app)
        await pilot.press("m")
        await settled(pilot)
        assert driver.scored == []


async def test_each_seed_turn_is_weighed_with_progress_and_shown_beside_it() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await opened(pilot, driver)
        seeded = screen.view.asked[-1].turns
        turns = screen.view.sent()
        assert turns is not None
        await pilot.press("m")
        await until(lambda: f"{turns.seed_turns} turns weighed" in screen_text(app))
        assert "matters ▇" in screen_text(app) or "matters ▁" in screen_text(app)
        assert len(driver.scored) == 1 + turns.seed_turns
        assert len(seeded) > turns.seed_turns
        await pilot.press("m")
        await settled(pilot)
        assert len(driver.scored) == 1 + turns.seed_turns, "known already"


async def test_the_turns_of_a_recording_are_weighed_too_and_shown_beside_its_own_seed() -> None:
    session = await recorded(named(spec()))
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.worker("ready", provenance=PROVENANCE)
        await settled(pilot)
        replay = ReplayScreen(session, OpenAt(at_end=True))
        await app.push_screen(replay)
        await until(lambda: replay.replay.surveyed and replay.replay.resting)
        await pilot.press("f3")
        await until(
            lambda: isinstance(app.screen, PayloadScreen) and "prompt 3" in screen_text(app)
        )
        await pilot.press("m")
        await until(lambda: "turns weighed" in screen_text(app))
        beside = [line.text[8:10] for line in replay.view.priming.lines()]
        assert any(cell in ("▽ ", "· ", *(f"{one} " for one in "▁▂▃▄▅▆▇█")) for cell in beside)
        assert not app.view.priming._matters, "nothing is said of the plan"
        replay.replay.go(1)
        replay.replay.go(len(replay.replay.index) - 1)
        await until(lambda: replay.replay.resting)
        assert replay.view.priming._matters


async def test_weighing_is_stopped_by_the_same_key() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        driver.may_score.clear()
        await pilot.press("m")
        await until(lambda: len(driver.scored) == 1)
        await pilot.press("m")
        await settled(pilot)
        driver.may_score.set()
        await settled(pilot)
        assert len(driver.scored) == 1
        assert not screen.tells.weights


async def test_what_is_weighed_stays_in_view_while_new_prompts_come() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    more = PromptSent(
        at=1, turn=4, kept=0, ids=(1, 2), spans=(Span(0, 2, 0, "seed"),), seam=2, cached=0, window=9
    )
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        driver.may_score.clear()
        await pilot.press("m")
        await until(lambda: len(driver.scored) == 1)
        driver.tell([more])
        await settled(pilot)
        assert screen.place == 2
        driver.may_score.set()
        await until(lambda: "turns weighed" in screen_text(app))


async def test_a_completion_is_scored_once_it_has_ended() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        asked, *_, ended = [
            event
            for event in named(spec())
            if isinstance(event, PromptSent | TokensSampled | CompletionEnded) and event.turn == 1
        ]
        written = TokensSampled(
            at=2, turn=1, position=0, ids=(9,), texts=("ls",), logprobs=(-0.1,), times=(2,)
        )
        driver.tell([asked, written])
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        assert "asked when it has ended" in screen_text(app)
        assert driver.scored == []
        driver.tell([ended])
        await until(lambda: len(driver.scored) == 1)
        await settled(pilot)
        assert screen.tab == "completion"


async def test_a_finding_leads_to_the_tokens_it_is_about() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        await pilot.press("4")
        await settled(pilot)
        found = screen.tells.findings
        assert found, "the story's channel is not clean"
        at = next(index for index, one in enumerate(found) if one.span.turn >= 0)
        await pilot.press(*["down"] * at)
        await settled(pilot)
        assert screen.tells.chosen == found[at]
        assert found[at].rule in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert screen.tab == "payload"
        assert screen.query_one(TokensPane).highlight
        assert "▶" in screen_text(app)


@pytest.mark.parametrize(
    ("key", "begin"),
    [("t", "w100 "), ("j", "["), ("I", "[100, "), ("r", "# The ids"), ("u", "curl ")],
)
async def test_a_prompt_is_copied_in_many_forms(key: str, begin: str) -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, driver)
        await pilot.press(key)
        await settled(pilot)
        assert app.clipboard.startswith(begin)


async def test_search_goes_to_what_is_found_and_escape_ends_it_before_it_leaves() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, driver)
        pane = screen.query_one(TokensPane)
        last = f"w{app.view.payload.ids[-1]}"
        await pilot.press("slash", *last, "enter")
        await settled(pilot)
        assert pane.found == last
        assert last in screen_text(app)
        assert pane.scroll_offset.y > 0
        await pilot.press("escape")
        await settled(pilot)
        assert shows(app, PayloadScreen)
        assert not pane.found
        await pilot.press("escape")
        await settled(pilot)
        assert not shows(app, PayloadScreen)


async def test_another_recording_is_put_beside_it_and_taken_away_again() -> None:
    other = await recorded(named(spec()))
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, driver)
        screen._beside(other)
        await until(lambda: f"session {other}, turn 3" in screen_text(app))
        assert "id by id" in screen_text(app)
        await pilot.press("comma")
        await until(lambda: f"session {other}, turn 2" in screen_text(app))
        await pilot.press("o")
        await until(lambda: "compared with turn 2" in screen_text(app))


async def test_before_anything_was_sent_or_counted_that_is_said() -> None:
    app = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.view.priming._counted = None  # as before there is a tokenizer
        await pilot.press("f3")
        await settled(pilot)
        assert "nothing sent yet" in screen_text(app)
        for key in ("2", "3", "4", "m", "enter", "left", "j", "escape"):
            await pilot.press(key)
        await settled(pilot)
        assert not shows(app, PayloadScreen)


async def test_what_is_planned_is_looked_at_before_it_is_sent() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.worker("ready", provenance=PROVENANCE)
        await until(lambda: app.view.priming.plan is not None)
        await pilot.press("f3")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, PayloadScreen)
        assert "planned, not sent yet · turn 1 · prompt 1 of 1" in screen_text(app)
        assert screen.tells.shown is not None
        assert screen.tells.shown.sent.turns == app.view.priming.turns
        assert not app.view.payload, "nothing was sent"


async def test_help_and_the_palette_know_its_keys() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await opened(pilot, driver)
        assert isinstance(screen.pane, TokensPane | AboutPane)
        titles = [command.title for command in commands(app, app.screen)]
        assert "Where tokens begin; blanks" in titles
        assert "Copy as a curl request" in titles
        await pilot.press("f1")
        await settled(pilot)
        assert "payload.boundaries" in screen_text(app)


def _tokens(pane: TokensPane) -> list[str]:
    """What is drawn of every token, `id·text`, from the rows of the pane."""
    drawn: list[str] = []
    for number in range(pane.row_count()):
        text = pane.row_text(number)
        if "│" in text:
            drawn += text.split("│")[1:]
    return drawn
