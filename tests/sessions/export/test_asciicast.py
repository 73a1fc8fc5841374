"""Casts: what stock players make of them, and that nothing is bent on the way."""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyghostty import Terminal

from console.safe import clean
from engine.events import (
    AnyEvent,
    CommandSubmitted,
    DriftSeen,
    PartClosed,
    PartGrew,
    PartOpened,
    ShellWrote,
)
from sessions.export.asciicast import Asciicast
from tests.sessions.made import begin, make_session

PROMPT = b"\x1b[1mroot@box:~# \x1b[0m"


def export(events: Iterable[AnyEvent], version: Literal[2, 3] = 2, idle: float = 0.0) -> str:
    cast = Asciicast(version, clean, idle)
    return "".join([line for event in events for line in cast.tell(event)] + list(cast.close()))


def parse(cast: str) -> tuple[dict[str, Any], list[list[Any]]]:
    header, *lines = (json.loads(line) for line in cast.splitlines())
    return header, lines


def thinking(at: int, *pieces: str) -> list[AnyEvent]:
    whole = "".join(pieces)
    return [
        PartOpened(at=at, turn=1, part=0, kind="reasoning"),
        *(PartGrew(at=at + 1, turn=1, part=0, text=piece) for piece in pieces),
        PartClosed(at=at + 2, turn=1, part=0, kind="reasoning", text=whole, complete=True),
    ]


def operate() -> list[AnyEvent]:
    """Prompt, reasoning, a command with output, drift."""
    return [
        begin("x"),
        ShellWrote(at=10**9, data=PROMPT),
        *thinking(2 * 10**9, "I ask ", "for the\nname."),
        CommandSubmitted(at=3 * 10**9, turn=1, command="hostname", by="operator"),
        ShellWrote(at=3 * 10**9 + 1500, data=b"hostname\r\n"),
        ShellWrote(at=3 * 10**9 + 2500, data=b"b\xc3"),
        ShellWrote(at=3 * 10**9 + 3500, data=b"\xb6x\r\n" + PROMPT),
        DriftSeen(at=4 * 10**9, turn=2, kind="chat", line="Sure!\x1b[2J", why="a greeting"),
    ]


def screen(events: Sequence[list[Any]]) -> list[str]:
    with Terminal(100, 30) as terminal:
        for _, code, data in events:
            if code == "o":
                terminal.feed(data.encode())
        return [line.rstrip() for line in terminal.text().splitlines() if line.strip()]


def test_reasoning_and_drift_stand_above_the_prompt_they_came_before() -> None:
    _, events = parse(export(operate()))
    assert screen(events) == [
        "I ask for the",
        "name.",
        "root@box:~# hostname",
        "böx",
        "▲ drift, chat: Sure!␛[2J",
        "root@box:~#",
    ]


def test_the_stock_player_plays_version_2(tmp_path: Path) -> None:
    for name, events in (("a", operate()), ("b", make_session("x"))):
        path = tmp_path / f"{name}.cast"
        path.write_text(export(events))
        ran = subprocess.run(
            [sys.executable, "-m", "asciinema", "cat", str(path)],
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert b"I ask for the" in ran.stdout


def test_version_3_says_the_same_in_intervals() -> None:
    header2, events2 = parse(export(make_session("x"), 2))
    header3, events3 = parse(export(make_session("x"), 3))
    assert (header2["version"], header2["width"], header2["height"]) == (2, 100, 30)
    assert (header3["version"], header3["term"]["cols"], header3["term"]["rows"]) == (3, 100, 30)
    assert header2["timestamp"] == header3["timestamp"] == 1767323045
    now, absolute = 0, []
    for interval, code, data in events3:
        now += round(interval * 10**6)
        absolute.append([now, code, data])
    assert absolute == [[round(at * 10**6), code, data] for at, code, data in events2]


@given(st.lists(st.integers(min_value=0, max_value=10**10), min_size=1, max_size=200))
def test_no_rounding_error_adds_up(gaps: list[int]) -> None:
    ats = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    _, events = parse(export([ShellWrote(at=at, data=b"x") for at in ats], 3).join(["{}\n", ""]))
    total = sum(round(interval * 10**6) for interval, *_ in events)
    assert abs(total - ats[-1] / 1000) <= 0.5


def test_every_command_and_drift_is_a_marker() -> None:
    events: list[AnyEvent] = [
        *operate(),
        CommandSubmitted(at=9**9, turn=3, command="x" * 200, by="operator"),
        CommandSubmitted(at=9**9, turn=3, command="a\x07\nb", by="operator"),
    ]
    markers = [data for _, code, data in parse(export(events))[1] if code == "m"]
    assert markers == ["hostname", "drift: chat", "x" * 79 + "…", "a␇ ⏎ b"]


def test_full_screen_programs_are_left_alone() -> None:
    events = [
        begin("x"),
        ShellWrote(at=1, data=b"\x1b[?1049h~\r\n~"),
        *thinking(2, "what is this?"),
        ShellWrote(at=5, data=b"\x1b[?1049l" + PROMPT),
        *thinking(6, "out again"),
    ]
    told = "".join(data for _, _, data in parse(export(events))[1])
    assert "what is this?" not in told
    assert "out again" in told


@pytest.mark.parametrize("version", [2, 3])
def test_bytes_that_are_no_text_make_no_lone_surrogates(version: Literal[2, 3]) -> None:
    cast = export([begin("x"), ShellWrote(at=1, data=bytes(range(256)))], version)
    cast.encode("ascii")
    for line in cast.splitlines():
        str(json.loads(line)).encode("utf-8")


def test_the_longest_pause_can_be_asked_for() -> None:
    header, _ = parse(export(operate(), 2, idle=2.5))
    assert header["idle_time_limit"] == 2.5


def test_keys_and_sizes_are_events_and_hidden_keys_are_not() -> None:
    _, events = parse(export(make_session("x"), 3))
    assert [data for _, code, data in events if code == "i"] == ["pwd\r"]
    assert [data for _, code, data in events if code == "r"] == ["80x24"]
