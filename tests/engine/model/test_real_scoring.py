"""The real worker weighs and scores: the tokens it drew are drawn again, by the same numbers."""

import asyncio

import pytest

from engine.errors import ModelError, PromptUnsafe
from engine.model.catalogue import EMBEDDED, ModelFiles
from engine.model.client import WorkerModel
from engine.model.protocol import Completed, Prompted, Sampled
from engine.model.supervisor import WorkerOptions
from engine.run import Sampling
from engine.scrollback import Payload, Turn

pytestmark = [pytest.mark.model, pytest.mark.timeout(300), pytest.mark.xdist_group("worker")]

SEED = (
    Turn("user", "root@box:~# ", "seed"),
    Turn("assistant", "uname -r", "seed"),
    Turn("user", "6.1.0-18-amd64\nroot@box:~# ", "seed"),
    Turn("assistant", "ls", "seed"),
)
COMMANDS = (*SEED, Turn("user", "notes.txt\nroot@box:~# ", "shell"))
CHAT = (Turn("user", "Hello! Who are you, and how do you feel today?", "person"),)
WARM = Sampling(temperature=0.9, max_tokens=12)


async def written(
    model: WorkerModel, turns: tuple[Turn, ...], rng: int
) -> tuple[Payload, tuple[int, ...], list[float], list[float]]:
    """The payload, the ids, their log-probabilities, and how likely a command was."""
    ids: list[int] = []
    logprobs: list[float] = []
    weighed: list[float] = []
    payload = None
    seed = len(SEED) if turns is COMMANDS else 0
    async for reply in model.complete(
        turns,
        sequence=f"run {rng}",
        seed_turns=seed,
        sampling=WARM,
        rng=rng,
        turn=1,
        policy="first-line",
    ):
        match reply:
            case Prompted():
                payload = reply.payload
            case Sampled():
                ids += reply.ids
                logprobs += reply.logprobs
                weighed += [each.command for each in reply.weighed]
            case Completed():
                weighed += [each.command for each in reply.weighed]
    assert payload is not None
    return payload, tuple(ids), logprobs, weighed


async def test_what_was_drawn_is_scored_by_the_same_numbers(embedded_model: ModelFiles) -> None:
    model = WorkerModel(WorkerOptions(model=EMBEDDED, dtype="float32"))
    try:
        payload, ids, logprobs, weighed = await written(model, COMMANDS, 3)
        scores = [
            model.score(payload.ids, ids, seam=payload.seam, sampling=WARM, rng=3, turn=1)
            for _ in range(3)
        ]
        scored, beside = await asyncio.gather(asyncio.gather(*scores), written(model, COMMANDS, 4))
        again = await written(model, COMMANDS, 4)
        assert beside[1] == again[1], "scoring beside it changed what a run draws"
        for each in scored:
            assert [token.id for token in each.tokens] == list(ids)
            assert all(token.agrees for token in each.tokens)
            told = [token.logprob for token in each.tokens]
            assert told == pytest.approx(logprobs, abs=1e-3)
            assert each.first.command == pytest.approx(weighed[0], abs=1e-3)
            assert each.prefilled < len(payload.ids), "the seed was computed again"
        other = await model.score(payload.ids, ids, sampling=WARM, rng=99, turn=1)
        assert any(not token.agrees and token.behind for token in other.tokens)

        _, _, _, chatting = await written(model, CHAT, 5)
        assert weighed[0] > chatting[0]

        with pytest.raises(PromptUnsafe, match="does not have"):
            await model.score((1, 10**6), ids, sampling=WARM, rng=1, turn=1)
        with pytest.raises(ModelError, match="reads at most"):
            await model.score(payload.ids * 200, ids, sampling=WARM, rng=1, turn=1)
        report = await model.report()
        assert (report.busy, report.waiting) == (0, 0)
    finally:
        await model.aclose()
