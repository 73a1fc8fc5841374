"""A worker's model: streams, cancelling, and what a crash does to what was under way."""

import asyncio
import math
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest

from engine.errors import ModelError, PromptUnsafe, WorkerGone
from engine.model.protocol import Completed, CompletionReply, Prompted, Sampled
from engine.model.stream import ReplyStream
from engine.run import Sampling
from tests.engine.model.workers import TURNS, complete, fake_model, ids_of, said_by_worker


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "cache"))


async def test_a_completion_streams_from_prompt_to_end(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        replies = [reply async for reply in complete(model, turn=2, tokens=3)]
    assert isinstance(replies[0], Prompted)
    assert [reply.ids for reply in replies if isinstance(reply, Sampled)] == [
        (2000,),
        (2001,),
        (2002,),
    ]
    assert isinstance(replies[-1], Completed)
    assert replies[-1].reason == "length"


async def test_completions_side_by_side_get_their_own_tokens(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        told = await asyncio.gather(
            *(
                ids_of(complete(model, sequence=f"run {turn}", turn=turn, tokens=20))
                for turn in range(1, 6)
            )
        )
    for turn, (ids, reason) in enumerate(told, start=1):
        assert ids == tuple(range(turn * 1000, turn * 1000 + 20))
        assert reason == "length"


async def test_closing_the_iterator_cancels_and_waits_for_the_end(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        replies = cast("AsyncGenerator[CompletionReply]", complete(model, tokens=100_000))
        await anext(replies)
        await anext(replies)
        await replies.aclose()
        assert (await model.report()).busy == 0
        pid = statuses.all[-1].pid
    assert said_by_worker(pid)[-2:] == ["cancel 1", "completed 1 cancelled"]


async def test_cancelling_the_task_that_reads_cancels_the_completion(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in complete(model, tokens=100_000):
                begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await model.report()).busy == 0
        assert await ids_of(complete(model, tokens=2)) == ((1000, 1001), "length")


async def test_the_next_completion_of_a_sequence_waits_until_the_last_has_let_go(
    tmp_path: Path,
) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        first = cast("AsyncGenerator[CompletionReply]", complete(model, tokens=100_000))
        await anext(first)
        closing = asyncio.create_task(first.aclose())
        await ids_of(complete(model, turn=2, tokens=2))
        await closing
        pid = statuses.all[-1].pid
    lines = said_by_worker(pid)
    assert lines.index("completed 1 cancelled") < lines.index("complete 2 run 2")


async def test_a_refused_prompt_raises_its_sentence_and_the_worker_lives_on(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        with pytest.raises(PromptUnsafe, match="Turn 1 holds a control token"):
            await ids_of(complete(model, top_k=13))
        assert (await ids_of(complete(model, tokens=1)))[0] == (1000,)
        assert statuses.all[-1].restarts == 0


async def test_rendering_needs_the_tokenizer_only(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        assert (await model.render(TURNS)).ids == (1, 2, 3)


async def test_releasing_reaches_the_worker_and_needs_none(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.release("nobody")
        await model.ready()
        await model.release("run")
        await model.report()
        pid = statuses.all[-1].pid
    assert "release run" in said_by_worker(pid)
    assert "release nobody" not in said_by_worker(pid)


async def test_a_crash_raises_in_everything_under_way_and_the_next_question_waits(
    tmp_path: Path,
) -> None:
    async with fake_model(tmp_path, "dies", once=True) as (model, statuses):
        told = await asyncio.gather(
            *(ids_of(complete(model, sequence=str(n), tokens=50)) for n in range(3)),
            return_exceptions=True,
        )
        assert [type(error) for error in told] == [WorkerGone] * 3
        assert await ids_of(complete(model, tokens=5)) == ((1000, 1001, 1002, 1003, 1004), "length")
        assert statuses.all[-1].restarts == 1
        lost = next(status for status in statuses.all if status.state == "lost")
        assert lost.why == (
            "The model's process ended with status 7; it said last: ValueError: no more tokens."
        )


async def test_whenever_it_is_asked_around_a_death_nobody_is_disappointed_twice(
    tmp_path: Path,
) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.ready()

        async def insist(number: int) -> int:
            """How often an answer had to be asked for again."""
            for disappointments in range(10):
                try:
                    await ids_of(complete(model, sequence=str(number), tokens=1))
                except WorkerGone:
                    continue
                return disappointments
            raise AssertionError("it never answered")

        os.kill(statuses.all[-1].pid, signal.SIGKILL)
        asking: list[asyncio.Task[int]] = []
        while not any(status.state == "lost" for status in statuses.all) or len(asking) < 50:
            asking.append(asyncio.create_task(insist(len(asking))))
            await asyncio.sleep(0)
        told = await asyncio.gather(*asking)
        assert set(told) <= {0, 1}
        assert 1 in told


async def test_questions_after_closing_say_that_it_is_closed(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        await model.ready()
        await model.aclose()
        with pytest.raises(WorkerGone, match="closed"):
            await ids_of(complete(model))
        with pytest.raises(WorkerGone):
            await model.report()


async def test_closing_ends_what_is_under_way(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        replies = complete(model, tokens=100_000)
        await anext(replies)
        await model.aclose()
        with pytest.raises(WorkerGone):
            await ids_of(replies)


async def test_which_model_answers_is_unknown_before_it_is_loaded(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        with pytest.raises(ModelError, match="not loaded yet"):
            _ = model.provenance
        assert await model.ready() == 12345
        assert model.provenance.device == "fake"


async def test_a_slow_reader_gets_larger_pieces_and_all_of_them() -> None:
    stream = ReplyStream("run")
    for position in range(5000):
        stream.put(
            Sampled(
                id=1,
                position=position,
                ids=(position,),
                texts=("x",),
                logprobs=(-1.0,),
                times=(position,),
            )
        )
    stream.put(Completed(id=1, reason="end", began=0, prefilled=0, prefill=0, first=0, took=0))
    pieces: list[CompletionReply] = []
    while not pieces or not isinstance(pieces[-1], Completed):
        pieces.append(await stream.next())
    sampled = [piece for piece in pieces if isinstance(piece, Sampled)]
    assert len(sampled) <= 64
    assert [id_ for piece in sampled for id_ in piece.ids] == list(range(5000))
    assert [time for piece in sampled for time in piece.times] == list(range(5000))
    assert sampled[-1].position == sampled[-2].position + 1


async def test_a_score_is_answered_with_what_the_worker_thinks(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, _):
        scored = await model.score((1, 2), (), sampling=Sampling(), rng=1, turn=1)
    assert scored.first.command == 0.25
    assert scored.first.choice.lead == math.inf


async def test_a_score_that_nobody_waits_for_is_given_up_in_the_worker(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.ready()
        asking = asyncio.create_task(
            model.score((1, 2), (), sampling=Sampling(), rng=1, turn=1, top=13)
        )
        await model.report()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await model.report()
        pid = statuses.all[-1].pid
    lines = said_by_worker(pid)
    number = next(line for line in lines if line.endswith("unanswered")).split()[1].rstrip(",")
    assert f"cancel {number}" in lines


async def test_a_score_that_its_worker_took_along_says_so(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.ready()
        asking = asyncio.create_task(
            model.score((1, 2), (), sampling=Sampling(), rng=1, turn=1, top=13)
        )
        await model.report()
        os.kill(statuses.all[-1].pid, signal.SIGKILL)
        with pytest.raises(WorkerGone):
            await asking
