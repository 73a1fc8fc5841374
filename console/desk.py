"""The person's desk: what is planned, and the questions asked before a run starts, ends or changes."""

import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from rich.text import Text

from console.plan import Plan
from console.safe import clean_line
from console.screens.dialog import Ask, Confirm
from console.screens.help import help_screen
from console.screens.payload import PayloadScreen
from console.screens.seeds import SeedsScreen
from console.screens.start import StartDialog
from console.view.plannedpayload import planned_payload
from engine.errors import DrifttyError, ModelError
from engine.events import Mode
from engine.run import RunSpec
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary

if TYPE_CHECKING:
    from console.app import DrifttyApp

MODES: tuple[Mode, ...] = ("watch", "confirm", "step")


class Desk:
    """Plans runs and starts them, asking where something would be lost."""

    def __init__(
        self, app: "DrifttyApp", spec: RunSpec, seeds: SeedLibrary, tasks: TaskLibrary
    ) -> None:
        self._app = app
        self._seeds, self._tasks = seeds, tasks
        self.plan = Plan(spec, seeds)
        self._ran = False
        """Whether the plan as it stands was run, so that the next run takes the next rng."""

    def show_plan(self) -> None:
        """Put what would run next on the screen, and count its tokens."""
        view, spec = self._app.view, self.plan.spec
        try:
            available = self.plan.available
        except DrifttyError as error:
            self._app.complain(error)
            return
        if self._app.driver.running:
            view.priming.available = available
            return
        view.header.plan(spec)
        view.tally.show(spec)
        view.priming.preview(spec.config, available, self.plan.first_turn, spec.channel)
        self._app.pump.wake()
        self._app.operate.lay_out()
        self.count()

    def count(self) -> None:
        """Have the tokens of what is on screen counted, once there is a tokenizer."""
        if not self._app.driver.running:
            self._go(self._count(), "count")

    def new_run(self) -> None:
        """Ask for everything, then start."""
        self._go(self._new_run(), "ask")

    def again(self) -> None:
        """Start the plan; with the next rng where it ran already."""
        if self._ran:
            self.plan.again()
        self._go(self._start(), "run")

    def repeat(self) -> None:
        """Start the plan again with the same rng, ending the run under way if the person agrees."""
        self._go(self._restart(), "run")

    def run(self, spec: RunSpec) -> None:
        """Start something that is not planned, a fork; ends the run under way if the person agrees."""
        self._go(self._run(spec), "run")

    def stop(self) -> None:
        """End the run under way."""
        self._go(self._app.driver.stop(), "run")

    def toggle(self, element: str) -> None:
        """Switch an element; while a run is under way, ask whether to start anew with it."""
        before = self.plan.spec
        try:
            self.plan.toggle(element)
        except DrifttyError as error:
            self._app.complain(error)
            return
        self._changed(before)

    def warm(self, tenths: int) -> None:
        """Change the temperature, of a run under way from its next completion on."""
        self.plan.warm(tenths)
        driver = self._app.driver
        if driver.running:
            driver.set_sampling(self.plan.spec.sampling)
        else:
            self._app.view.header.plan(self.plan.spec)
        self._app.pump.wake()

    def next_mode(self) -> None:
        """Watch, confirm, step, and round again."""
        header = self._app.view.header
        header.mode = MODES[(MODES.index(header.mode) + 1) % len(MODES)]
        header.version += 1
        self._app.driver.set_mode(header.mode)
        words = {
            "watch": "watch: commands run at once",
            "confirm": "confirm: each command waits for your word",
            "step": "step: the operator pauses after each turn",
        }
        self._app.notify(words[header.mode], title="Mode", timeout=3)
        self._app.pump.wake()

    def inject(self) -> None:
        """Ask what to say, and say it before the operator's next turn."""
        self._go(self._inject(), "ask")

    def seeds(self) -> None:
        """Choose a seed and its elements."""
        self._go(self._choose_seed(), "ask")

    def payload(self) -> None:
        """Show the exact prompts of this session, the last one first; before any, what is planned."""
        view, status = self._app.view, self._app.worker.status
        known = status.provenance if status is not None else None
        plan = planned_payload(view.priming, self.plan.spec, known) if not view.payload else None
        self._app.push_screen(
            PayloadScreen(
                plan or view.payload,
                self._app.inspecting,
                exists=view.lint.exists,
                priming=view.priming,
                planned=plan is not None,
            )
        )

    def help(self) -> None:
        """Show what the focused pane is and what the keys do."""
        self._app.push_screen(help_screen(self._app.screen))

    def quit(self) -> None:
        """Leave, asking first while a run is under way."""
        self._go(self._quit(), "quit")

    async def _count(self) -> None:
        priming = self._app.view.priming
        if priming.config is None:
            return
        turns = priming.turns
        # No tokenizer yet is no error: the count comes when the model's state changes.
        with contextlib.suppress(ModelError):
            payload = await self._app.driver.render(turns, len(priming.seeded))
            if priming.turns == turns and priming.planning:
                priming.counted(payload)
                self._app.pump.wake()

    async def _new_run(self) -> None:
        spec = self.plan.spec
        if self._ran:
            self.plan.again()
        chosen = await self._app.push_screen_wait(
            StartDialog(self.plan.spec, self._seeds, self._tasks)
        )
        if chosen is None:
            self.plan.spec = spec
            return
        self.plan.spec = chosen
        await self._restart()

    async def _restart(self) -> None:
        if self._app.driver.running:
            if not await self._agree("Another run", "Stop it and start"):
                return
            await self._app.driver.stop()
        await self._start()

    async def _start(self) -> None:
        columns, rows = self._app.operate.shell_size
        self.plan.fit(columns, rows)
        try:
            await self._app.driver.start(self.plan.spec)
        except DrifttyError as error:
            self._app.complain(error)
        else:
            self._ran = True
            self._app.operate.refresh_bindings()

    async def _run(self, spec: RunSpec) -> None:
        driver = self._app.driver
        if driver.running:
            if not await self._agree("The fork", "Stop it and fork"):
                return
            await driver.stop()
        try:
            # With the terminal as it was, so that its shell can be brought to where it was.
            await driver.start(spec)
        except DrifttyError as error:
            self._app.complain(error)
            return
        while self._app.screen is not self._app.operate and len(self._app.screen_stack) > 1:
            self._app.pop_screen()
        self._app.operate.refresh_bindings()

    async def _inject(self) -> None:
        said = await self._app.push_screen_wait(
            Ask("Say to the operator", "A user turn of your own, before the operator's next turn.")
        )
        if said is not None:
            self._app.driver.inject(said)
            self._app.notify("It is said before the next turn.", title="Injected", timeout=3)

    async def _choose_seed(self) -> None:
        before = self.plan.spec
        config = await self._app.push_screen_wait(
            SeedsScreen(self._seeds, before.config, self.plan.first_turn)
        )
        if config is not None and config != before.config:
            self.plan.choose(config.seed, config.elements)
            self._changed(before)

    def _changed(self, before: RunSpec) -> None:
        """Take another config: at once, or after asking whether to end the run under way."""
        self._ran = False
        if self._app.driver.running:
            self._go(self._restart_or_back(before), "ask")
        else:
            self.show_plan()

    async def _restart_or_back(self, before: RunSpec) -> None:
        name = clean_line(self.plan.spec.config.name)
        if await self._agree(f"Changing to {name}", "Stop it and start anew"):
            await self._app.driver.stop()
            await self._start()
        else:
            self.plan.spec = before

    async def _agree(self, what: str, yes: str) -> bool:
        question = Text(f"{what} ends the run under way as stopped.")
        agreed = await self._app.push_screen_wait(Confirm(question, yes, "Let it run"))
        return agreed is True

    async def _quit(self) -> None:
        going = ["a run"] if self._app.driver.running else []
        if self._app.experiments.laboratory.at_work:
            going.append("an experiment")
        if going:
            question = Text(
                f"Under way: {' and '.join(going)}. Quitting stops what is under way; what it did is "
                "kept."
            )
            if not await self._app.push_screen_wait(Confirm(question, "Stop it and quit", "Stay")):
                return
        self._app.leave(0)

    def _go(self, work: Coroutine[Any, Any, None], group: str) -> None:
        self._app.run_worker(work, group=group, exclusive=group == "count", exit_on_error=True)
