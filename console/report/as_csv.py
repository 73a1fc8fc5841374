"""The runs of an experiment as CSV: a line a run, in planned order."""

import csv
import io
from collections.abc import Iterator

from console.report.findings import Findings
from console.safe import clean_line
from engine.experiment import Cell, run_seed

COLUMNS = (
    *("experiment", "arm", "config", "config_hash", "model", "temperature", "task", "replicate"),
    *(
        "rng",
        "outcome",
        "operated",
        "exited",
        "done",
        "drift_turn",
        "drift_kind",
        "turns",
        "tokens",
    ),
    *("seconds", "tries", "session", "margins", "fault"),
)
"""`arm` and `replicate` count from 1; `done` is empty without a check; `margins` are by turn, with
spaces between."""

_FORMULA = ("=", "+", "-", "@", "\t")


def csv_lines(found: Findings) -> Iterator[str]:
    """The table, its head first."""
    yield _line(COLUMNS)
    experiment = found.experiment
    for run in found.kept.runs:
        result = run.result
        config, task = experiment.configs[result.config], experiment.tasks[result.task]
        cell = Cell(result.config, result.task, result.replicate)
        yield _line(
            (
                experiment.id,
                result.config + 1,
                _said(config.name),
                config.hash,
                _said(experiment.model(result.config)),
                f"{experiment.temperature(result.config):g}",
                _said(task.name or task.text),
                result.replicate + 1,
                run_seed(experiment, cell),
                result.outcome,
                _flag(result.operated),
                _flag(result.exited),
                _flag(result.done),
                _or_empty(result.drift_turn),
                result.drift_kind or "",
                result.turns,
                result.tokens,
                f"{result.took / 1e9:.3f}",
                run.tries,
                result.session,
                " ".join(f"{each:.4g}" for each in result.margins),
                _said(result.fault),
            )
        )


def _line(cells: tuple[object, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def _said(text: str) -> str:
    """Free text for a cell: on one line, and no formula to a spreadsheet that opens it."""
    said = clean_line(text)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _flag(value: bool | None) -> str:
    return "" if value is None else "1" if value else "0"


def _or_empty(value: int | None) -> str:
    return "" if value is None else str(value)
