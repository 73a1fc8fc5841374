"""Re-running recordings on the scripted model, and one on the real one."""

import asyncio

import msgspec
import pytest

from engine.events import (
    AnyEvent,
    CommandProposed,
    CompletionEnded,
    PromptSent,
    SamplingChanged,
    TokensSampled,
    TurnStarted,
    WorkerLost,
)
from engine.fork import fork_spec, start_at
from engine.model.catalogue import ModelFiles
from engine.model.client import WorkerModel
from engine.model.pieces import encode
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerOptions
from engine.rerun.finding import Verification
from engine.rerun.past import read_past
from engine.rerun.verify import Verifier
from engine.run import Sampling
from engine.steering import Steering
from tests.engine.rerun.recorded import (
    PROSE,
    EchoingShell,
    planted,
    record,
    record_on,
    script,
    spec,
)

THREE = script("uname -r", "hostname", "exit")


async def verified(
    events: list[AnyEvent], says: Script, told: list[tuple[int, int]] | None = None
) -> Verification:
    model = ScriptedModel(says, pace=0)
    progress = told if told is not None else []
    try:
        return await Verifier(
            read_past(events), model, lambda done, of: progress.append((done, of))
        ).run()
    finally:
        await model.aclose()


async def test_a_run_generated_again_is_identical_and_every_token_was_compared() -> None:
    events = await record(THREE)
    told: list[tuple[int, int]] = []
    found = await verified(events, THREE, told)
    assert found.verdict == "identical"
    sampled = sum(len(event.ids) for event in events if isinstance(event, TokensSampled))
    assert found.tokens == sampled > 0
    assert [turn.turn for turn in found.turns] == [1, 2, 3]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found.provenance == ()
    assert found.deviation == 0.0


async def test_a_planted_single_token_is_found_where_it_was_planted() -> None:
    events = await record(THREE)
    (other,) = encode("X")
    found = await verified(planted(events, turn=2, position=1, token=other), THREE)
    assert found.verdict == "different"
    assert [turn.identical for turn in found.turns] == [True, False, False]
    first = found.divergences[0]
    assert (first.turn, first.position, first.recorded.id) == (2, 1, other)
    assert first.now.id == encode("hostname")[1]
    assert not first.near_tie
    continued = found.turns[1].continuation
    assert continued is not None
    assert continued.recorded[0].id == other
    assert "".join(token.text for token in continued.now) == "tname"
    # What went back to the model has it too, but the ids of the next prompt are still those of then.
    assert found.turns[2].prompt is not None


async def test_a_token_changed_where_it_was_sampled_only_contradicts_the_scrollback() -> None:
    events = await record(THREE)
    (other,) = encode("X")
    changed = [
        msgspec.structs.replace(event, ids=(other,))
        if isinstance(event, TokensSampled) and (event.turn, event.position) == (2, 0)
        else event
        for event in events
    ]
    found = await verified(changed, THREE)
    assert [each.turn for each in found.divergences] == [2]
    assert any("other tokens of turn 2" in note for note in found.notes)


async def test_every_divergence_is_counted_and_not_only_the_first() -> None:
    events = await record(THREE)
    changed = planted(planted(events, 1, 0, encode("X")[0]), 3, 0, encode("Y")[0])
    found = await verified(changed, THREE)
    assert [(each.turn, each.position) for each in found.divergences] == [(1, 0), (3, 0)]


async def test_a_completion_that_goes_on_where_it_ended_diverges_at_its_end() -> None:
    events = await record(script("uname", "exit"))
    found = await verified(events, script("uname -r", "exit"))
    first = found.divergences[0]
    assert (first.turn, first.position) == (1, len(encode("uname")))
    assert (first.recorded.id, first.recorded.text) == (None, "end")
    assert first.now.text == " -r"


async def test_what_a_person_said_edited_and_vetoed_is_in_the_prompts_of_then() -> None:
    def steer(steering: Steering, event: AnyEvent) -> None:
        match event:
            case TurnStarted(turn=2):
                steering.inject("Use the short form.")
            case CommandProposed(turn=1):
                asyncio.get_running_loop().call_soon(steering.approve, "uname -a")
            case CommandProposed(turn=2):
                asyncio.get_running_loop().call_soon(steering.veto)
            case CommandProposed():
                asyncio.get_running_loop().call_soon(steering.approve)

    def in_confirm(steering: Steering, event: AnyEvent) -> None:
        steering.mode = "confirm"
        steer(steering, event)

    events = await record(THREE, steer=in_confirm)
    past = read_past(events)
    texts = [turn.text for turn in past.scrollback]
    assert "uname -a" in texts
    assert any("short form" in text for text in texts)
    assert "hostname" not in texts
    found = await verified(events, THREE)
    assert found.verdict == "identical"
    assert len(found.turns) == 3


async def test_a_changed_sampling_counts_from_the_completion_after_it() -> None:
    changed = Sampling(temperature=0.1, max_tokens=2)

    def steer(steering: Steering, event: AnyEvent) -> AnyEvent | None:
        if isinstance(event, CompletionEnded) and event.turn == 1:
            steering.sampling = changed
            return SamplingChanged(at=event.at, sampling=changed)
        return None

    events = await record(THREE, steer=steer)
    past = read_past(events)
    assert [attempt.samplings for attempt in past.attempts][:2] == [(Sampling(),), (changed,)]
    assert past.attempts[1].reason == "length"
    found = await verified(events, THREE)
    assert found.verdict == "identical"
    assert found.turns[1].tokens == 2


