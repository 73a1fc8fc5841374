import pytest

from engine.drift.evidence import log_odds
from engine.drift.execution import fuse
from engine.drift.judge import THRESHOLD, judge
from engine.drift.verdict import Context, Verdict
from engine.events import ShellState
from engine.shell.observation import Observation


def answered(
    command: str, output: str = "", *, status: int | None = 0, state: ShellState = "done"
) -> Observation:
    return Observation(
        command=command,
        state=state,
        status=status,
        foreground="",
        raw=f"{command}\r\n\x1b[31m{output}\x1b[0m\r\nroot@box:~# ".encode(),
        dropped=0,
        began=0,
        took=1,
    )


def after(
    line: str, output: str = "", *, status: int | None = 0, state: ShellState = "done"
) -> Verdict:
    return fuse(judge(line), answered(line, output, status=status, state=state))


@pytest.mark.parametrize(
    "line",
    [
        "nmap -sV localhost",
        "docker ps",
        "kubectl get pods",
        "pytohn script.py",
        "gti status",
        "frobnicate --all /srv",
        "./missing.sh",
    ],
)
def test_a_missing_or_misspelt_program_is_a_command_still(line: str) -> None:
    name = line.split()[0]
    assert judge(line).label == "command"
    assert after(line, f"bash: {name}: command not found", status=127).label == "command"


@pytest.mark.parametrize("line", ["ls /nowhere", "cat notes.txt", "make all", "grep -q x y"])
def test_a_command_that_fails_in_its_own_way_is_a_command_still(line: str) -> None:
    failed = after(line, f"{line.split()[0]}: cannot access: No such file or directory", status=2)
    assert failed == judge(line)


def test_a_command_that_succeeds_keeps_its_verdict_by_text() -> None:
    assert after("ls -la", "total 0") == judge("ls -la")


def borderline(line: str) -> Verdict:
    assert abs(log_odds(line) - THRESHOLD) < 3.5, log_odds(line)
    return Verdict(line=line, label="command", why="by its text")


def test_a_function_word_taken_for_an_operand_tips_a_borderline_line_to_prose() -> None:
    line = "sort the names"
    fused = fuse(
        borderline(line),
        answered(line, "sort: cannot read: the: No such file or directory", status=2),
    )
    assert (fused.label, fused.by) == ("narration", "execution")
    assert "the" in fused.why


def test_a_quoted_operand_of_an_error_message_counts_as_well() -> None:
    line = "find all logs"
    fused = fuse(
        borderline(line), answered(line, "find: ‘all’: No such file or directory", status=1)
    )
    assert fused.label == "narration"


def test_an_apostrophe_that_leaves_the_shell_waiting_tips_a_line_to_prose() -> None:
    line = "check server's health"
    fused = fuse(borderline(line), answered(line, status=None, state="continuation"))
    assert (fused.label, fused.by) == ("narration", "execution")
    assert "apostrophe" in fused.why


@pytest.mark.parametrize("line", ["for i in 1 2 3; do", "cat <<EOF", "echo 'first line", "ls |"])
def test_a_command_that_goes_on_in_the_next_line_stays_a_command(line: str) -> None:
    assert after(line, "> ", status=None, state="continuation") == judge(line)


def test_a_line_that_looked_like_prose_and_ran_was_a_command() -> None:
    line = "report"
    assert judge(line).drift
    fused = after(line, "42 files")
    assert (fused.label, fused.by) == ("command", "execution")
    assert "status 0" in fused.why


def test_a_sentence_that_no_shell_could_run_is_not_saved_by_status_0() -> None:
    line = "The server is running and all is well."
    assert after(line).label == "narration"


@pytest.mark.parametrize("line", ["echo prints its arguments", "exit the shell now", "true story"])
def test_commands_that_accept_anything_prove_nothing_by_succeeding(line: str) -> None:
    assert after(line) == judge(line)


@pytest.mark.parametrize(
    "line", ["```bash", "# a comment", "import os", "root@box:~# ls", "<|im_end|>", "- a list"]
)
def test_what_is_told_by_its_form_is_not_weighed_again(line: str) -> None:
    assert after(line) == judge(line)


def test_a_repetition_stays_one_however_it_ends() -> None:
    verdict = judge("ls", Context(before=("ls", "ls", "ls")))
    assert fuse(verdict, answered("ls")) == verdict


def test_a_line_that_a_person_changed_says_nothing_of_the_operators() -> None:
    verdict = judge("find the largest file")
    assert fuse(verdict, answered("find . -size +1M")) == verdict


def test_a_fused_verdict_is_not_fused_again() -> None:
    line = "report"
    fused = after(line, "42 files")
    assert fuse(fused, answered(line, "report: command not found", status=127)) == fused


def test_output_of_any_bytes_is_read() -> None:
    observation = Observation(
        command="ls x",
        state="done",
        status=2,
        foreground="",
        raw=bytes(range(256)) * 40,
        dropped=9,
        began=0,
        took=1,
    )
    assert fuse(judge("ls x"), observation).label == "command"
