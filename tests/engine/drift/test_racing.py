import asyncio
import itertools
from collections import Counter, deque
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from engine.drift.interval import confidence_sequence
from engine.drift.racing import FixedPlan, Race, RacePlan
from engine.drift.tally import Tally
from engine.events import Outcome
from engine.experiment import Cell
from tests.engine.drift.runs import run


def names(count: int) -> list[str]:
    return [chr(ord("a") + index) for index in range(count)]


def raced(
    plan: Iterator[Cell],
    tally: Tally,
    rates: Sequence[float],
    dice: np.random.Generator,
    at_once: int = 1,
) -> None:
    """Run a plan with some runs under way at a time, that finish in the order they began."""
    under_way: deque[Cell] = deque()
    while True:
        cell = next(plan, None)
        if cell is not None:
            under_way.append(cell)
        if len(under_way) >= at_once or (cell is None and under_way):
            over = under_way.popleft()
            outcome: Outcome = "clean" if dice.random() < rates[over.config] else "drift"
            tally.feed(run(over.config, over.replicate, outcome, task=over.task))
        elif cell is None:
            return


def test_a_fixed_plan_is_the_experiments_own_order() -> None:
    assert list(FixedPlan(configs=3, tasks=2, n=2)) == [
        Cell(config, task, replicate)
        for replicate in range(2)
        for task in range(2)
        for config in range(3)
    ]


def test_a_fixed_plan_goes_on_with_what_is_missing() -> None:
    every = list(FixedPlan(configs=2, tasks=2, n=3))
    done = every[1:7:2]
    plan = FixedPlan(configs=2, tasks=2, n=3, done=done)
    assert plan.left == len(every) - len(done)
    assert list(plan) == [cell for cell in every if cell not in done]
    assert (plan.left, plan.begun) == (0, len(every) - len(done))


def test_runs_can_be_added_while_it_runs_and_after_it_has_ended() -> None:
    plan = FixedPlan(configs=2, tasks=1, n=2)
    first = list(plan)
    plan.raise_to(3)
    assert first + list(plan) == list(FixedPlan(configs=2, tasks=1, n=3))
    plan.raise_to(1)
    assert next(plan, None) is None


def test_a_config_that_is_stopped_gets_no_more_runs() -> None:
    plan = FixedPlan(configs=3, tasks=1, n=4)
    begun = list(itertools.islice(plan, 3))
    plan.drop(1)
    rest = list(plan)
    assert len(begun) == 3
    assert Counter(cell.config for cell in rest) == {0: 3, 2: 3}


def test_a_config_that_is_taken_back_catches_up() -> None:
    plan = FixedPlan(configs=2, tasks=1, n=3)
    plan.drop(1)
    assert [cell.config for cell in plan] == [0, 0, 0]
    plan.take_back(1)
    assert list(plan) == [Cell(1, 0, 0), Cell(1, 0, 1), Cell(1, 0, 2)]


def test_a_config_races_again_after_a_change_of_mind_but_not_after_a_defeat() -> None:
    tally = Tally(names(2))
    plan = RacePlan(tally, n=50)
    plan.drop(1)
    plan.take_back(1)
    assert (plan.standing.left, plan.standing.by_hand) == ((0, 1), ())
    for replicate in range(20):
        tally.feed(run(0, replicate, "clean"))
        tally.feed(run(1, replicate, "drift"))
    assert plan.standing.out == (1,)
    plan.take_back(1)
    assert plan.standing.out == (1,)


def test_nobody_is_dropped_before_there_is_evidence() -> None:
    tally = Tally(names(3))
    race = Race(tally)
    assert race.standing.left == (0, 1, 2)
    assert (race.standing.out, race.standing.leader, race.standing.over) == ((), None, False)
    for config in range(3):
        tally.feed(run(config, 0, "drift" if config else "clean"))
    assert race.standing.left == (0, 1, 2)
    assert race.standing.leader == 0


def test_a_config_that_cannot_be_the_best_is_dropped_and_stays_so() -> None:
    tally = Tally(names(3))
    race = Race(tally)
    for replicate in range(10):
        for config in range(3):
            tally.feed(run(config, replicate, "drift" if config == 1 else "clean"))
    assert (race.standing.left, race.standing.out) == ((0, 2), (1,))
    for replicate in range(10, 200):
        tally.feed(run(1, replicate, "clean"))
    assert race.standing.out == (1,)


def test_the_more_configs_race_the_more_it_takes_to_drop_one() -> None:
    """A bound may be wrong for any of them: each has its share of alpha."""

    def left(configs: int, replicates: int) -> int:
        tally = Tally(names(configs))
        for replicate in range(replicates):
            for config in range(configs):
                tally.feed(run(config, replicate, "drift" if config == 0 else "clean"))
        return len(Race(tally).standing.left)

    def needed(configs: int) -> int:
        return next(count for count in range(1, 50) if left(configs, count) < configs)

    for configs in (2, 10):
        share = 0.05 / configs
        apart = next(
            count
            for count in range(1, 50)
            if confidence_sequence(0, count, share).high < confidence_sequence(count, 0, share).low
        )
        assert needed(configs) == apart
    assert needed(2) < needed(10)


