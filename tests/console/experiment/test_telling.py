from rich.cells import cell_len

from console.experiment.board import Board
from console.experiment.effects import Effects, measure, question
from console.experiment.listing import listed, summary
from console.experiment.plots import (
    effect_forest,
    interval_forest,
    margin_plot,
    survival_plot,
)
from console.experiment.progress import filled, one_line, progress_pieces, state_pieces
from console.experiment.telling import decided, in_short, told
from engine.events import Outcome
from engine.experiment import Cell
from sessions.experiments import Experiments
from tests.console.experiment.made import (
    FIVE,
    TASKS,
    Underway,
    board,
    by_chance,
    experiment,
    kept,
    stored,
)

CROSSED = ("operator+none", "operator+history", "operator+system", "operator+system+history")


def text(board_: Board) -> list[str]:
    return [line.text for line in told(board_)]


def levered(cell: Cell) -> Outcome:
    """`history` is the lever, and one run in five goes against it."""
    return "clean" if (cell.config in (1, 3)) == (cell.replicate % 5 > 0) else "drift"


def test_what_is_decided_comes_first_and_what_is_not_says_how_far() -> None:
    made = board(
        experiment(("bare", "imperative", "operator"), n=15),
        lambda cell: "clean" if cell.config == 2 or cell.replicate == 3 else "drift",
    )
    lines = text(made)
    assert [line[0] for line in lines[:3]] == ["◆", "◆", "○"]
    assert "c operator is better than" in lines[0]
    assert "separated (E" in lines[0]
    assert "not attributable yet" in lines[2]
    assert decided(made) == "2 of 3 pairs separated"
    assert in_short(made) == "operator is the best"


def test_one_run_says_that_it_tells_nothing() -> None:
    assert any("One run of a config tells nothing" in line for line in text(board(experiment(n=1))))


def test_elements_have_verdicts_of_their_own() -> None:
    made = board(experiment(CROSSED, n=20), levered, factorial="operator+system+history")
    lines = text(made)
    assert any(line.startswith("◆ with history is better") for line in lines)
    assert any(line.startswith("○ with system") for line in lines)


def test_the_judges_errors_are_told_once_there_are_runs() -> None:
    assert any("If the judge errs as on" in line for line in text(board()))
    assert not any("judge" in line for line in text(board(experiment(), lambda cell: None)))


def test_effects_are_measured_apart_and_drawn_with_what_they_may_say() -> None:
    made = board(experiment(CROSSED, n=20), levered, factorial="operator+system+history")
    asked = question(made)
    assert not isinstance(asked, str)
    found = measure(asked)
    assert found.version == made.watched.tally.version
    for width in (48, 60, 120, 190):
        lines = [line.text for line in effect_forest(found, width)]
        assert all(cell_len(line) <= width for line in lines[:-1])
        history = next(line for line in lines if line.startswith("history "))
        assert "●" in history
        assert any("history×system" in line for line in lines)
    assert "◆ +" in history
    assert "one look" in lines[-1]


def test_without_elements_to_compare_the_reason_is_given() -> None:
    why = question(board(experiment(("bare", "operator"))))
    assert isinstance(why, str)
    assert why in effect_forest(Effects(why=why), 60)[0].text


def test_every_plot_fits_its_pane() -> None:
    made = board(experiment(FIVE, tasks=TASKS, n=12))
    for width in (44, 60, 76, 120):
        for height in (8, 14, 28, 50):
            for plot in (interval_forest, survival_plot, margin_plot):
                lines = plot(made, width, height)
                assert len(lines) <= max(height, 10), (plot, width, height)
                assert all(cell_len(line.text) <= width for line in lines), (plot, width)


def test_intervals_show_more_axes_where_there_is_room() -> None:
    made = board(experiment(FIVE, n=12))
    few, many = ([line.text for line in interval_forest(made, 76, height)] for height in (10, 40))
    assert "exited" not in few
    for axis in ("clean: operated and exited", "operated", "exited", "done, where a check says"):
        assert axis in many
    assert sum("●" in line for line in many) == 20


def test_survival_counts_stand_beneath_and_no_data_is_no_curve() -> None:
    made = board(experiment(("bare", "operator"), n=8), lambda cell: "drift")
    lines = [line.text for line in survival_plot(made, 60, 20)]
    assert lines[-3].split()[:5] == ["at", "risk", "8", "8", "8"]
    assert lines[-2].split()[-1] == "8"
    empty = [line.text for line in survival_plot(board(experiment(), lambda cell: None), 60, 20)]
    assert not any(mark in line for line in empty[1:-5] for mark in "ab")


def test_no_margin_says_what_one_is() -> None:
    made = board(experiment(), lambda cell: None)
    assert "No margin was recorded" in margin_plot(made, 60, 20)[0].text


def test_progress_says_what_is_known_and_fits() -> None:
    made = Board(Underway(kept(experiment(n=50), by_chance(experiment(n=50), share=0.4))))
    for width in (40, 78, 200):
        words = "".join(piece.text for piece in progress_pieces(made, width))
        assert len(words) <= width
        assert "40 of 100 runs" in words
    assert "about 3:10 left" in words
    assert "212 tok/s" in words
    assert one_line(made.now) == "● running 40/100, 3:10 left"


def test_a_bar_is_full_at_the_end_and_exact_to_half_a_cell() -> None:
    assert filled(1.0, 4) == ("━━━━", "")
    assert filled(0.0, 4) == ("", "────")
    assert filled(0.625, 4) == ("━━╸", "─")


def test_the_state_is_a_glyph_and_a_word() -> None:
    going = Underway(kept(experiment(), lambda cell: None))

    def words() -> str:
        return "".join(piece.text for piece in state_pieces(going.snapshot))

    assert words() == "● running"
    for state, shown in (("paused", "paused"), ("ending", "ending"), ("stopped", "stopped")):
        going.tell(state=state)
        assert shown in words()
    going.tell(state="over")
    assert words() == "✓ over"


def test_the_list_says_how_far_each_is_and_what_came_of_it() -> None:
    done = experiment(n=4, id="6ahw8y91mmka")
    half = experiment(n=4, id="6ahw8y91mmkb")
    stored(done, by_chance(done))
    stored(half, by_chance(half, share=0.5))
    outlines = Experiments().outlines()
    for width in (76, 120, 190):
        head, *rows = (
            line.text for line in listed(outlines, {done.id: "a is the best"}, "", 1, width)
        )
        assert all(cell_len(line) <= width for line in (head, *rows))
        assert "■ 4/8" in rows[0]
        assert "✓ 8/8" in rows[1]
        assert rows[1].startswith("▸")
    assert rows[1].endswith("a is the best")
    assert listed(outlines, {}, half.id, 0, 120)[1].text.count("●") == 1
    assert summary(outlines) == "2 experiments, 12 runs"


def test_no_experiment_says_what_one_is_for() -> None:
    words = " ".join(line.text for line in listed([], {}, "", 0, 100))
    assert "Press n" in words
