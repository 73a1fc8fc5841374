"""One completion of a script being said: token by token, at its pace, with its accidents."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Literal

from engine.model.linestart import LineStart
from engine.model.pieces import END, TOOL, Decoder
from engine.model.protocol import Completed, Sampled, Weighed
from engine.model.script import ScriptedCompletion
from engine.model.scriptscore import command, logprob, scripted_ids
from engine.prompt.parts import PartParser
from engine.run import CommandPolicy
from engine.scrollback import Payload


class GoesAway(Exception):
    """Where the script has the worker go away."""


class Telling:
    """One completion being said."""

    def __init__(
        self, number: int, completion: ScriptedCompletion, made: Payload, pace: float
    ) -> None:
        self.number = number
        self.ids: list[int] = []
        self.gone_at: int | None = None
        self._completion = completion
        self._pace = pace
        self._prefilled = len(made.ids) - made.cached
        self._began = time.monotonic_ns()
        self._prefill = 0
        self._first = 0
        self._reason: Literal["line", "end", "length", "control"] = "end"
        self._parser: PartParser | None = None
        self._said = ""
        self._places = 0
        """Where a line could begin, so far."""
        self._weighed: list[Weighed] = []
        """What has not been told of them."""

    async def tokens(self, limit: int, policy: CommandPolicy) -> AsyncIterator[Sampled]:
        """Its tokens at their pace, until its line, its end or `limit`."""
        completion, decoder = self._completion, Decoder()
        self._parser = PartParser(policy)
        start = LineStart()
        await wait(completion.first_ms, self._pace)
        self._prefill = time.monotonic_ns() - self._began
        for position, token in enumerate(scripted_ids(completion)):
            await self._accident(position)
            if position >= limit:
                self._reason = "length"
                return
            if start.here:
                self._weigh(position)
            if token in (TOOL, END):
                self._reason = completion.ends
                return
            if position:
                waits = completion.token_ms
                await wait(waits[min(position, len(waits)) - 1] if waits else 0.0, self._pace)
            now = time.monotonic_ns()
            self._first = self._first or now - self._began
            self.ids.append(token)
            text = decoder.feed(token)
            parts = tuple(self._parser.feed(text))
            start.after(text, parts)
            self._said += text
            yield Sampled(
                id=self.number,
                position=position,
                ids=(token,),
                texts=(text,),
                logprobs=(logprob(completion, position, token),),
                times=(now,),
                parts=parts,
                weighed=self._take_weighed(),
            )
            if self._parser.line_served:
                self._reason = "line"
                return

    def completed(self) -> Completed:
        """Its end."""
        return Completed(
            id=self.number,
            reason=self._reason,
            began=self._began,
            prefilled=self._prefilled,
            prefill=self._prefill,
            first=self._first,
            took=time.monotonic_ns() - self._began,
            parts=tuple(self._parser.close()) if self._parser else (),
            weighed=self._take_weighed(),
            held=self._completion.held,
        )

    def _weigh(self, position: int) -> None:
        """A line could begin here."""
        ahead = self._completion.text[len(self._said) :]
        likely = command(self._completion, self._places, ahead)
        self._places += 1
        self._weighed.append(Weighed(position, likely))

    def _take_weighed(self) -> tuple[Weighed, ...]:
        taken = tuple(self._weighed)
        self._weighed.clear()
        return taken

    async def _accident(self, position: int) -> None:
        if position == self.gone_at:
            raise GoesAway("The scripted model's process went away, as the script says.")
        if position == self._completion.hangs_at:
            await asyncio.Event().wait()


async def wait(milliseconds: float, pace: float) -> None:
    """Wait at the script's pace; at pace 0 only let others go on."""
    await asyncio.sleep(milliseconds * pace / 1000)
