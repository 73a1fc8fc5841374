"""Where an experiment's recordings came from: which model, which program, and when."""

from pathlib import Path

import msgspec

from engine.events import Provenance
from sessions import database
from sessions.changing import reading

_ORIGINS = """
    SELECT provenances.json, count(*)
    FROM experiment_runs
    JOIN experiments ON experiments.number = experiment_runs.experiment
    JOIN sessions ON sessions.id = experiment_runs.session
    LEFT JOIN provenances ON provenances.number = sessions.provenance
    WHERE experiments.id = ? GROUP BY provenances.number ORDER BY count(*) DESC
"""
_PROGRAMS = """
    SELECT version, min(sessions.began), max(strftime('%Y-%m-%dT%H:%M:%S', sessions.began,
           (sessions.took / 1e9) || ' seconds')),
           count(*)
    FROM experiment_runs
    JOIN experiments ON experiments.number = experiment_runs.experiment
    JOIN sessions ON sessions.id = experiment_runs.session
    WHERE experiments.id = ? GROUP BY version ORDER BY min(sessions.began)
"""


class Program(msgspec.Struct, frozen=True):
    """A driftty that ran some of an experiment."""

    version: str
    first: str
    """When the first of its runs began, wall-clock time, UTC, ISO 8601."""
    last: str
    """When the last of them ended."""
    runs: int


class Origins(msgspec.Struct, frozen=True):
    """Of the recordings that are still there."""

    models: tuple[tuple[Provenance | None, int], ...]
    """Which model answered, and in how many runs, most first; none where no model had answered."""
    programs: tuple[Program, ...]

    @property
    def runs(self) -> int:
        """How many recordings there are."""
        return sum(program.runs for program in self.programs)


def origins(experiment: str, path: Path | None = None) -> Origins:
    """Where the recordings of an experiment came from; `experiment` is its whole id.

    For a thread of its own. Raises `StoreError`.
    """
    path = path or database.default_path()
    with reading(path, f"No experiment is kept yet in {path}.") as run:
        models = run.execute(_ORIGINS, (experiment,)).fetchall()
        programs = run.execute(_PROGRAMS, (experiment,)).fetchall()
    return Origins(
        models=tuple(
            (msgspec.json.decode(text, type=Provenance) if text else None, int(runs))
            for text, runs in models
        ),
        programs=tuple(Program(*row) for row in programs),
    )
