"""Rows of the table of sessions: which columns there is room for, and what stands in them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.view.sessionrow import FORK, GAP, MARGIN, column_at, columns, heading, row_pieces, when
from sessions.listing import Key, Row, Trial
from sessions.summary import Column, Order, Summary

SESSION = Summary(
    id="6aj2tes3vggn",
    began="2026-11-22T09:26:32.483+00:00",
    outcome="drift",
    config="operator+history+exit+prompt",
    config_hash="ab" * 32,
    seed="operator",
    model="smollm2-135m",
    task="make-folder",
    turns=3,
    drift_turn=2,
    drift_kind="repetition",
    operated=False,
    exited=False,
    done=None,
    why="drift: repetition",
    tokens=1234,
    took=93 * 10**9,
    events=88,
    bytes=43_503,
    version="0.1.0",
    parent="",
    tags=("baseline",),
)
TRIAL = Trial(
    id="6aj2tes3vggp",
    began=SESSION.began,
    configs=("bare", "operator"),
    tasks=("hostname",),
    model="smollm2-135m",
    n=10,
    clean=7,
    drift=3,
    finished=12,
    took=10**12,
)
EVERY: tuple[Column, ...] = (
    *("when", "outcome", "config", "model", "task", "turns"),
    *("drift", "length", "tokens", "size", "tags"),
)


def drawn(row: Row | None, width: int = 200, key: Key | None = None, **how: bool) -> str:
    fitted = columns(width, "when")
    given: dict[str, bool] = {"marked": False, "unfolded": False, **how}
    key = key or Key(kind="trial" if isinstance(row, Trial) else "session", number=1, runs=4)
    return "".join(piece.text for piece in row_pieces(key, row, fitted, **given))


@given(st.integers(min_value=20, max_value=400), st.sampled_from(EVERY), st.booleans())
def test_columns_fit_and_what_it_is_sorted_by_is_there(
    width: int, sorted_by: Column, tagged: bool
) -> None:
    fitted = columns(width, sorted_by, tagged=tagged)
    assert sum(column.width + GAP for column in fitted) + MARGIN <= width
    assert len({column.name for column in fitted}) == len(fitted)
    if width >= 40:
        assert sorted_by in {column.name for column in fitted}


@given(st.text(max_size=60), st.text(max_size=60), st.integers(min_value=40, max_value=220))
def test_a_row_is_as_wide_as_its_columns_whatever_it_says(
    config: str, task: str, width: int
) -> None:
    row = msgspec.structs.replace(SESSION, config=config, task=task)
    fitted = columns(width, "when")
    assert cell_len(drawn(row, width)) == MARGIN + sum(column.width + GAP for column in fitted)


def test_what_counts_is_there_at_every_width() -> None:
    for width in (80, 120, 200):
        shown = drawn(SESSION, width)
        for words in ("▲ drift", "repetition @2", "operator+", "make-fold"):
            assert words in shown
    assert "1 min 33 s" in drawn(SESSION)
    assert "43.5 kB" in drawn(SESSION)


def test_an_experiment_says_what_it_came_to_and_whether_it_is_unfolded() -> None:
    assert "7/12 clean" in drawn(TRIAL)
    assert "2 configs" in drawn(TRIAL)
    assert "▸" in drawn(TRIAL)
    assert "▾" in drawn(TRIAL, unfolded=True)
    begun = msgspec.structs.replace(TRIAL, finished=0, clean=0, drift=0)
    assert "▦ begun" in drawn(begun)


def test_marks_and_runs_are_told_by_a_glyph() -> None:
    assert "◆" in drawn(SESSION, marked=True)
    assert "└" in drawn(SESSION, key=Key(kind="run", number=1, trial=2))
    assert drawn(None).strip() == "…"


def test_the_heading_shows_how_it_is_sorted_and_knows_its_columns() -> None:
    fitted = columns(120, "turns")
    words = "".join(piece.text for piece in heading(fitted, Order("turns", down=False)))
    assert "▲turns" in words
    for name in ("when", "config", "turns"):
        assert column_at(fitted, words.index(name)) == name
    assert column_at(fitted, 0) is None
    assert column_at(fitted, 500) is None


@pytest.mark.parametrize("began", ["", "no time", "\x1b[31m"])
def test_what_is_no_time_is_shown_as_it_is_but_never_obeyed(began: str) -> None:
    assert "\x1b" not in when(began)


def test_a_fork_is_marked_and_a_run_begins_with_what_tells_it_from_the_others() -> None:
    forked = msgspec.structs.replace(SESSION, parent="6aj2tes3vggp", parent_turn=3)
    assert drawn(forked).startswith(f"   {FORK}")
    assert FORK not in drawn(SESSION)
    run = msgspec.structs.replace(forked, arm="rewind at 3")
    key = Key(kind="run", number=1, trial=1)
    assert drawn(run, key=key).startswith("   └")
    assert f"rewind at 3 · {SESSION.config}" in drawn(run, key=key)
    assert "rewind at 3" in drawn(run, width=70, key=key)


def test_arms_of_one_config_are_counted_as_arms() -> None:
    assert "2 arms of bare" in drawn(msgspec.structs.replace(TRIAL, configs=("bare", "bare")))
    assert "2 configs" in drawn(TRIAL)
