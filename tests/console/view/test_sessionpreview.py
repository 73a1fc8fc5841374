"""The preview beside the list: where a session comes from, and what to do where there is none."""

import msgspec

from console.view.line import Line
from console.view.sessionpreview import nothing_lines, session_lines
from tests.console.view.test_sessionrow import SESSION


def text(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines)


def test_a_fork_says_of_which_turn_and_what_was_done_otherwise() -> None:
    fork = msgspec.structs.replace(SESSION, parent="6aj2tes3vggp", parent_turn=3)
    assert "forked from turn 3 of 6aj2tes3vggp" in text(session_lines(fork))
    changed = msgspec.structs.replace(fork, change="mask at 3")
    assert "forked from turn 3 of 6aj2tes3vggp: mask at 3" in text(session_lines(changed))
    assert "forked" not in text(session_lines(SESSION))


def test_a_run_says_of_which_arm_of_its_experiment_it_is() -> None:
    run = msgspec.structs.replace(SESSION, experiment="6aj2f9chc0sm", arm="T 0.3")
    assert "experiment 6aj2f9chc0sm: T 0.3" in text(session_lines(run))


def test_an_empty_list_says_how_to_go_back() -> None:
    assert "No session is like that" in text(nothing_lines(asked=True, trash=False))
    assert "No session in the trash is like that" in text(nothing_lines(asked=True, trash=True))
    assert "The trash is empty" in text(nothing_lines(asked=False, trash=True))
    assert nothing_lines(asked=False, trash=False) == []
