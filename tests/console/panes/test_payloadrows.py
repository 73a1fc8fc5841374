"""The rows of a payload: their gutter, their breaks, and what is brought out."""

from rich.cells import cell_len

from console.panes.payloadrows import GUTTER, Manner, Row, pieces, row_of, rows
from console.view.inspected import Inspected, Sent, inspected
from console.view.line import Line
from engine.scrollback import Span, Turn

TEXTS = ("<s>", "sys", "ls ", "-la\n", "\t漢", "字 and more words of it", "<e>")


PLAIN = Manner()


def shown(texts: tuple[str, ...] = TEXTS, cached: int = 3) -> Inspected:
    """A prompt with one turn."""
    turns = (Turn("user", "".join(texts[2:6]), "shell"),)
    spans = (Span(0, 2, -1, "skeleton"), Span(2, 6, 0, "shell"), Span(6, 7, -1, "skeleton"))
    return inspected(
        Sent(turn=1, ids=tuple(range(10, 17)), texts=texts, spans=spans, turns=turns,
             cached=cached, seam=2, seed_turns=0, window=64)
    )  # fmt: skip


def drawn(made: list[Row | Line], manner: Manner = PLAIN, bring: range = range(0)) -> list[str]:
    """The rows as they read, headings left out."""
    return [
        "".join(piece.text for piece in pieces(row, True, bring, manner))
        for row in made
        if isinstance(row, Row)
    ]


def test_rows_give_the_text_of_every_token_in_order() -> None:
    made = rows(shown(), Manner(), 60, {})
    text = "".join(row.part.text[row.start : row.stop] for row in made if isinstance(row, Row))
    assert text == "".join(TEXTS).replace("\n", "").replace("\t", "    ")


def test_every_stretch_says_whose_it_is_and_what_was_cached() -> None:
    found = drawn(rows(shown(), Manner(), 60, {}))
    assert found[0].startswith("▌template ")
    assert found[1].startswith("▌shell    ")
    assert found[2].startswith(" shell    ")


def test_headings_tell_the_templates_own_text_the_seam_and_the_cost_of_a_change() -> None:
    headings = [
        row.text for row in rows(shown(), Manner(), 60, {0: "matters"}) if isinstance(row, Line)
    ]
    assert "put in by the template" in headings[0]
    assert "seed" in headings[1]
    assert "turn 1 · user · shell · 4 tokens · changed: 5 anew · matters" in headings[2]
    assert "opens the turn asked for" in headings[3]


def test_boundaries_show_each_token_and_blanks() -> None:
    manner = Manner(boundaries=True)
    text = "\n".join(drawn(rows(shown(), manner, 60, {}), manner))
    assert text.count("│") == len(TEXTS)
    assert "│ls␠" in text
    assert "│-la⏎" in text
    assert "│⇥漢" in text


def test_ids_stand_before_their_text() -> None:
    manner = Manner(ids=True)
    text = "\n".join(drawn(rows(shown(), manner, 60, {}), manner))
    assert "│10·<s>" in text
    assert "│16·<e>" in text


def test_no_row_is_wider_than_the_pane() -> None:
    for manner in (Manner(), Manner(boundaries=True), Manner(True, True)):
        for width in (24, 40, 80):
            found = drawn(rows(shown(), manner, width, {}), manner)
            assert max(cell_len(text.rstrip()) for text in found) <= max(width, GUTTER + 8)


def test_with_boundaries_rows_end_where_tokens_do() -> None:
    manner = Manner(boundaries=True)
    for row in rows(shown(), manner, 44, {}):
        if isinstance(row, Row):
            assert row.start in row.part.starts


def test_what_is_brought_out_is_marked_beside_its_row_too() -> None:
    found = drawn(rows(shown(), Manner(), 60, {}), bring=range(3, 4))
    assert [text for text in found if "▶" in text] == [found[2]]


def test_the_row_of_a_token_holds_it() -> None:
    made = rows(shown(), Manner(), 60, {})
    for place in range(len(TEXTS)):
        row = made[row_of(made, place)]
        assert isinstance(row, Row)
        assert row.place <= place


def test_unnamed_tokens_show_the_turns_text_and_their_ids() -> None:
    bare = shown()
    bare = inspected(Sent(turn=1, ids=bare.sent.ids, spans=bare.sent.spans, turns=bare.sent.turns))
    assert "⟨10⟩⟨11⟩" in drawn(rows(bare, Manner(), 60, {}))[0]
    assert any("-la" in text for text in drawn(rows(bare, Manner(), 60, {})))
