import json
import subprocess
import sys
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from engine.drift.evalue import compare, e_holm
from engine.drift.interval import confidence_sequence
from engine.drift.tally import RunResult, Tally, result_of
from engine.events import Outcome, RunEnded
from engine.experiment import Cell
from tests.engine.drift.runs import drawn, run
from tests.steps import steps


def tallied(*outcomes: Outcome, times: int = 1) -> Tally:
    tally = Tally(["only"])
    for replicate, outcome in enumerate(outcomes * times):
        tally.feed(run(0, replicate, outcome))
    return tally


def test_every_outcome_is_counted_under_its_name() -> None:
    one = tallied("clean", "drift", "no-exit", "clean", "fault", "stopped").config(0)
    assert (one.n, one.clean, one.drift, one.no_exit, one.fault, one.stopped) == (4, 2, 1, 1, 1, 1)
    assert (one.operated, one.exited) == (3, 2)
    assert one.rate == 0.5


def test_the_axes_have_intervals_of_their_own() -> None:
    one = tallied("no-exit", "no-exit", "no-exit", "drift", times=3).config(0)
    assert one.clean_interval == confidence_sequence(0, 12)
    assert one.operated_interval == confidence_sequence(9, 3)
    assert one.exited_interval == confidence_sequence(0, 12)


def test_five_of_five_is_never_a_point() -> None:
    one = tallied("clean", times=5).config(0)
    assert one.rate == 1
    assert one.low == pytest.approx(0.38, abs=0.005)
    assert one.high == 1
    assert one.sentence == (
        "5 of 5 clean: the rate lies between .38 and 1, at this look and every other."
    )


def test_one_run_says_that_it_says_nothing() -> None:
    assert tallied("clean").config(0).sentence == (
        "1 run: nothing can be concluded from it, whatever it showed."
    )
    assert tallied().config(0).sentence == "No run has counted yet."
    assert tallied("fault").config(0).sentence == "No run has counted yet; not counted: 1 broke."


def test_faults_and_stopped_runs_are_in_no_rate_and_hold_nothing_up() -> None:
    broken = tallied("clean", "fault", "drift", "stopped", "clean").config(0)
    whole = tallied("clean", "drift", "clean").config(0)
    assert broken.clean_interval == whole.clean_interval
    assert broken.waiting == 0
    assert "not counted: 1 broke, 1 stopped by hand" in broken.sentence


def test_a_run_that_finished_early_waits_for_its_turn() -> None:
    tally = Tally(["only"])
    for replicate in (1, 2, 3):
        tally.feed(run(0, replicate, "drift"))
    one = tally.config(0)
    assert (one.n, one.drift, one.waiting, one.rate) == (3, 3, 3, None)
    assert one.sentence == "Nothing can be concluded yet; 3 finished runs wait for their turn."
    tally.feed(run(0, 0, "clean"))
    one = tally.config(0)
    assert (one.n, one.waiting, one.rate) == (4, 0, 0.25)


def test_an_interval_moves_when_each_task_has_been_run_once_more() -> None:
    tally = Tally(["only"], tasks=3)
    seen = []
    for replicate in range(2):
        for task in range(3):
            tally.feed(run(0, replicate, "clean" if task else "drift", task=task))
            one = tally.config(0)
            seen.append((one.clean_interval.successes, one.clean_interval.failures, one.waiting))
    assert seen == [(0, 0, 1), (0, 0, 2), (2, 1, 0), (2, 1, 1), (2, 1, 2), (4, 2, 0)]
    assert [(each.n, each.clean) for each in tally.config(0).tasks] == [(2, 0), (2, 2), (2, 2)]


def test_the_order_of_finishing_does_not_change_what_is_said_in_the_end() -> None:
    dice = np.random.default_rng(1)
    results = list(drawn(dice, [[0.3, 0.8], [0.5, 0.9]], 20))
    first, second = (Tally(["a", "b"], tasks=2) for _ in range(2))
    for result in results:
        first.feed(result)
    for at in dice.permutation(len(results)):
        second.feed(results[at])
    assert first.to_document("x") == second.to_document("x")


def test_done_is_of_the_runs_that_were_checked() -> None:
    tally = Tally(["only"])
    for replicate, done in enumerate([True, None, False, True]):
        tally.feed(run(0, replicate, "clean", done=done))
    one = tally.config(0)
    assert (one.done, one.checked, one.done_interval) == (2, 3, confidence_sequence(2, 1))
    assert tallied("clean").config(0).done_interval is None


def test_drifts_are_told_by_kind_and_by_their_median_turn() -> None:
    tally = Tally(["only"])
    for replicate, turn in enumerate([1, 1, 4, 7]):
        tally.feed(run(0, replicate, "drift", turn=turn, kind="echo" if turn > 1 else "chat"))
    tally.feed(run(0, 4, "drift", turn=9, kind="echo"))
    one = tally.config(0)
    assert list(one.drift_kinds.items()) == [("echo", 3), ("chat", 2)]
    assert one.median_drift_turn == 4
    tally.feed(run(0, 5, "drift", turn=5))
    assert tally.config(0).median_drift_turn == 4.5
    assert tallied("clean").config(0).median_drift_turn is None


