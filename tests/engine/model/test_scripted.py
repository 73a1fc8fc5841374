"""The scripted model keeps the protocol: payloads, parts, cache and failures as a worker's."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ModelError, PromptUnsafe, WorkerGone
from engine.model import pieces
from engine.model.protocol import Completed, CompletionReply, PartDelta, Prompted, Sampled
from engine.model.script import Script, ScriptedCompletion, demo_script, read_script
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerStatus
from engine.run import CommandPolicy, Sampling
from engine.scrollback import Turn

ASKED = (Turn(role="user", text="root@box:~# ", origin="shell"),)


def scripted(*completions: ScriptedCompletion | str, **options: object) -> ScriptedModel:
    said = [ScriptedCompletion(text=c) if isinstance(c, str) else c for c in completions]
    return ScriptedModel(Script(completions=tuple(said), **options), pace=0)  # type: ignore[arg-type]  # options are Script's


def ask(
    model: ScriptedModel,
    turns: tuple[Turn, ...] = ASKED,
    *,
    sequence: str = "run",
    seed_turns: int = 0,
    tokens: int = 160,
    rng: int = 1,
    policy: CommandPolicy = "first-line",
) -> AsyncGenerator[CompletionReply]:
    replies = model.complete(
        turns,
        sequence=sequence,
        seed_turns=seed_turns,
        sampling=Sampling(max_tokens=tokens),
        rng=rng,
        turn=1,
        policy=policy,
    )
    return cast("AsyncGenerator[CompletionReply]", replies)


async def whole(replies: AsyncGenerator[CompletionReply]) -> tuple[Prompted, str, Completed]:
    text = ""
    prompted: Prompted | None = None
    async with aclosing(replies):
        async for reply in replies:
            match reply:
                case Prompted():
                    prompted = reply
                case Sampled():
                    text += "".join(reply.texts)
                case Completed():
                    assert prompted is not None
                    return prompted, text, reply
    raise AssertionError("no Completed came")


def after(text: str, shown: str = "ok\n") -> tuple[Turn, ...]:
    """The scrollback once a text was said and answered."""
    operator = Turn(role="assistant", text=text, origin="operator", ids=pieces.encode(text))
    return (*ASKED, operator, Turn(role="user", text=shown, origin="shell"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_tokenisation_is_reversible_and_makes_no_control_id(text: str) -> None:
    ids = pieces.encode(text)
    assert pieces.decode(ids) == text
    assert all(token >= 256 for token in ids)
    decoder = pieces.Decoder()
    assert "".join(decoder.feed(token) for token in ids) == text


def test_ids_are_the_same_everywhere() -> None:
    assert pieces.encode("ls -la") == (0x16C73, 0x1202D6C, 0x161)
    assert pieces.encode("<start>") != (pieces.START,)


def test_half_a_character_is_refused_as_a_real_tokenizer_refuses_it() -> None:
    with pytest.raises(PromptUnsafe, match="half a character"):
        pieces.encode("a\ud800b")


async def test_the_payload_maps_every_id_to_its_turn_and_origin() -> None:
    turns = (
        Turn(role="system", text="You run a shell.", origin="seed", element="system"),
        Turn(role="user", text="$ ", origin="seed", element="history"),
        *after("ls\n"),
    )
    payload = await scripted().render(turns, seed_turns=2)
    assert payload.spans[0].start == 0
    assert payload.spans[-1].stop == len(payload.ids)
    for one, next_ in zip(payload.spans, payload.spans[1:], strict=False):
        assert one.stop == next_.start
    contents = [
        (span.turn, span.origin, pieces.decode(payload.ids[span.start : span.stop]))
        for span in payload.spans
        if span.origin != "skeleton"
    ]
    assert contents == [(i, turn.origin, turn.text) for i, turn in enumerate(turns)]
    assert payload.spans[-1].turn == -1
    assert pieces.decode(payload.ids[: payload.seam]) == (
        "<start>system\nYou run a shell.<end>\n<start>user\n$ <end>\n"
    )


async def test_a_completion_ends_with_its_first_line() -> None:
    prompted, text, completed = await whole(ask(scripted("<think>hm</think>\nls -la\nmore\n")))
    assert text == "<think>hm</think>\nls -la\n"
    assert completed.reason == "line"
    assert completed.prefilled == len(prompted.payload.ids)


async def test_under_the_other_policy_it_goes_on_to_its_end() -> None:
    _, text, completed = await whole(ask(scripted("ls\npwd"), policy="whole-turn"))
    assert text == "ls\npwd"
    assert completed.reason == "end"
    assert completed.parts == (PartDelta(1, "line", "close", "pwd", False),)


async def test_parts_come_with_the_tokens_that_made_them() -> None:
    replies = [reply async for reply in ask(scripted("# look\nls\n"))]
    deltas = [delta for reply in replies if isinstance(reply, Sampled) for delta in reply.parts]
    closed = [(delta.kind, delta.text) for delta in deltas if delta.state == "close"]
    assert closed == [("comment", "# look"), ("line", "ls")]


async def test_positions_ids_and_times_run_on() -> None:
    replies = [reply async for reply in ask(scripted("echo häuser 🏠\n"))]
    sampled = [reply for reply in replies if isinstance(reply, Sampled)]
    assert [reply.position for reply in sampled] == list(range(len(sampled)))
    assert pieces.decode(tuple(id_ for reply in sampled for id_ in reply.ids)) == "echo häuser 🏠\n"
    times = [time for reply in sampled for time in reply.times]
    assert times == sorted(times)
    assert all(logprob <= 0 for reply in sampled for logprob in reply.logprobs)


async def test_a_length_limit_and_a_control_token_end_it_so() -> None:
    control = ScriptedCompletion(text="ls", ends="control")
    assert (await whole(ask(scripted("a long line\n"), tokens=2)))[2].reason == "length"
    assert (await whole(ask(scripted(control))))[2].reason == "control"


async def test_what_was_seen_before_is_counted_as_cached() -> None:
    model = scripted("ls\n", "pwd\n")
    first, text, _ = await whole(ask(model))
    assert first.payload.cached == 0
    second, _, completed = await whole(ask(model, after(text)))
    seen = len(first.payload.ids) + len(pieces.encode(text))
    assert second.payload.cached == seen
    assert completed.prefilled == len(second.payload.ids) - seen


async def test_a_seed_is_shared_by_every_sequence_that_has_it() -> None:
    model = scripted("ls\n")
    seed = (Turn(role="user", text="seeded", origin="seed"),)
    first, _, _ = await whole(ask(model, seed + ASKED, sequence="a", seed_turns=1))
    other, _, _ = await whole(ask(model, seed + ASKED, sequence="b", seed_turns=1))
    assert first.payload.cached == 0
    assert other.payload.cached >= other.payload.seam > 0
    await model.release("a")


async def test_each_sequence_reads_the_script_from_its_beginning() -> None:
    model = scripted("one\n", "two\n")
    told = [(await whole(ask(model, sequence=name)))[1] for name in ("a", "a", "b")]
    assert told == ["one\n", "two\n", "one\n"]
    await model.release("b")
    assert (await whole(ask(model, sequence="b")))[1] == "one\n"


async def test_a_completion_can_wait_for_what_the_shell_shows_and_for_a_run_seed() -> None:
    model = scripted(
        ScriptedCompletion(text="mended\n", when="not found"),
        ScriptedCompletion(text="seven\n", rng=(7,)),
        "usual\n",
        otherwise=ScriptedCompletion(text="exit\n"),
    )
    assert (await whole(ask(model)))[1] == "usual\n"
    assert (await whole(ask(model, rng=7)))[1] == "seven\n"
    assert (await whole(ask(model, after("x", "x: not found"))))[1] == "mended\n"
    assert (await whole(ask(model)))[1] == "exit\n"
    assert (await whole(ask(model)))[1] == "exit\n"


async def test_a_script_with_nothing_left_to_say_says_so() -> None:
    model = scripted("one\n")
    await whole(ask(model))
    with pytest.raises(ModelError, match="nothing to say any more: 1 of its 1 completions"):
        await whole(ask(model))


async def test_the_worker_goes_away_where_it_should_and_asked_again_it_says_all() -> None:
    told: list[WorkerStatus] = []
    gone = ScriptedCompletion(text="uname -a\n", gone_at=2)
    model = ScriptedModel(Script(completions=(gone,)), pace=0, on_status=told.append)
    replies = ask(model)
    assert [type(await anext(replies)) for _ in range(3)] == [Prompted, Sampled, Sampled]
    with pytest.raises(WorkerGone):
        await anext(replies)
    assert [status.state for status in told] == ["loading", "ready", "lost", "ready"]
    prompted, text, _ = await whole(ask(model))
    assert text == "uname -a\n"
    assert prompted.payload.cached == 0


async def test_what_else_is_under_way_goes_with_the_worker() -> None:
    model = scripted(ScriptedCompletion(text="uname\n", gone_at=0, rng=(1,)), "ls\n")
    other = ask(model, sequence="other", rng=2)
    assert isinstance(await anext(other), Prompted)
    with pytest.raises(WorkerGone):
        await whole(ask(model))
    with pytest.raises(WorkerGone):
        await whole(other)


async def test_a_completion_that_hangs_ends_when_it_is_closed_and_is_said_again() -> None:
    model = scripted(ScriptedCompletion(text="ls\n", hangs_at=1))
    replies = ask(model)
    assert [type(await anext(replies)) for _ in range(2)] == [Prompted, Sampled]
    assert (await model.report()).busy == 1
    task = asyncio.create_task(whole(replies))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await model.report()).busy == 0


@pytest.mark.parametrize(("kind", "error"), [("prompt", PromptUnsafe), ("internal", ModelError)])
async def test_a_request_fails_as_scripted(kind: str, error: type[ModelError]) -> None:
    model = scripted(ScriptedCompletion(text="", fails="It broke.", fails_as=kind))  # type: ignore[arg-type]  # one of its literals
    with pytest.raises(error, match="It broke"):
        await whole(ask(model))


async def test_a_load_fails_as_scripted_and_can_be_tried_again() -> None:
    model = scripted("ls\n", load_fails="No such model.")
    with pytest.raises(ModelError, match="No such model"):
        await model.ready()
    assert model.status.state == "failed"
    with pytest.raises(ModelError, match="No such model"):
        await whole(ask(model))
    with pytest.raises(ModelError, match="not loaded"):
        _ = model.provenance


async def test_no_more_than_its_rows_run_at_once() -> None:
    hanging = ScriptedCompletion(text="ls\n", hangs_at=0)
    model = scripted(hanging, rows=2)
    await model.ready()
    speaking = [ask(model, sequence=str(n)) for n in range(2)]
    for replies in speaking:
        await anext(replies)
    tasks = [asyncio.create_task(whole(ask(model, sequence=str(n)))) for n in range(2, 5)]
    for _ in range(10):  # at pace 0, turns of the loop and not time
        await asyncio.sleep(0)
    report = await model.report()
    assert (report.busy, report.waiting) == (2, 3)
    for replies in speaking:
        await replies.aclose()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    report = await model.report()
    assert (report.busy, report.waiting) == (0, 0)


async def test_after_closing_it_answers_no_more() -> None:
    model = scripted("ls\n", load_ms=60_000.0)
    model.start()
    await model.aclose()
    assert model.status.state == "closed"
    with pytest.raises(WorkerGone):
        await model.ready()


async def test_the_demonstration_thinks_errs_mends_and_drifts() -> None:
    model = ScriptedModel.demo(pace=0)
    turns: tuple[Turn, ...] = ASKED
    told: list[str] = []
    for _ in range(9):
        _, text, _ = await whole(ask(model, turns))
        told.append(text)
        missing = "bash: lscpus: command not found"
        turns = after(text, missing if "lscpus" in text else "ok")
    assert sum("<think>" in text for text in told) == 4
    assert any(text.startswith("#") for text in told)
    assert told[3].endswith("nproc\n")
    assert told[7].startswith("Great, the survey")
    assert told[8] == "exit\n"


def test_the_demonstration_lasts_as_long_as_a_person_watches() -> None:
    script = demo_script()
    seconds = sum(
        (said.first_ms + said.token_ms[-1] * len(pieces.encode(said.text))) / 1000
        for said in script.completions
    )
    assert 10 < seconds < 30


def test_a_script_is_read_from_a_file_and_its_errors_name_it(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text('[[completions]]\ntext = "ls\\n"\ntoken_ms = [1, 2.5]\n')
    assert read_script(path).completions[0].token_ms == (1.0, 2.5)
    for wrong, why in [
        ('[[completions]]\ntekst = "ls"', "tekst"),
        ('[[completions]]\ntext = "ls"\nwhen = "("', "unterminated"),
        ("completions = 3", "completions"),
    ]:
        path.write_text(wrong)
        with pytest.raises(ModelError, match=f"{re.escape(str(path))} is wrong: .*{why}"):
            read_script(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_script(tmp_path / "none.toml")
