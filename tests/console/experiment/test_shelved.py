"""An experiment in the store grows on the screen as another process runs it."""

from collections.abc import Callable

from msgspec.structs import replace

from console.experiment.board import Board
from console.experiment.shelved import Shelved
from console.experimenting import UnderWay
from engine.drift.racing import RacePlan
from engine.events import Outcome
from engine.experiment import Cell, Experiment, cells
from sessions.experimentfollow import News
from sessions.kept import Kept, KeptRun, Placement
from tests.console.experiment.made import experiment, kept, result
from tests.sessions.madeexperiments import make_stretch

ELSEWHERE = 2**22 + 1
"""No process of Linux has this number."""
STRETCH = make_stretch(device="cpu", version="0.1", at_once=2, runs=1, tokens=40, seconds=4.0)


def news(planned: Experiment, *runs: KeptRun, process: int = ELSEWHERE, n: int = 0) -> News:
    """What a look into the store might bring."""
    return News(
        n=n or planned.n,
        dropped=frozenset(),
        stretches=(STRETCH,),
        process=process,
        runs=runs,
        under_way=(),
    )


def came(cell: Cell, outcome: Outcome) -> KeptRun:
    """A run that ended."""
    return KeptRun(result(cell, outcome), 1)


def shelved(planned: Experiment, outcome: Callable[[Cell], Outcome | None]) -> Shelved:
    """As it lies in the store, nobody running it."""
    return Shelved(kept(planned, outcome))


def test_results_of_another_process_count_as_they_come() -> None:
    planned = experiment(n=3)
    watched = shelved(planned, lambda cell: None)
    board = Board(watched)
    assert (board.now.state, board.now.elsewhere) == ("stopped", 0)
    first, second, *_ = cells(planned)
    watched.take(news(planned), (UnderWay(first, "s1", 2),))
    assert board.look()
    assert (board.now.state, board.now.elsewhere) == ("running", ELSEWHERE)
    assert board.seen(first) == ("running", 2)
    watched.take(news(planned, came(first, "drift")), (UnderWay(second, "s2", 1),))
    board.look()
    assert (board.now.finished, board.now.configs[0].drift) == (1, 1)
    assert board.seen(first) == ("drift", 0)
    assert board.now.seconds_left is not None
    assert board.now.tokens_per_second == 10.0


def test_where_nothing_came_nothing_is_drawn() -> None:
    planned = experiment(n=3)
    watched = shelved(planned, lambda cell: "clean")
    watched.take(news(planned), ())
    board = Board(watched)
    watched.take(news(planned), ())
    assert not board.look()


def test_the_end_of_that_process_leaves_what_is_missing() -> None:
    planned = experiment(n=3)
    watched = shelved(planned, lambda cell: None)
    first, *others = cells(planned)
    watched.take(news(planned, came(first, "clean"), process=0), ())
    assert (watched.snapshot.state, watched.snapshot.elsewhere) == ("stopped", 0)
    watched.take(news(planned, *(came(cell, "clean") for cell in others), process=0), ())
    assert watched.snapshot.state == "over"


def test_a_run_that_broke_gives_way_to_what_its_cell_comes_to_later() -> None:
    planned = experiment(n=2)
    watched = shelved(planned, lambda cell: "fault")
    board = Board(watched)
    assert (board.now.finished, board.now.broken, board.now.configs[0].fault) == (4, 4, 2)
    watched.take(news(planned, came(Cell(0, 0, 0), "clean")), ())
    assert board.look()
    assert (board.now.finished, board.now.broken) == (4, 3)
    assert (board.now.configs[0].clean, board.now.configs[0].fault) == (1, 1)


def test_runs_after_one_that_broke_count_as_in_the_report() -> None:
    planned = experiment(n=4)
    watched = shelved(planned, lambda cell: "clean" if cell.replicate else "fault")
    first = watched.snapshot.configs[0]
    assert (first.n, first.fault, first.waiting) == (3, 1, 0)
    assert watched.snapshot.pairs[0].blocks == 3


def test_more_runs_are_more_cells() -> None:
    planned = experiment(n=2)
    watched = shelved(planned, lambda cell: "clean")
    watched.take(news(planned, n=5), ())
    assert watched.snapshot.planned == 10
    assert watched.kept.experiment.n == 5
    assert watched.plan.left_by_config == {0: 3, 1: 3}


def test_a_race_that_lies_in_the_store_says_who_was_out() -> None:
    planned = experiment(n=40)

    def outcome(cell: Cell) -> Outcome | None:
        if cell.replicate >= 20:
            return None
        return "clean" if cell.config else "drift"

    made: Kept = replace(kept(planned, outcome), placement=Placement(until_decided=True))
    watched = Shelved(made)
    race = Board(watched).race
    assert isinstance(race, RacePlan)
    assert race.standing.out == (0,)
    assert race.saved == 40
    assert watched.snapshot.state == "over"