def test_tokens_are_summed_and_seconds_averaged_over_what_counts() -> None:
    tally = Tally(["only"])
    tally.feed(run(0, 0, "clean", tokens=30, took=2_000_000_000))
    tally.feed(run(0, 1, "drift", tokens=10, took=1_000_000_000))
    tally.feed(run(0, 2, "fault", tokens=99, took=99_000_000_000))
    assert (tally.config(0).tokens, tally.config(0).seconds) == (40, 1.5)


def test_a_cell_counts_once() -> None:
    tally = Tally(["only"])
    assert tally.feed(run(0, 0, "clean"))
    version = tally.version
    assert not tally.feed(run(0, 0, "drift"))
    assert (tally.config(0).n, tally.config(0).clean, tally.version) == (1, 1, version)


@pytest.mark.parametrize("wrong", [run(1), run(-1), run(0, task=1)])
def test_a_run_of_another_experiment_is_refused(wrong: RunResult) -> None:
    with pytest.raises(IndexError, match="this tally is of 1 configs and 1 tasks"):
        Tally(["only"]).feed(wrong)


def test_pairs_are_compared_by_place_whoever_finishes_first() -> None:
    dice = np.random.default_rng(2)
    results = list(drawn(dice, [[0.2], [0.6]], 30, at_once=8))
    tally = Tally(["a", "b"])
    for result in results:
        tally.feed(result)
    by_place = sorted(results, key=lambda result: result.replicate)
    first, second = ([r.outcome == "clean" for r in by_place if r.config == c] for c in (0, 1))
    expected = compare(first, second)
    (pair,) = tally.pairs()
    assert pair.e_value == pytest.approx(expected.e_value)
    assert pair.peak == pytest.approx(expected.peak)
    assert (pair.blocks, pair.successes) == (expected.blocks, expected.successes)
    assert (pair.verdict, pair.decided) == (expected.verdict, expected.decided)


def test_looking_often_gives_what_looking_once_gives() -> None:
    dice = np.random.default_rng(3)
    often, once = (Tally(["a", "b", "c"], tasks=2) for _ in range(2))
    for result in drawn(dice, [[0.2, 0.5], [0.6, 0.6], [0.9, 0.8]], 20, at_once=7):
        often.feed(result)
        once.feed(result)
        often.pairs()
    assert often.pairs() == once.pairs()


def test_a_pair_skips_what_broke_on_either_side() -> None:
    tally = Tally(["a", "b"])
    first: list[Outcome] = ["clean", "drift", "fault", "drift"]
    second: list[Outcome] = ["fault", "clean", "fault", "clean"]
    for config, outcomes in enumerate((first, second)):
        for replicate, outcome in enumerate(outcomes):
            tally.feed(run(config, replicate, outcome))
    (pair,) = tally.pairs()
    assert (pair.blocks, pair.successes) == (2, (0, 2))


def test_pairs_are_decided_together_and_say_so() -> None:
    tally = Tally(["a", "b", "c", "d"])
    for replicate in range(4):
        for config in range(4):
            tally.feed(run(config, replicate, "clean" if config == 1 else "drift"))
    pairs = tally.pairs()
    assert [pair.decided for pair in pairs] == list(e_holm([pair.peak for pair in pairs]))
    assert pairs[0].peak > 20
    assert not pairs[0].decided
    assert pairs[0].threshold == pytest.approx(120)
    assert pairs[0].better is None
    assert pairs[0].verdict.startswith("not attributable yet: about")
    for replicate in range(4, 8):
        for config in range(4):
            tally.feed(run(config, replicate, "clean" if config == 1 else "drift"))
    pairs = tally.pairs()
    assert [pair.decided for pair in pairs] == [True, False, False, True, True, False]
    assert pairs[0].better == "b"
    assert pairs[1].threshold == pytest.approx(60)
    assert pairs[0].verdict.startswith("separated (E = ")
    assert pairs[1].verdict == "not attributable yet: more than 1000 more pairs at these rates"


def test_against_a_baseline_there_are_fewer_pairs_to_correct_for() -> None:
    tally = Tally(["a", "b", "c", "d"], baseline=2)
    assert [(pair.a, pair.b) for pair in tally.pairs()] == [("a", "c"), ("b", "c"), ("c", "d")]
    assert tally.pairs()[0].threshold == pytest.approx(60)


def test_pairs_can_be_asked_for_on_each_axis() -> None:
    tally = Tally(["a", "b"])
    for replicate in range(8):
        tally.feed(run(0, replicate, "no-exit"))
        tally.feed(run(1, replicate, "clean"))
    assert tally.pairs("exited")[0].decided
    assert not tally.pairs("operated")[0].decided
    assert tally.pairs("done")[0].blocks == 0


