"""A trace that tracing tools read."""

import json
from decimal import Decimal
from typing import Any

from engine.events import AnyEvent, StageTimed
from engine.held import Held
from engine.run import Config, RunSpec, Task
from sessions.export.trace import Trace
from tests.console.story import drifting

CONFIG = Config(name="bare", seed="bare", elements=(), turns=(), prompt="", hash="", source="")


def trace(*more: AnyEvent) -> dict[str, Any]:
    made = Trace()
    events = drifting(RunSpec(config=CONFIG, task=Task("find the kernel version")))
    lines = [line for event in (*events, *more) for line in made.tell(event)]
    read: dict[str, Any] = json.loads("".join([*lines, *made.close()]), parse_float=Decimal)
    return read


HELD = StageTimed(
    at=9,
    turn=3,
    stage="completion",
    began=4_000_000_001,
    took=7,
    held=Held(where="cuda", memory=640_000_000, used=2_000_000_000, total=144_000_000_000),
)


def test_every_event_has_what_its_phase_needs() -> None:
    """After "Trace Event Format", the sections on each phase."""
    read = trace(HELD)
    assert read["displayTimeUnit"] in ("ms", "ns")
    for event in read["traceEvents"]:
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name", "thread_sort_index")
            assert len(event["args"]) == 1
            continue
        assert isinstance(event["cat"], str)
        # Perfetto drops what is before its zero (`TraceSorter::Stream::Push`).
        assert event["ts"] >= 0
        match event["ph"]:
            case "X":
                assert event["dur"] >= 0
            case "i":
                assert event["s"] in ("g", "p", "t")
            case phase:
                assert phase == "C"
                assert event["args"]
                assert all(isinstance(each, int | Decimal) for each in event["args"].values())


def test_slices_of_a_thread_lie_in_one_another_or_beside_one_another() -> None:
    slices = [event for event in trace(HELD)["traceEvents"] if event["ph"] == "X"]
    for thread in {event["tid"] for event in slices}:
        around: list[Decimal] = []
        mine = [(e["ts"], e["ts"] + e["dur"]) for e in slices if e["tid"] == thread]
        for began, ended in sorted(mine, key=lambda one: (one[0], -one[1])):
            while around and around[-1] <= began:
                around.pop()
            assert not around or ended <= around[-1]
            around.append(ended)


def test_a_load_before_the_session_is_kept_and_everything_else_is_that_much_later() -> None:
    early = StageTimed(at=1, turn=0, stage="load", began=-5_000_000_000, took=5_000_000_000)
    plain, shifted = trace(), trace(early)
    load = next(e for e in shifted["traceEvents"] if e["name"] == "load" and e["ts"] == 0)
    assert load["dur"] == 5_000_000
    before, after = (
        next(e["ts"] for e in read["traceEvents"] if e["name"] == "decode")
        for read in (plain, shifted)
    )
    assert (
        after - before
        == shifted["otherData"]["session starts at, µs"]
        - (plain["otherData"]["session starts at, µs"])
    )


def test_memory_is_a_counter_of_its_own() -> None:
    (counter,) = [e for e in trace(HELD)["traceEvents"] if e["name"].startswith("memory")]
    assert counter["args"] == {"held": 640, "in use by all": 2000}
    assert not any(e["name"].startswith("memory") for e in trace()["traceEvents"])


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
