import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from console.safe import clean, clean_line

HOSTILE = "\x1b]52;c;aGk=\x07\x9b31m\u202egnp.exe\u2066\U000e0041\ufeff\u2028\ud800\x7f\x00"


def test_controls_are_shown_not_obeyed() -> None:
    assert clean("a\x1b[31mb") == "a␛[31mb"
    assert clean("\x00\x07\x7f") == "␀␇␡"
    assert clean("\x9b31m") == "\ufffd31m"


def test_tabs_and_newlines_stay_unless_it_must_be_one_line() -> None:
    assert clean("a\tb\nc") == "a\tb\nc"
    assert clean_line("a\tb\nc") == "a␉b␊c"


def test_bidi_tags_surrogates_and_separators_are_replaced() -> None:
    cleaned = clean(HOSTILE)
    assert "\u202e" not in cleaned
    cleaned.encode()  # no lone surrogate is left


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_a_terminal_obeys_comes_through(text: str) -> None:
    cleaned = clean_line(text)
    assert len(cleaned) == len(text)
    for character in cleaned:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in (
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        )  # fmt: skip


def test_ordinary_text_in_any_script_is_left_alone() -> None:
    for text in ("uname -r", "größe", "日本語", "مرحبا", "👩‍💻", "e\u0301"):
        assert clean(text) == text
