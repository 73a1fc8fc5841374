"""Findings as lines: rule by rule, each with the words it is about."""

from console.view.inspectlint import by_rule, count_words, excerpt, finding_line, rule_lines
from engine.lint.finding import Subject
from engine.lint.lint import lint
from engine.scrollback import Turn

TURNS = tuple(
    Turn("user" if at % 2 == 0 else "assistant", text, "shell" if at % 2 == 0 else "operator")
    for at, text in enumerate(("a\x1b[Kb", "ls", "c\x1b[0md", "ls", "e\r" + "\nf" * 40))
)
FOUND = lint(Subject(turns=TURNS))


def test_findings_of_a_rule_stand_together_and_none_is_lost() -> None:
    groups = by_rule(FOUND)
    assert [[one.span.turn for one in group] for group in groups] == [[0, 2], [4]]
    assert sum(groups, ()) == FOUND
    assert count_words(FOUND) == "2 errors, 1 warning"


def test_a_rule_is_explained_once_above_its_places() -> None:
    heading, explained, fix = (line.text for line in rule_lines(by_rule(FOUND)[0]))
    assert "error" in heading
    assert "escapes-leaked · 2 places" in heading
    assert explained.strip().startswith("Escape sequences draw on a terminal")
    assert fix.strip().startswith("fix: ")


def test_a_finding_quotes_its_words_in_one_line_and_the_chosen_one_is_marked() -> None:
    first, second, odd = FOUND
    assert excerpt(first, TURNS) == "\x1b[K"
    assert "▸ turn 1" in finding_line(first, TURNS, True).text
    assert "▸" not in finding_line(second, TURNS, False).text
    assert "\n" not in excerpt(odd, TURNS)
