"""However fast events come, keys are answered and the screen is drawn no more often than it must."""

from console.pump import SLICE
from engine.events import AnyEvent, PartGrew, PartOpened, ShellWrote, TokensSampled
from tests.console.open import console, screen_text, settled
from tests.console.scripted import ScriptedDriver
from tests.console.story import Story

TOKENS = 20_000


def flood() -> list[AnyEvent]:
    """A second of 20,000 tokens: two events each."""
    events: list[AnyEvent] = [PartOpened(at=1, turn=1, part=0, kind="reasoning")]
    for number in range(TOKENS):
        text = " word" if number % 50 else "\nline"
        events.append(
            TokensSampled(
                at=number,
                turn=1,
                position=number,
                ids=(7,),
                texts=(text,),
                logprobs=(-1.0,),
                times=(number * 50_000,),
            )
        )
        events.append(PartGrew(at=number, turn=1, part=0, text=text))
    return events


async def test_a_key_is_answered_long_before_a_flood_of_tokens_is_through() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: [*Story(planned).bring_up(), *Story(planned).asked()]
        await pilot.press("r")
        await settled(pilot)
        waiting_when_paused: list[int] = []
        driver.on_word = lambda: waiting_when_paused.append(app.pump.waiting)
        before = app.pump.frames
        driver.tell(flood())
        await pilot.press("space")
        assert waiting_when_paused
        assert waiting_when_paused[0] > TOKENS
        await settled(pilot)
        assert app.pump.waiting == 0
        assert app.pump.frames - before <= 2 * TOKENS / SLICE + 3
        assert "❚❚ paused" in screen_text(app)
        assert app.view.stages.latest is not None
        assert app.view.stages.latest.tokens == TOKENS


async def test_a_flood_makes_no_widgets() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(120, 40)) as pilot:
        driver.script = lambda planned: [*Story(planned).bring_up(), *Story(planned).asked()]
        await pilot.press("r")
        await settled(pilot)
        before = len(app.screen.query("*"))
        driver.tell(flood()[:5000])
        driver.tell([ShellWrote(at=1, data=b"x" * 70 + b"\r\n") for _ in range(2000)])
        await settled(pilot)
        assert len(app.screen.query("*")) == before
