"""A session's time, cut into slices that add up."""

from itertools import pairwise

import pytest

from engine.events import AnyEvent, Stage, StageTimed
from engine.profile import Profile, Slice, dominant, profile, sayings, spreads
from engine.run import Config, RunSpec, Task
from tests.console.story import MS, drifting
from tests.engine.trial import Trial

CONFIG = Config(name="bare", seed="bare", elements=(), turns=(), prompt="", hash="", source="")
SPEC = RunSpec(config=CONFIG, task=Task("find the kernel version"))


def timed(stage: Stage, began: int, took: int, tokens: int = 0, turn: int = 1) -> StageTimed:
    return StageTimed(
        at=began + took, turn=turn, stage=stage, began=began, took=took, tokens=tokens
    )


def test_a_completion_is_cut_into_prefill_first_token_and_decode() -> None:
    cut = profile(
        (
            timed("seed", 100, 40, 300),
            timed("first_token", 100, 55, 1),
            timed("completion", 100, 400, 9),
        )
    )
    assert cut.slices == (
        Slice(1, "prefill", 100, 40, 300),
        Slice(1, "first_token", 140, 15, 1),
        Slice(1, "decode", 155, 345, 8),
    )


@pytest.mark.shell
async def test_slices_of_a_real_turn_do_not_overlap_and_add_up() -> None:
    trial = Trial("hostname", "exit")
    await trial.run()
    cut = profile(trial.events)
    assert cut.turns == (1, 2)
    for turn in cut.turns:
        for before, after in pairwise(cut.of(turn)):
            assert before.began + before.took <= after.began, (before.name, after.name)
    whole = sum(each.took for each in trial.told(StageTimed) if each.stage == "completion")
    assert cut.total("prefill") + cut.total("first_token") + cut.total("decode") == whole


def test_a_completion_without_a_token_was_waited_for_to_its_end() -> None:
    nothing = (
        timed("seed", 0, 30, 5),
        timed("first_token", 0, 0, 0),
        timed("completion", 0, 90, 0),
    )
    assert profile(nothing).slices == (
        Slice(1, "prefill", 0, 30, 5),
        Slice(1, "first_token", 30, 60, 0),
        Slice(1, "decode", 90, 0, 0),
    )


def test_commands_drifts_and_the_end_are_marked() -> None:
    marks = profile(drifting(SPEC)).marks
    assert [mark.kind for mark in marks] == [
        *("turn", "command", "turn", "command", "turn", "drift", "end")
    ]
    assert marks[1].words == "uname -r"
    assert marks[5].words.startswith("narration: Let me try")


def test_what_dominates_is_said_in_words() -> None:
    events: list[AnyEvent] = [*drifting(SPEC)]
    first, whole = sayings(profile(events))
    assert first == "56% of the time to the first command is loading the model"
    assert whole.endswith("of the time in turns is decoding")
    assert sayings(Profile()) == ()


def test_the_consoles_own_time_dominates_nothing() -> None:
    slices = (Slice(1, "draw", 0, 900), Slice(1, "exec", 0, 100))
    assert dominant(slices) == ("exec", 1.0)
    assert dominant(slices[:1]) is None


def test_only_the_part_before_counts_of_what_goes_on_after() -> None:
    slices = (Slice(1, "prefill", 0, 30), Slice(1, "decode", 30, 1000), Slice(1, "exec", 50, 10))
    assert dominant(slices, until=50) == ("prefill", 0.6)


def test_spreads_are_over_all_turns_of_all_sessions() -> None:
    one = Profile(tuple(Slice(turn, "exec", 0, turn * MS) for turn in range(1, 101)))
    two = Profile((Slice(1, "exec", 0, 1000 * MS), Slice(1, "observe", 0, 0)))
    (spread,) = spreads([one, two])
    assert (spread.name, spread.count, spread.longest) == ("exec", 101, 1000 * MS)
    assert spread.median == 51 * MS
    assert spread.p90 == 91 * MS
    assert spreads([]) == ()
