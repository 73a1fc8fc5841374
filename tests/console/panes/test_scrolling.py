"""Panes scroll by keys at once, row by row and page by page."""

from console.panes.payload import TokensPane
from tests.console.open import console, settled, spec
from tests.console.scripted import ScriptedDriver
from tests.console.story import drifting


async def test_a_page_and_a_row_are_scrolled_at_once_and_a_row_of_the_page_before_stays() -> None:
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for event in drifting(spec()):
            app.view.apply(event)
        await pilot.press("f3")
        pane = app.screen.query_one(TokensPane)
        while not pane.row_count():
            await pilot.pause()
        pane.action_top()
        pane.action_page_down()
        page = pane.scroll_offset.y
        assert page == min(pane.size.height - 1, pane.max_scroll_y)
        pane.action_scroll_up()
        assert pane.scroll_offset.y == page - 1
        pane.action_scroll_down()
        pane.action_page_up()
        assert pane.scroll_offset.y == 0
