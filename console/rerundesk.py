"""The person's desk for recordings run again: forks of them, and verifications."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from console.baselines import BASELINE, keep_verified, tag_baseline, verifications
from console.forking import Asked, many_forks, one_fork, turn_of
from console.safe import clean_line
from console.screens.fork import ForkDialog, Forked
from console.screens.verify import Rerun, VerifyScreen
from console.verifying import answering, open_model, verify
from engine.errors import DrifttyError
from engine.events import AnyEvent, WorldRestored
from engine.rerun.past import Past
from engine.rerun.restoring import in_words
from engine.seeds.library import SeedLibrary
from sessions.ids import new_id
from sessions.kept import Placement
from sessions.library import Library
from sessions.past import open_past

if TYPE_CHECKING:
    from textual.worker import Worker

    from console.app import DrifttyApp


class RerunDesk:
    """Asks what a person wants of a recording, and has it done."""

    def __init__(self, app: "DrifttyApp", seeds: SeedLibrary) -> None:
        self._app = app
        self._seeds = seeds
        self._verifying: Worker[None] | None = None

    def follow(self) -> None:
        """Say of every fork how its shell was restored."""
        self._app.driver.subscribe(self._restored)

    def fork(self, session: str, turn: int | None = None) -> None:
        """Ask how to fork a recording, at a turn or where it drifted, and do it."""
        self._go(self._fork(session, turn), "fork")

    def verify(self, session: str) -> None:
        """Run a recording again, on a screen of its own."""
        rerun = Rerun(session)
        self._app.push_screen(VerifyScreen(self, rerun))
        self.again(rerun)

    def again(self, rerun: Rerun, *, live: bool = False) -> None:
        """Run it again, with a real shell where that is wanted."""
        self.leave()
        rerun.doing, rerun.wrong, rerun.found = "loading the model", "", None
        self._verifying = self._go(self._verify(rerun, live=live), "verify")

    def leave(self) -> None:
        """Run it no further."""
        if self._verifying is not None:
            self._verifying.cancel()
            self._verifying = None

    def hold(self, rerun: Rerun) -> None:
        """Tag a verified session as a baseline."""
        self._go(self._hold(rerun), "verify-tag")

    async def _fork(self, session: str, turn: int | None) -> None:
        try:
            past = await open_past(session)
            at = turn_of(past, Asked(turn=turn))
            here = self._app.desk.plan.spec.model
            chosen = await self._app.push_screen_wait(ForkDialog(past, at, self._seeds, here))
            if chosen is not None and chosen.many:
                await self._many(past, chosen)
            elif chosen is not None:
                spec = one_fork(past, chosen.asked)
                self._see_it_is_loaded(spec.model)
                self._app.desk.run(spec)
        except DrifttyError as error:
            self._app.complain(error)

    async def _many(self, past: Past, chosen: Forked) -> None:
        experiment = many_forks(
            past, chosen.asked, chosen.interventions, n=chosen.n, experiment=new_id()
        )
        where = answering(past)
        placement = Placement(device=where.device, dtype=where.dtype)
        await self._app.experiments.laboratory.begin(experiment, placement)
        self._app.open_experiment(experiment.id)

    def _see_it_is_loaded(self, model: str) -> None:
        here = self._app.desk.plan.spec.model
        if model != here:
            raise DrifttyError(
                f"This console runs {here}, and a single fork goes on in it; for {model}, ask for two "
                "runs or more, which load their own model, name "
                f"{here} as the fork's model, or open the console with `driftty open -m {model}`."
            )

    async def _verify(self, rerun: Rerun, *, live: bool) -> None:
        def progress(what: str, done: int, of: int) -> None:
            rerun.progress(what, done, of)
            self._app.pump.wake()

        try:
            await self._know(rerun)
            past = await open_past(rerun.session)
            async with open_model(answering(past)) as model:
                rerun.found = await verify(past, model, progress, live=live)
                await asyncio.to_thread(keep_verified, rerun.found, model.provenance)
        except DrifttyError as error:
            rerun.wrong = str(error)
        rerun.doing = ""
        self._app.pump.wake()

    async def _hold(self, rerun: Rerun) -> None:
        try:
            await asyncio.to_thread(tag_baseline, rerun.session)
            await self._know(rerun)
        except DrifttyError as error:
            self._app.complain(error)
        else:
            self._app.notify("It is a baseline now.", timeout=3)
        self._app.pump.wake()

    async def _know(self, rerun: Rerun) -> None:
        async with Library.holding(rerun.session) as library:
            summary = await library.find(rerun.session)
        earlier = await asyncio.to_thread(verifications, summary.id)
        last = f"last {earlier[0][1].verdict} on {earlier[0][0][:10]}" if earlier else ""
        tagged = "a baseline" if BASELINE in summary.tags else ""
        rerun.baseline = ", ".join(part for part in (tagged, last) if part)

    def _restored(self, event: AnyEvent) -> None:
        if not isinstance(event, WorldRestored):
            return
        differed = any(not each.volatile for each in event.differed)
        self._app.notify(
            clean_line(in_words(event)),
            severity="warning" if differed else "information",
            timeout=12 if differed else 5,
            markup=False,
        )

    def _go(self, work: Coroutine[Any, Any, None], group: str) -> "Worker[None]":
        return self._app.run_worker(work, group=group, exit_on_error=True)
