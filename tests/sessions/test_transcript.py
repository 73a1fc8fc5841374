"""A session as a text: what is told, and where it stands."""

from collections.abc import Iterable

from engine.events import (
    AnyEvent,
    CommandSubmitted,
    CommandVetoed,
    LineJudged,
    PartClosed,
    ScrollbackGrew,
    TurnStarted,
)
from engine.scrollback import Turn
from sessions.transcript import Passage, Transcript
from tests.sessions.made import begin, make_session


def tell(events: Iterable[AnyEvent]) -> list[Passage]:
    transcript = Transcript()
    told = [passage for event in events for passage in transcript.tell(event)]
    return told + list(transcript.close())


def judged(line: str) -> LineJudged:
    return LineJudged(at=1, turn=1, line=line, label="command", why=f"{line} is known", by="text")


def test_a_whole_session_is_told_in_order() -> None:
    told = tell(make_session("x"))
    kinds = [passage.kind for passage in told if passage.kind not in ("note", "fault", "stages")]
    assert kinds == [
        *("seed", "seed"),
        *("turn", "reasoning", "command", "verdict", "output"),
        *("turn", "reasoning", "drift", "verdict"),
        "end",
    ]
    assert told[-1] == Passage(
        "end", "drift in turn 2, narration: did not operate, did not exit, not done; it narrated"
    )


def test_output_is_told_as_the_model_saw_it_without_the_prompt() -> None:
    turns = [
        Turn(role="user", text=text, origin="shell")
        for text in ("box\n\nroot@box:~# ", "root@box:~# ", "half a line")
    ]
    events: list[AnyEvent] = [
        begin("x"),
        *(ScrollbackGrew(at=1, turn=1, added=turn) for turn in turns),
    ]
    assert tell(events) == [Passage("output", "box"), Passage("output", "half a line")]


def test_a_verdict_stands_under_its_command_even_where_a_turn_has_several() -> None:
    told = tell(
        [
            judged("ls"),
            judged("rm x"),
            judged("pwd"),
            CommandSubmitted(at=2, turn=1, command="ls", by="operator"),
            CommandVetoed(at=3, turn=1, command="rm x", by="person"),
        ]
    )
    assert told == [
        Passage("command", "ls", "operator"),
        Passage("verdict", "a command: ls is known"),
        Passage("note", "withheld by the person: rm x"),
        Passage("verdict", "a command: rm x is known"),
        Passage("verdict", "a command: pwd is known"),
    ]


def test_each_turn_ends_with_its_own_stages() -> None:
    told = tell(make_session("x"))
    stages = [passage.text for passage in told if passage.kind == "stages"]
    assert stages[0] == "load 900 ms · bring_up 14 ms"
    assert "exec 12 ms" in stages[1]
    assert "exec" not in stages[2]


def test_a_broken_off_session_is_told_to_its_last_event() -> None:
    assert tell(make_session("x")[:21])[-1].kind == "stages"
    assert tell([TurnStarted(at=1, turn=4)]) == [Passage("turn", "", "4")]


def test_reasoning_that_was_cut_off_says_so() -> None:
    part = PartClosed(at=1, turn=1, part=0, kind="reasoning", text="\nso I\n", complete=False)
    assert tell([part]) == [Passage("reasoning", "so I", "cut off")]


def test_a_person_s_turn_is_told_as_theirs() -> None:
    turn = Turn(role="user", text="go on", origin="person")
    grew = ScrollbackGrew(at=1, turn=1, added=turn)
    assert tell([grew]) == [Passage("told", "go on", "user")]
