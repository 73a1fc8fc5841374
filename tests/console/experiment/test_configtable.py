import pytest
from rich.cells import cell_len

from console.experiment.board import Board
from console.experiment.configtable import bar_pieces, config_table, fitting, verdict
from engine.drift.interval import confidence_sequence
from tests.console.experiment.made import FIVE, Underway, board, by_chance, experiment, kept


@pytest.mark.parametrize("width", [60, 76, 100, 117, 160, 197])
def test_every_line_fits_and_the_columns_stand_under_their_heads(width: int) -> None:
    made = board(experiment(FIVE, n=20))
    head, *rows = (each.text for each in config_table(made, width))
    assert all(cell_len(each) <= width for each in (head, *rows))
    assert len(rows) == 5
    clean = head.index("✓ clean") + len("✓ clean")
    bar = head.index("0", clean)
    for row, tally in zip(rows, made.now.configs, strict=True):
        assert row[:clean].endswith(f"{tally.clean}/{tally.n}")
        assert row[bar] in "▆▄▂·"
        assert f"[{0 if tally.low == 0 else ''}" in row


def test_no_line_is_wrapped_at_any_width() -> None:
    for made in (board(experiment(n=20)), board(experiment(("operator",), n=20))):
        for width in range(60, 200):
            assert all(cell_len(line.text) <= width for line in config_table(made, width)), width


def test_what_matters_least_is_left_out_first() -> None:
    made = board(experiment(FIVE, n=20))
    wide, narrow = (config_table(made, width)[0].text for width in (197, 76))
    for head in ("✗ fault", "waiting", "drift turn", "tok/run", "s/run", "verdict"):
        assert head in wide
        assert head not in narrow
    assert "rate [95 %]" in narrow


def test_the_bar_falls_from_sure_to_possible() -> None:
    pieces = bar_pieces(confidence_sequence(15, 5), 20)
    drawn = "".join(piece.text for piece in pieces)
    assert drawn == "".join(sorted(drawn, key="▆▄▂·".index))
    assert drawn.count("▆") + drawn.count("▄") == 15
    assert set("".join(piece.text for piece in bar_pieces(confidence_sequence(0, 0), 8))) == {"·"}


def test_the_verdict_names_the_others_by_their_letters() -> None:
    made = board(
        experiment(("bare", "imperative", "operator"), n=30),
        lambda cell: "clean" if cell.config == 2 else "drift",
    )
    assert [verdict(made, config) for config in range(3)] == [
        "below c · open b",
        "below c · open a",
        "above a b",
    ]


def test_one_run_and_a_stopped_config_say_so() -> None:
    made = board(experiment(n=1))
    assert verdict(made, 0) == "n = 1 tells nothing"
    going = Underway(kept(experiment(n=9), lambda cell: "clean"))
    going.tell(dropped=frozenset({1}))
    stopped = Board(going)
    assert verdict(stopped, 1) == "■ stopped by you"
    assert config_table(stopped, 100)[2].text.startswith("■ b")


def test_the_chosen_one_is_marked_without_colour() -> None:
    made = board()
    made.choose(1)
    assert [row.text[0] for row in config_table(made, 100)[1:]] == [" ", "▸"]


def test_before_any_run_there_is_a_table_all_the_same() -> None:
    made = board(experiment(), lambda cell: None)
    assert all("–" in row.text for row in config_table(made, 100)[1:])
    by_chance(experiment())


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (40, "operator+…+instruction+history"),
        (20, "operator+…+ins+his"),
        (12, "operator+…+…"),
    ],
)
def test_a_long_name_loses_letters_before_it_is_cut(cells: int, shown: str) -> None:
    assert fitting("operator+…+instruction+history", cells) == shown


def test_on_a_roomy_screen_verdicts_and_the_bar_come_before_what_runs_cost() -> None:
    made = board(experiment(FIVE, n=20))
    head, *lines = [line.text for line in config_table(made, 116)]
    assert "tok/run" not in head
    assert head.endswith("verdict")
    assert all(len(line) <= 116 for line in lines)
    assert not any("…" in line for line in lines)
    assert "tok/run" in config_table(made, 190)[0].text


def test_faults_get_their_column_once_there_are_any() -> None:
    planned = experiment(("bare", "operator+history+exit+prompt"), n=10)
    calm = config_table(board(planned), 116)[0].text
    broken = board(planned, lambda cell: "fault" if cell.config else "clean")
    assert "fault" not in calm
    assert "fault" in config_table(broken, 116)[0].text
