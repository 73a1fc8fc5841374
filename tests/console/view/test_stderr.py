from console.view.line import Line
from console.view.stderr import CURSOR, LONGEST, StderrView
from engine.events import (
    CommandVetoed,
    FaultSeen,
    LineJudged,
    PartClosed,
    PartGrew,
    PartOpened,
    ShellNudged,
    TurnStarted,
    WorkerLost,
)
from tests.console.open import spec
from tests.console.story import drifting


def texts(view: StderrView) -> list[str]:
    return [line.text for line in view.lines()]


def styles(line: Line) -> set[str]:
    return {piece.style for piece in line.pieces}


def written(view: StderrView, text: str, kind: str = "line") -> None:
    view.apply(PartOpened(at=1, turn=1, part=0, kind=kind))  # type: ignore[arg-type]  # a literal, chosen at run time
    view.apply(PartGrew(at=1, turn=1, part=0, text=text))


def test_the_line_being_written_ends_in_a_cursor_until_it_is_closed() -> None:
    view = StderrView()
    written(view, "uname")
    assert texts(view) == [f"› uname{CURSOR}"]
    view.apply(PartClosed(at=2, turn=1, part=0, kind="command", text="uname", complete=True))
    assert texts(view) == ["› uname"]


def test_reasoning_of_several_lines_is_several_lines_all_marked() -> None:
    view = StderrView()
    written(view, "first\nsec", "reasoning")
    view.apply(PartGrew(at=2, turn=1, part=0, text="ond"))
    view.apply(
        PartClosed(at=3, turn=1, part=0, kind="reasoning", text="first\nsecond", complete=True)
    )
    assert texts(view) == ["┊ first", "┊ second"]
    assert all("reasoning" in styles(line) for line in view.lines())


def test_a_part_cut_off_by_the_end_of_the_completion_says_so() -> None:
    view = StderrView()
    written(view, "hmm", "reasoning")
    view.apply(PartClosed(at=2, turn=1, part=0, kind="reasoning", text="hmm", complete=False))
    assert texts(view) == ["┊ hmm  (unfinished)"]


def test_a_drift_is_loud_by_glyph_word_and_style_with_its_evidence() -> None:
    view = StderrView()
    for event in drifting(spec()):
        view.apply(event)
    lines = {line.text: line for line in view.lines()}
    banner = next(line for text, line in lines.items() if "DRIFT" in text)
    assert banner.text.startswith("▲ DRIFT")
    assert "narration, turn 3" in banner.text
    assert styles(banner) == {"drift"}
    judged = lines["✗ Let me try another way to find the kernel version."]
    assert styles(judged) == {"drift-line-glyph", "drift-line"}
    assert any(text.startswith("  └ 3 function words") for text in lines)


def test_a_later_verdict_by_execution_is_told_with_the_line_it_is_about() -> None:
    view = StderrView()
    written(view, "frobnicate the file")
    view.apply(
        PartClosed(at=2, turn=1, part=0, kind="command", text="frobnicate the file", complete=True)
    )
    view.apply(
        LineJudged(
            at=3,
            turn=1,
            line="frobnicate the file",
            label="narration",
            why="exit status 127",
            by="execution",
        )
    )
    assert texts(view)[-1] == "✗ frobnicate the file  exit status 127"


def test_a_line_without_an_end_is_broken_so_that_redrawing_it_stays_cheap() -> None:
    view = StderrView()
    written(view, "word " * 1000, "reasoning")
    assert max(len(text) for text in texts(view)) <= LONGEST + 4
    assert "".join(text[2:] for text in texts(view)).rstrip(CURSOR) == "word " * 1000


def test_a_completion_lost_with_its_worker_is_not_taken_for_whole() -> None:
    view = StderrView()
    written(view, "ls -")
    view.apply(WorkerLost(at=2, why="it was killed"))
    assert texts(view) == ["› ls -  (lost)", "! The model's process went away: it was killed"]


def test_what_happened_to_a_command_is_said_in_words() -> None:
    view = StderrView()
    view.apply(TurnStarted(at=1, turn=4))
    view.apply(CommandVetoed(at=1, turn=4, command="rm -rf /", by="person"))
    view.apply(ShellNudged(at=2, turn=4, state="continuation", action="interrupt"))
    view.apply(FaultSeen(at=3, where="shell", why="The pty is gone."))
    assert texts(view) == [
        "── turn 4 ",
        "⊘ vetoed by you: rm -rf /",
        "! the shell wants more lines: interrupted with ^C",
        "✗ FAULT shell: The pty is gone.",
    ]


def test_the_end_names_outcome_and_every_axis() -> None:
    view = StderrView()
    for event in drifting(spec()):
        view.apply(event)
    assert texts(view)[-2:] == [
        "▲ drift: narration, turn 3",
        "operated ✗ · exited ✗ · done ✗ · 3 turns  drift: narration",
    ]


def test_the_log_is_bounded_and_counts_what_it_gave_up() -> None:
    view = StderrView()
    for turn in range(8000):
        view.apply(TurnStarted(at=turn, turn=turn))
    assert len(view.lines()) <= view.log.keep * 5 // 4
    assert view.log.dropped + len(view.lines()) == 8000
