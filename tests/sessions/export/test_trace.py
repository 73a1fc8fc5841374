"""A trace that tracing tools read."""

import json
from typing import Any

from engine.run import Config, RunSpec, Task
from sessions.export.trace import Trace
from tests.console.story import drifting

CONFIG = Config(name="bare", seed="bare", elements=(), turns=(), prompt="", hash="", source="")


def trace() -> dict[str, Any]:
    made = Trace()
    events = drifting(RunSpec(config=CONFIG, task=Task("find the kernel version")))
    lines = [line for event in events for line in made.tell(event)]
    read: dict[str, Any] = json.loads("".join([*lines, *made.close()]))
    return read


def test_every_event_has_what_its_phase_needs() -> None:
    for event in trace()["traceEvents"]:
        assert {"ph", "pid", "tid", "name"} <= event.keys()
        match event["ph"]:
            case "X":
                assert event["dur"] >= 0
                assert isinstance(event["ts"], float)
            case "i":
                assert event["s"] in "gpt"
            case "C":
                assert all(isinstance(value, int) for value in event["args"].values())
            case phase:
                assert phase == "M"


def test_slices_lie_in_the_row_of_what_did_them() -> None:
    rows = {1: "session", 2: "model", 3: "shell", 4: "console"}
    slices = [event for event in trace()["traceEvents"] if event["ph"] == "X"]
    seen = {(rows[event["tid"]], event["name"]) for event in slices}
    assert {("model", "prefill"), ("model", "decode"), ("shell", "exec")} <= seen
    assert all(event["args"]["turn"] >= 0 for event in slices)


def test_it_says_whose_it_is_and_marks_the_drift() -> None:
    read = trace()
    assert read["otherData"]["config"] == "bare"
    names = [event["name"] for event in read["traceEvents"] if event["ph"] == "i"]
    assert any(name.startswith("drift: narration") for name in names)
    threads = {e["args"]["name"] for e in read["traceEvents"] if e["name"] == "thread_name"}
    assert threads == {"session", "model", "shell", "console"}
