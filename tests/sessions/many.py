"""Libraries of many sessions, to list, search and scroll through."""

from pathlib import Path

import msgspec

from engine.drift.result import RunResult
from engine.events import AnyEvent, DriftKind, Outcome
from engine.experiment import Experiment
from sessions import packing
from sessions.experiments import Experiments, KeptRun, Placement
from sessions.ids import new_id
from sessions.journal import Entry, Journal
from tests.sessions.made import end, make_session, make_spec

CONFIGS = ("operator+history", "operator+history+exit", "bare", "false-memories+history+prompt")
TASKS = ("hostname", "count-lines", "missing-file")
ENDINGS: tuple[tuple[Outcome, DriftKind | None], ...] = (
    ("clean", None),
    ("drift", "narration"),
    ("no-exit", None),
    ("drift", "echo"),
    ("stopped", None),
)


def varied(session: str, number: int) -> list[AnyEvent]:
    """A session of its own config, task, ending and length, the same for the same number."""
    spec = make_spec(CONFIGS[number % len(CONFIGS)], TASKS[number % len(TASKS)])
    outcome, kind = ENDINGS[number % len(ENDINGS)]
    started, *between, _ = make_session(session)
    ended = msgspec.structs.replace(
        end(session, 10**9 + number * 10**7),
        outcome=outcome,
        drift_kind=kind,
        drift_turn=1 + number % 4 if kind else None,
        turns=1 + number % 8,
        exited=outcome == "clean",
        operated=kind is None,
        why=f"made up, number {number}",
    )
    began = (
        f"2026-{1 + number // 900 % 12:02}-{1 + number // 30 % 28:02}T03:{number % 60:02}:05+00:00"
    )
    return [msgspec.structs.replace(started, spec=spec, began=began), *between, ended]


def fill(path: Path, count: int, events: int = 10**6, first: int = 0) -> list[str]:
    """Record so many varied sessions, each cut to so many events and its end; returns their ids."""
    ids = []
    journal = Journal(path, live=False)
    try:
        entries: list[Entry] = []
        for number in range(first, first + count):
            session = new_id()
            ids.append(session)
            *body, last = varied(session, number)
            kept = [*body[:events], last]
            entries += [Entry(session, *packing.encode(event)) for event in kept]
            if len(entries) > 5000 or number == first + count - 1:
                journal.write(entries)
                entries = []
    finally:
        journal.close()
    return ids


def experiment_of(path: Path, sessions: list[str], n: int | None = None) -> str:
    """An experiment of one config and one task whose runs these sessions are; returns its id."""
    spec = make_spec()
    experiment = Experiment(
        id=new_id(),
        seed=7,
        configs=(spec.config,),
        tasks=(spec.task,),
        n=n or max(1, len(sessions)),
        template=spec,
    )
    kept = Experiments(path)
    kept.begin(experiment, Placement())
    runs = []
    for number, session in enumerate(sessions):
        drifted = number % 3 == 1
        result = RunResult(
            config=0,
            task=0,
            replicate=number,
            session=session,
            outcome="drift" if drifted else "clean",
            operated=not drifted,
            exited=not drifted,
            done=None,
            drift_turn=2 if drifted else None,
            drift_kind="narration" if drifted else None,
            turns=2,
            tokens=20,
            took=10**9,
            fault="",
        )
        runs.append(KeptRun(result, 1))
    kept.add(experiment.id, runs)
    kept.leave(experiment.id)
    return experiment.id