async def test_a_sampling_changed_too_late_for_the_completion_is_told_by_what_it_wrote() -> None:
    changed = Sampling(max_tokens=1)

    def steer(steering: Steering, event: AnyEvent) -> AnyEvent | None:
        if isinstance(event, TurnStarted) and event.turn == 2:
            # Said in the same moment as the model is asked: it counts for the next completion only.
            return SamplingChanged(at=event.at, sampling=changed)
        return None

    events = await record(THREE, steer=steer)
    past = read_past(events)
    assert past.attempts[1].samplings == (Sampling(), changed)
    assert past.attempts[2].samplings == (changed,)
    found = await verified(events, THREE)
    assert found.turns[1].identical


async def test_a_sampling_changed_just_in_time_is_told_by_what_it_wrote_as_well() -> None:
    changed = Sampling(max_tokens=1)

    def steer(steering: Steering, event: AnyEvent) -> AnyEvent | None:
        if isinstance(event, TurnStarted) and event.turn == 2:
            steering.sampling = changed
            return SamplingChanged(at=event.at, sampling=changed)
        return None

    events = await record(THREE, steer=steer)
    found = await verified(events, script("uname -r", "hostname", "hostname", "exit"))
    assert [turn.identical for turn in found.turns[:2]] == [True, True]
    assert found.turns[1].tokens == 1


async def test_a_lost_worker_leaves_what_it_wrote_to_be_compared_too() -> None:
    says = script("uname -r", ScriptedCompletion(text="hostname", gone_at=2), "exit")
    events = await record(says)
    assert any(isinstance(event, WorkerLost) for event in events)
    found = await verified(events, says)
    assert found.verdict == "identical"
    assert [(turn.turn, turn.tokens, turn.partial) for turn in found.turns] == [
        (1, 3, False),
        (2, 2, True),
        (2, 3, False),
        (3, 2, False),
    ]


async def test_a_completion_that_a_person_broke_off_is_compared_as_far_as_it_came() -> None:
    says = script("uname -r", ScriptedCompletion(text="hostname", hangs_at=2))
    run = asyncio.Event()
    events: list[AnyEvent] = []

    def steer(steering: Steering, event: AnyEvent) -> None:
        events.append(event)
        if isinstance(event, TokensSampled) and (event.turn, event.position) == (2, 1):
            run.set()

    recording = asyncio.create_task(record(says, steer=steer))
    await run.wait()
    recording.cancel()
    with pytest.raises(asyncio.CancelledError):
        await recording
    found = await verified(events, THREE)
    assert found.verdict == "identical"
    assert (found.turns[1].tokens, found.turns[1].partial) == (2, True)


async def test_a_recording_that_breaks_off_is_compared_and_said_to() -> None:
    events = await record(THREE)
    cut = next(at for at, event in enumerate(events) if isinstance(event, PromptSent) and at > 40)
    found = await verified(events[: cut + 2], THREE)
    assert found.verdict == "identical"
    assert any("breaks off" in note for note in found.notes)


async def test_tokens_that_were_masked_on_export_are_said_to_be_and_not_taken_for_others() -> None:
    events = await record(THREE)
    masked = [
        msgspec.structs.replace(event, ids=(0,))
        if isinstance(event, TokensSampled) and event.turn == 3
        else event
        for event in events
    ]
    found = await verified(masked, THREE)
    assert [turn.turn for turn in found.turns] == [1, 2]
    assert found.divergences == ()
    assert any("masked on export" in note for note in found.notes)


async def test_another_script_is_another_weights_in_the_provenance() -> None:
    events = await record(THREE)
    found = await verified(events, script("uname -r", "hostname", "exit", "date"))
    assert [each.what for each in found.provenance] == ["weights"]


async def test_a_drift_that_ended_its_run_is_verified_as_any_turn() -> None:
    says = script("hostname", PROSE)
    found = await verified(await record(says, shell=EchoingShell(spec())), says)
    assert found.verdict == "identical"
    assert len(found.turns) == 2


@pytest.mark.model
async def test_the_real_model_says_the_same_again_and_a_planted_token_is_no_near_tie(
    embedded_model: ModelFiles,
) -> None:
    options = WorkerOptions(model="smollm2-135m", device="cpu", dtype="float32", threads=1)
    run = spec(turns=2, rng=3, sampling=Sampling(max_tokens=16), drift="flag")
    model = WorkerModel(options)
    try:
        events = await record_on(model, run)
        past = read_past(events)
        found = await Verifier(past, model).run()
        assert found.verdict == "identical"
        assert found.tokens == sum(len(attempt.ids) for attempt in past.attempts) > 0
        # A fork with nothing changed is asked the same, and writes the same.
        turn = past.attempts[-1].turn
        assert turn == 2
        forked = fork_spec(past.spec, start_at(past, turn))
        (first, *_) = read_past(await record_on(model, forked, session="6a00")).attempts
        assert (first.prompt, first.ids) == (past.attempts[-1].prompt, past.attempts[-1].ids)
        old = past.attempts[-1].ids[0]
        wrong = read_past(planted(events, turn, 0, old + 1))
        found = await Verifier(wrong, model).run()
    finally:
        await model.aclose()
    assert found.verdict == "different"
    assert found.divergences[0].position == 0
    assert found.divergences[0].now.id == old
    assert not found.divergences[0].near_tie
