from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drift.judge import judge
from engine.drift.verdict import Context, Verdict
from tests.engine.drift.corpus import (
    SHARED,
    Pair,
    lowered,
    own_model_lines,
    pairs,
    shared_model_lines,
)
from tests.engine.drift.tricky import KNOWN_MISSES, TRICKY

PROMPT = "root@box:~# "
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="measures on labelled lines that are not part of the repository (see corpus.py)",
)


@pytest.fixture(scope="module")
def held_out() -> list[Pair]:
    return [pair for pair in pairs() if pair.held_out]


def share_of_commands(lines: list[str]) -> float:
    return sum(judge(line).label == "command" for line in lines) / len(lines)


@needs_shared
def test_commands_never_fitted_on_are_told_as_commands(held_out: list[Pair]) -> None:
    assert len(held_out) > 1500
    assert share_of_commands([pair.command for pair in held_out]) >= 0.992


@needs_shared
def test_sentences_never_fitted_on_are_not_taken_for_commands(held_out: list[Pair]) -> None:
    assert share_of_commands([pair.english for pair in held_out]) <= 0.004


@needs_shared
def test_sentences_that_begin_in_lower_case_are_not_either(held_out: list[Pair]) -> None:
    assert share_of_commands([lowered(pair.english) for pair in held_out]) <= 0.006


@needs_shared
def test_lines_of_the_model_get_the_label_that_people_gave_them() -> None:
    lines = shared_model_lines()
    right = Counter[str]()
    for each in lines:
        verdict = judge(each.line, Context(shown=each.after, prompt=PROMPT))
        right[each.label] += verdict.label == each.label
    assert right.total() / len(lines) >= 0.95, right
    totals = Counter(each.label for each in lines)
    for label, total in totals.items():
        assert right[label] / total >= 0.8, label


def test_the_lines_that_were_fitted_on_are_mostly_right() -> None:
    lines = own_model_lines()
    right = sum(
        judge(each.line, Context(shown=each.after, prompt=PROMPT)).label == each.label
        for each in lines
    )
    assert right / len(lines) >= 0.95


@pytest.mark.parametrize("label", TRICKY)
def test_hard_lines_are_told(label: str) -> None:
    missed = {line for line in TRICKY[label] if judge(line).label != label}
    assert missed == KNOWN_MISSES.get(label, set())


@pytest.mark.parametrize(
    "line",
    ["echo '<|im_start|>'", "grep '\\[INST\\]' log.txt", 'echo "[INST]" > x', "cat < /dev/null"],
)
def test_a_command_may_speak_of_control_tokens_in_quotes(line: str) -> None:
    assert judge(line).label == "command"


def test_reasoning_before_a_command_does_not_hide_it() -> None:
    assert judge("<think>List them.</think> ls -la").label == "command"
    assert judge("<think>List them.</think> Here they are.").label == "narration"


def test_a_line_that_the_shell_has_just_shown_is_an_echo() -> None:
    shown = "build finished\nbackup  notes\nroot@box:~# "
    for line in ("build finished", "backup  notes"):
        assert judge(line, Context(shown=shown)).label == "echo"


def test_a_known_command_stays_one_even_when_it_was_shown() -> None:
    assert judge("ls", Context(shown="ls\nroot@box:~# ")).label == "command"


def test_the_prompt_in_use_is_known_whatever_it_looks_like() -> None:
    assert judge("=> ls", Context(prompt="=> ")).label == "echo"


def test_the_same_line_four_times_in_a_row_is_a_repetition_and_three_times_is_not() -> None:
    assert judge("ls", Context(before=("ls", "ls"))).label == "command"
    verdict = judge("ls", Context(before=("pwd", "ls", "ls", "ls")))
    assert verdict.label == "repetition"
    assert "4 times" in verdict.why


def test_a_cycle_of_two_lines_is_a_repetition() -> None:
    assert judge("pwd", Context(before=("ls", "pwd", "ls", "pwd", "ls"))).label == "repetition"
    assert judge("pwd", Context(before=("cd /", "pwd", "ls", "pwd", "ls"))).label == "command"


def test_exit_said_again_is_still_a_command() -> None:
    assert judge("exit", Context(before=("exit",) * 5)).label == "command"


def test_the_body_of_an_open_heredoc_is_a_command_whatever_it_says() -> None:
    before = ("ls", "cat > notes.txt <<EOF", "Dear reader,")
    line = "this is the file that you asked for."
    assert judge(line).label == "narration"
    assert judge(line, Context(before=before, unanswered=2)).label == "command"
    assert judge(line, Context(before=before, shown="...\n> ")).label == "command"
    for body in ("EOF", "# a comment", "```bash", "import os", "$ ls"):
        assert judge(body, Context(before=before, unanswered=2)).label == "command"
    assert judge("<|im_end|>", Context(before=before, unanswered=2)).label == "control"


def test_a_heredoc_that_is_closed_or_was_broken_off_is_over() -> None:
    line = "this is the file that you asked for."
    closed = ("cat > notes.txt <<'END'", "Dear reader,", "END")
    assert judge(line, Context(before=closed, unanswered=3)).label == "narration"
    broken = Context(before=("cat <<EOF",), shown=f"^C\n{PROMPT}", prompt=PROMPT)
    assert judge(line, broken).label == "narration"


def test_every_verdict_says_why_in_a_short_clause() -> None:
    for label in TRICKY:
        for line in TRICKY[label]:
            verdict = judge(line)
            assert verdict.by == "text"
            assert verdict.line == line
            assert 0 < len(verdict.why) < 160
            assert "\x01" not in verdict.why


def test_drift_is_what_is_neither_command_nor_comment_nor_reasoning() -> None:
    for label in TRICKY:
        verdict = Verdict(line="", label=label, why="")  # type: ignore[arg-type]  # keys are labels
        assert (verdict.drift is None) == (label in {"command", "comment", "reasoning"})


@given(st.text(max_size=300), st.text(max_size=80), st.lists(st.text(max_size=20), max_size=5))
@settings(max_examples=300)
def test_any_text_at_all_gets_a_verdict(line: str, shown: str, before: list[str]) -> None:
    verdict = judge(line, Context(shown=shown, before=tuple(before), unanswered=len(before)))
    assert verdict.line == line
    assert verdict.why


@pytest.mark.parametrize("unit", [" ", "a", "(", '"', "`", "- ", "> ", "[a](", "a.b", "not found "])
@pytest.mark.timeout(60)
def test_no_line_is_so_long_or_so_odd_that_judging_it_takes_long(unit: str) -> None:
    # A hundredth of a second; with one expression that tries all ways, hours.
    judge(unit * (1_000_000 // len(unit)) + "!")