def test_the_last_one_left_is_the_best_and_the_race_is_over() -> None:
    tally = Tally(names(3))
    plan = RacePlan(tally, n=50)
    raced(plan, tally, [0.0, 1.0, 0.0], np.random.default_rng(1))
    assert plan.standing.leader == 1
    assert plan.standing.over
    assert plan.begun == len(tally.counted(0)) + len(tally.counted(1)) + len(tally.counted(2))
    assert plan.saved == 150 - plan.begun > 100
    assert plan.sentence in (
        f"b is left: no other can be the best; {plan.saved} runs saved.",
        f"b is the best: all that were left are separated; {plan.saved} runs saved.",
    )


def test_two_are_told_apart_by_their_e_value_before_their_intervals_part() -> None:
    tally = Tally(names(2))
    plan = RacePlan(tally, n=100)
    raced(plan, tally, [0.0, 1.0], np.random.default_rng(1))
    assert plan.standing.separated
    assert plan.standing.left == (0, 1)
    assert plan.begun == 8
    assert plan.sentence == "b is the best: all that were left are separated; 192 runs saved."


def test_when_the_runs_are_spent_it_says_who_may_still_be_the_best() -> None:
    tally = Tally(names(3))
    plan = RacePlan(tally, n=3)
    raced(plan, tally, [0.5] * 3, np.random.default_rng(1))
    assert (plan.begun, plan.saved) == (9, 0)
    assert plan.sentence == "3 of 3 may still be the best by their bounds, and no runs are left."
    plan.raise_to(4)
    assert plan.sentence == "3 of 3 may still be the best by their bounds."
    assert next(plan) == Cell(0, 0, 3)


def test_a_budget_is_kept_with_what_was_run_before() -> None:
    done = list(itertools.islice(FixedPlan(configs=3, tasks=1, n=10), 4))
    plan = RacePlan(Tally(names(3)), n=10, budget=10, done=done)
    assert plan.sentence == "3 of 3 may still be the best by their bounds."
    assert len(list(plan)) == 6
    assert plan.sentence == "3 of 3 may still be the best by their bounds, and no runs are left."
    assert plan.saved == 0


def test_a_config_can_be_taken_out_by_hand() -> None:
    plan = RacePlan(Tally(names(3)), n=4)
    plan.drop(0)
    assert {cell.config for cell in plan} == {1, 2}
    plan.drop(1)
    assert plan.standing.left == (2,)
    assert plan.standing.by_hand == (0, 1)
    assert plan.sentence == "c is left: no other of those that raced can be the best; 4 runs saved."


def test_a_race_of_one_needs_no_runs() -> None:
    assert list(RacePlan(Tally(names(1)), n=4)) == []


def test_a_plan_is_asked_only_when_there_is_a_place() -> None:
    """As the replicator does it: what comes next follows from what has finished by then."""
    tally = Tally(names(2))
    plan = RacePlan(tally, n=100)

    async def work() -> None:
        places = asyncio.Semaphore(4)

        async def go(cell: Cell) -> None:
            await asyncio.sleep(0)
            tally.feed(run(cell.config, cell.replicate, "clean" if cell.config else "drift"))
            places.release()

        async with asyncio.TaskGroup() as group:
            while True:
                await places.acquire()
                cell = next(plan, None)
                if cell is None:
                    return
                group.create_task(go(cell))

    asyncio.run(work())
    assert plan.standing.over
    assert 8 <= plan.begun <= 8 + 4


@pytest.mark.parametrize(
    ("rates", "n", "tasks", "saves"),
    [
        ((0.0, 0.4, 1.0), 20, 1, 0.35),
        ((0.9, 0.6, 0.5, 0.3, 0.1), 60, 2, 0.2),
        ((0.95, 0.9, 0.2, 0.1, 0.05, 0.0), 40, 1, 0.3),
    ],
)
def test_the_best_is_never_dropped_and_runs_are_saved(
    rates: tuple[float, ...], n: int, tasks: int, saves: float
) -> None:
    dice = np.random.default_rng(7)
    best = rates.index(max(rates))
    saved = []
    for _ in range(15):
        tally = Tally(names(len(rates)), tasks=tasks)
        plan = RacePlan(tally, n=n // tasks)
        raced(plan, tally, rates, dice, at_once=4)
        assert best not in plan.standing.out
        assert not plan.standing.over or plan.standing.leader == best
        saved.append(plan.saved / (n * len(rates)))
    assert np.mean(saved) > saves


def test_among_equals_one_is_dropped_in_one_race_of_twenty_at_most() -> None:
    dice = np.random.default_rng(11)
    dropped = 0
    for _ in range(40):
        tally = Tally(names(3))
        plan = RacePlan(tally, n=30)
        raced(plan, tally, [0.5] * 3, dice)
        dropped += bool(plan.standing.out)
    assert dropped / 40 <= 0.05
