"""A profile as bars and figures."""

from console.view.waterfall import GLYPHS, LABEL, figures, profile_lines, waterfall
from engine.profile import Profile, Slice, spreads

MS = 1_000_000
TWO = Profile(
    (
        Slice(1, "prefill", 0, 30 * MS, 300),
        Slice(1, "decode", 30 * MS, 60 * MS, 12),
        Slice(1, "exec", 90 * MS, 10 * MS),
        Slice(2, "prefill", 200 * MS, 5 * MS, 20),
        Slice(2, "decode", 205 * MS, 25 * MS, 5),
        Slice(2, "exec", 240 * MS, 10 * MS),
    )
)


def bar(text: str) -> str:
    return text[LABEL:]


def test_a_bar_shares_its_cells_by_time_on_one_scale_for_all_turns() -> None:
    _, first, second = (row.text for row in waterfall(TWO, LABEL + 20))
    prefill, decode, ran = (GLYPHS[name][0] for name in ("prefill", "decode", "exec"))
    assert bar(first) == prefill * 6 + decode * 12 + ran * 2
    # Ten milliseconds in which nothing was timed stay blank.
    assert bar(second).rstrip() == prefill + decode * 5 + "  " + ran * 2


def test_the_legend_has_every_glyph_and_no_two_are_alike() -> None:
    legend = waterfall(TWO, 120)[0].text
    glyphs = [glyph for glyph, _ in GLYPHS.values()]
    assert len(set(glyphs)) == len(glyphs)
    assert all(glyph in legend for glyph in glyphs)


def test_no_row_is_wider_than_it_may_be() -> None:
    for width in (LABEL + 10, 57, 200):
        assert all(len(row.text) <= width for row in waterfall(TWO, width)[1:])


def test_where_there_is_no_room_or_no_time_there_is_no_bar() -> None:
    assert waterfall(TWO, LABEL + 5) == []
    assert waterfall(Profile(), 100) == []
    assert profile_lines(Profile(), 100)[0].text == "Nothing has been timed yet."


def test_figures_compare_medians_with_another_session() -> None:
    twice = Profile(tuple(Slice(s.turn, s.name, s.began, s.took * 2) for s in TWO.slices))
    rows = [row.text for row in figures(spreads([twice]), spreads([TWO]))]
    assert [row.split()[-1] for row in rows[1:]] == ["2.00×"] * 3


def test_what_dominates_is_said_above_the_figures() -> None:
    said = [row.text for row in profile_lines(TWO, 100)]
    assert "61% of the time in turns is decoding." in said