def test_the_document_has_what_a_script_relies_on() -> None:
    tally = Tally(["a", "b"])
    tally.feed(run(0, 0, "drift"))
    tally.feed(run(1, 0, "clean"))
    document = json.loads(json.dumps(tally.to_document("e1", effects=[{"elements": ["exit"]}])))
    assert document["experiment"] == "e1"
    wanted = {
        *("config", "n", "clean", "drift", "no_exit", "fault", "operated", "exited", "done"),
        *("rate", "low", "high", "drift_kinds", "median_drift_turn"),
    }
    assert wanted <= set(document["configs"][0])
    assert {"a", "b", "e_value", "decided"} <= set(document["pairs"][0])
    assert document["effects"] == [{"elements": ["exit"]}]
    assert document["configs"][0]["drift_kinds"] == {"narration": 1}
    assert document["configs"][0]["done"] is None
    on_held_out, on_model_lines = document["configs"][1]["corrected"]
    assert on_held_out["low"] <= document["configs"][1]["low"]
    assert [on_held_out["judge"], on_model_lines["judge"]] == [
        each["on"] for each in document["judge"]
    ]


def test_a_result_is_what_the_run_ended_with() -> None:
    ended = RunEnded(
        at=9,
        session="s",
        outcome="fault",
        operated=False,
        exited=False,
        done=None,
        drift_turn=None,
        drift_kind=None,
        turns=2,
        why="shell: no room",
    )
    result = result_of(Cell(1, 2, 3), ended, tokens=7, took=9)
    assert (result.config, result.task, result.replicate) == (1, 2, 3)
    assert (result.fault, result.session, result.counts) == ("shell: no room", "s", False)
    assert result_of(Cell(0, 0, 0), msgspec.structs.replace(ended, outcome="clean")).fault == ""


@pytest.mark.parametrize("at_once", [1, 32])
def test_watching_every_result_the_intervals_are_wrong_in_one_of_twenty_at_most(
    at_once: int,
) -> None:
    """Of the mean over tasks that are far apart, with drifts that finish first."""
    dice = np.random.default_rng(31)
    wrong = 0
    for _ in range(300):
        tally = Tally(["only"], tasks=3)
        missed = False
        for result in drawn(dice, [[0.05, 0.4, 0.9]], 25, at_once=at_once):
            tally.feed(result)
            interval = tally.interval(0)
            missed |= not interval.low <= 0.45 <= interval.high
        wrong += missed
    assert wrong / 300 <= 0.05


def test_watching_every_result_equal_configs_are_separated_in_one_of_twenty_at_most() -> None:
    """Any of six pairs, on tasks that are far apart, with drifts that finish first."""
    dice = np.random.default_rng(37)
    wrong = 0
    for _ in range(100):
        tally = Tally(["a", "b", "c", "d"], tasks=2)
        separated = False
        for result in drawn(dice, [[0.2, 0.7]] * 4, 20, at_once=16):
            tally.feed(result)
            separated |= any(pair.decided for pair in tally.pairs())
        wrong += separated
    assert wrong / 100 <= 0.05


def test_a_further_run_costs_the_same_after_ten_thousand() -> None:
    dice = np.random.default_rng(43)
    results = list(drawn(dice, [[0.2, 0.5, 0.7, 0.9]] * 16, 157, at_once=64))
    tally = Tally([f"config {index}" for index in range(16)], tasks=4)

    def feed(some: Sequence[RunResult]) -> None:
        for result in some:
            tally.feed(result)

    early = steps(lambda: feed(results[:500]))
    feed(results[500:-500])
    assert steps(lambda: feed(results[-500:])) < 1.5 * early
    assert len(results) > 10_000


def test_a_look_costs_what_came_in_since_the_last_one() -> None:
    dice = np.random.default_rng(43)
    tally = Tally([f"config {index}" for index in range(16)], tasks=4)

    def look() -> None:
        assert len(tally.all_configs) == 16
        assert len(tally.pairs()) == 120

    for result in drawn(dice, [[0.2, 0.5, 0.7, 0.9]] * 16, 40, at_once=64):
        tally.feed(result)
    first = steps(look)
    for config in range(16):
        tally.feed(run(config, 40, "clean"))
    assert steps(look) < first / 10


def test_counting_needs_neither_numpy_nor_scipy() -> None:
    code = (
        "import sys, engine.drift.tally, engine.drift.effects, engine.drift.racing\n"
        "import engine.drift.lever, engine.drift.survival, engine.drift.design\n"
        "import engine.drift.margin\n"
        "engine.drift.tally.Tally(['a', 'b']).to_document('x')\n"
        "sys.exit(bool({'numpy', 'scipy', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
