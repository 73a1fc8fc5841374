import pytest

from engine.drift.evidence import features, log_odds
from engine.drift.words import is_misspelt_command, words


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("ls -la", "known"),
        ("find .", "verb"),
        ("for i in 1 2; do", "keyword"),
        ("f() { ls; }", "keyword"),
        ("A=1 ls", "assignment"),
        ("a[0]=1", "assignment"),
        ("./run.sh", "path"),
        ("$EDITOR x", "expansion"),
        ("'my tool' x", "expansion"),
        ("frobnicate x", "lower"),
        ("frob-2.sh x", "odd"),
        ("The file", "capital"),
        ("42 files", "number"),
        ("(ls; pwd)", "known"),
    ],
)
def test_the_first_word_is_of_a_kind(line: str, kind: str) -> None:
    assert words(line).head_kind == kind


def test_what_is_quoted_or_commented_out_has_no_words_in_it() -> None:
    cut = words("git commit -m 'the end of it' # this is that")
    assert [word.bare for word in cut.rest][:2] == ["commit", "-m"]
    assert not cut.of("function")


def test_an_apostrophe_opens_no_quote() -> None:
    assert [word.bare for word in words("don't touch the user's files").of("function")] == ["the"]


def test_options_paths_and_pipes_speak_for_a_command_and_function_words_against() -> None:
    assert log_odds("find . -name x") > log_odds("find x")
    assert log_odds("sort x | head") > log_odds("sort x")
    assert log_odds("sort the file") < log_odds("sort file")
    assert log_odds("Sort the file.") < log_odds("sort the file")


def test_what_a_command_is_given_to_say_does_not_count_but_what_is_said_of_it_does() -> None:
    assert "function_words" not in features("echo this is the end")
    assert features("echo prints the end")["second_is_predicate"] == 1


@pytest.mark.parametrize("name", ["pytohn", "gti", "hostnam", "ifconfg", "grepp", "mkidr"])
def test_a_slip_of_the_fingers_is_seen(name: str) -> None:
    assert is_misspelt_command(name)


@pytest.mark.parametrize("name", ["the", "lists", "ok", "available", "nothing", "prints", "x"])
def test_english_is_no_slip(name: str) -> None:
    assert not is_misspelt_command(name)
