from console.experiment.board import Board
from console.experiment.grid import Grid, glyph_of, legend
from console.experimenting import UnderWay
from engine.experiment import Cell, cells
from tests.console.experiment.made import TASKS, Underway, board, experiment, kept


def text(grid: Grid, cursor: Cell | None = None) -> list[str]:
    return [grid.drawn(number, cursor).text for number in range(len(grid.rows))]


def test_every_cell_has_one_place_and_is_found_there() -> None:
    planned = experiment(("bare", "literal", "operator"), tasks=TASKS, n=37)
    for width, height in ((40, 5), (58, 40), (120, 90)):
        grid = Grid(board(planned), width, height)
        places = {grid.place(cell) for cell in cells(planned)}
        assert len(places) == 3 * 2 * 37
        for cell in cells(planned):
            row, column = grid.place(cell)
            assert column < width
            assert grid.at(row, column) == cell
    assert grid.at(0, 0) is None
    assert grid.at(999, 30) is None


def test_a_glyph_for_every_outcome_and_a_number_for_the_turn() -> None:
    going = Underway(
        kept(experiment(("bare",), n=8), lambda cell: (None, "clean", "drift", "no-exit", "fault",
                                                       None, None, None)[cell.replicate]),
        [UnderWay(Cell(0, 0, 5), "s", 4), UnderWay(Cell(0, 0, 6), "s", 0),
         UnderWay(Cell(0, 0, 7), "s", 12)],
    )  # fmt: skip
    (row,) = text(Grid(Board(going), 60, 9))
    assert row.split()[-8:] == ["·", "✓", "▲", "◐", "✗", "4", "◌", "+"]


def test_runs_can_be_counted_by_tens() -> None:
    (row,) = text(Grid(board(experiment(("bare",), n=25), lambda cell: "drift"), 40, 9))
    assert row.split()[-3:] == ["▲" * 10, "▲" * 10, "▲" * 5]


def test_where_there_is_room_runs_stand_apart_and_configs_have_headings() -> None:
    planned = experiment(("bare", "operator"), tasks=TASKS, n=5)
    roomy = text(Grid(board(planned, lambda cell: "clean"), 80, 20))
    assert roomy[0] == "a bare"
    assert roomy[1].endswith("✓ ✓ ✓ ✓ ✓")
    assert "count-lines" in roomy[2]
    tight = text(Grid(board(planned, lambda cell: "clean"), 80, 5))
    assert len(tight) == 4
    assert tight[0].startswith("a hostname")


def test_the_cursor_goes_to_neighbours_and_stays_inside() -> None:
    planned = experiment(("bare", "operator"), tasks=TASKS, n=12)
    grid = Grid(board(planned), 30, 3)
    assert grid.moved(Cell(0, 0, 0), 1, 0) == Cell(0, 0, 1)
    assert grid.moved(Cell(0, 0, 0), -1, 0) == Cell(0, 0, 0)
    assert grid.moved(Cell(0, 0, 11), 1, 0) == Cell(0, 0, 11)
    assert grid.moved(Cell(0, 0, 0), 0, -1) == Cell(0, 0, 0)
    assert grid.moved(Cell(1, 1, 3), 0, 99) == Cell(1, 1, 11)
    below = grid.moved(Cell(0, 0, 3), 0, 1)
    assert grid.place(below)[0] == grid.place(Cell(0, 0, 3))[0] + 1


def test_the_cursors_cell_has_a_style_of_its_own() -> None:
    grid = Grid(board(), 60, 9)
    pieces = grid.drawn(0, Cell(0, 0, 2)).pieces
    assert sum(piece.style == "cell-cursor" for piece in pieces) == 1


def test_the_legend_names_every_glyph_that_is_drawn() -> None:
    words = legend().text
    for word in ("✓ clean", "▲ drift", "◐ no-exit", "✗ fault", "· to come", "3 turn"):
        assert word in words
    assert glyph_of(board().seen(Cell(0, 0, 0)))[0] in words
