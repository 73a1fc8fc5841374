import asyncio

from engine.run import Sampling
from engine.steering import Decision, Steering


async def _gate_is_open(steering: Steering) -> bool:
    try:
        await asyncio.wait_for(steering.before_turn(), 0.01)
    except TimeoutError:
        return False
    return True


async def test_a_run_left_alone_never_waits_and_approves_everything() -> None:
    steering = Steering(Sampling())
    assert await _gate_is_open(steering)
    decision = await steering.before_command("ls", lambda: None)
    assert decision == Decision("approve", "ls")


async def test_pausing_closes_the_gate_and_resuming_opens_it_and_both_are_told() -> None:
    steering = Steering(Sampling())
    told: list[bool] = []
    steering.on_pause = told.append
    steering.pause()
    steering.pause()
    assert steering.paused
    assert not await _gate_is_open(steering)
    steering.resume()
    assert await _gate_is_open(steering)
    assert told == [True, False]


async def test_a_step_lets_one_turn_through_and_then_pauses() -> None:
    steering = Steering(Sampling())
    steering.pause()
    steering.step()
    assert await _gate_is_open(steering)
    steering.after_turn()
    assert steering.paused


async def test_two_steps_let_two_turns_through() -> None:
    steering = Steering(Sampling())
    steering.pause()
    steering.step()
    steering.step()
    steering.after_turn()
    assert not steering.paused
    steering.after_turn()
    assert steering.paused


async def test_mode_step_pauses_after_every_turn() -> None:
    steering = Steering(Sampling(), mode="step")
    steering.after_turn()
    assert steering.paused


async def _propose(steering: Steering, command: str) -> "asyncio.Task[Decision]":
    proposed = asyncio.Event()
    task = asyncio.create_task(steering.before_command(command, proposed.set))
    await proposed.wait()
    return task


async def test_mode_confirm_waits_for_each_of_the_three_words() -> None:
    steering = Steering(Sampling(), mode="confirm")

    task = await _propose(steering, "rm -r x")
    assert steering.proposed == "rm -r x"
    steering.approve()
    assert await task == Decision("approve", "rm -r x")
    assert steering.proposed == ""

    task = await _propose(steering, "rm -r x")
    steering.approve("ls x")
    assert await task == Decision("edit", "ls x")

    task = await _propose(steering, "rm -r x")
    steering.veto()
    assert await task == Decision("veto", "rm -r x")


async def test_an_edit_that_leaves_nothing_is_a_veto() -> None:
    steering = Steering(Sampling(), mode="confirm")
    task = await _propose(steering, "ls")
    steering.approve("  ")
    assert (await task).verdict == "veto"


async def test_leaving_mode_confirm_lets_the_waiting_command_run() -> None:
    steering = Steering(Sampling(), mode="confirm")
    task = await _propose(steering, "ls")
    steering.set_mode("watch")
    assert await task == Decision("approve", "ls")


async def test_a_word_nobody_asked_for_changes_nothing() -> None:
    steering = Steering(Sampling())
    steering.approve()
    steering.veto()
    assert await steering.before_command("ls", lambda: None) == Decision("approve", "ls")


async def test_what_is_injected_is_taken_once_in_order() -> None:
    steering = Steering(Sampling())
    steering.inject("first")
    steering.inject("second")
    assert steering.take_injected() == ["first", "second"]
    assert steering.take_injected() == []
