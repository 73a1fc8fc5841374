"""Experiments that can still be read in a damaged store, saved into another.

What was planned and what each cell came to are rows of their own, so they are found in the file's
pages whether or not the recordings are. No chain vouches for them: a row is taken when it makes sense
as a whole, and of several versions the one that knows most.

For one thread: none of this may run on an event loop.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.drift.result import RunResult
from engine.errors import StoreError
from engine.experiment import Experiment
from sessions.experiments import Experiments
from sessions.kept import Kept, KeptRun, Placement, Stretch
from sessions.pages import Pages, Value

_RUN = (
    *("config", "task", "replicate", "tries", "session", "outcome", "operated", "exited", "done"),
    *("drift_turn", "drift_kind", "turns", "tokens", "took", "fault", "margins"),
)
_EXPERIMENT_COLUMNS = (7, 8)
"""In format 3, and since."""
_RUN_COLUMNS = (16, 17)
_STRETCH_COLUMNS = 2 + len(Stretch.__struct_fields__)


class SalvagedExperiment(msgspec.Struct, frozen=True):
    """An experiment that was saved."""

    experiment: str
    runs: int
    """How many of its cells have a result."""


def salvage_experiments(damaged: Path, saved: Path) -> list[SalvagedExperiment]:
    """Save the experiments in the store at `damaged` into the one at `saved`, made where it is not.

    Raises `StoreError` where nothing can be read or written; finding none is no error.
    """
    try:
        pages = Pages(damaged)
    except OSError as error:
        raise StoreError(f"{damaged} cannot be read: {error.strerror or error}.") from error
    planned = _planned(pages)
    runs, stretches = _results(pages, planned)
    kept = [
        msgspec.structs.replace(
            one,
            runs=tuple(run for _, run in sorted(runs.get(number, {}).items())),
            stretches=tuple(each for _, each in sorted(stretches.get(number, {}).items())),
        )
        for number, one in sorted(planned.items())
    ]
    experiments = Experiments(saved)
    for one in kept:
        experiments.bring_in(one)
    return [SalvagedExperiment(one.experiment.id, len(one.runs)) for one in kept]


def _planned(pages: Pages) -> dict[int, Kept]:
    """By number; of several versions of a row, the one with the most replicates, the last of these."""
    found: dict[int, Kept] = {}
    for number, row in pages.rows():
        one = _experiment(row)
        if one is None:
            continue
        before = found.get(number)
        if before is None or one.experiment.n >= before.experiment.n:
            found[number] = one
    return found


def _experiment(row: tuple[Value, ...]) -> Kept | None:
    if len(row) not in _EXPERIMENT_COLUMNS:
        return None
    match row[:7]:
        case (None, str(id_), str(began), str(document), int(n), str(placement), str()):
            try:
                experiment = msgspec.json.decode(document, type=Experiment)
                kept = Kept(
                    experiment=msgspec.structs.replace(experiment, n=n),
                    began=began,
                    placement=msgspec.json.decode(placement, type=Placement),
                    runs=(),
                    dropped=msgspec.json.decode(
                        str(row[7]) if len(row) > 7 else "[]", type=frozenset[int]
                    ),
                )
            except msgspec.DecodeError:
                return None
            return kept if experiment.id == id_ else None
        case _:
            return None


def _results(
    pages: Pages, planned: dict[int, Kept]
) -> tuple[dict[int, dict[tuple[int, int, int], KeptRun]], dict[int, dict[int, Stretch]]]:
    """Of the experiments that were found: runs by replicate, task and config, stretches by place."""
    runs: dict[int, dict[tuple[int, int, int], KeptRun]] = {}
    stretches: dict[int, dict[int, Stretch]] = {}
    for row in pages.records():
        if not row or not isinstance(row[0], int) or row[0] not in planned:
            continue
        number = row[0]
        for place, stretch in _stretch(row):
            before = stretches.get(number, {}).get(place)
            if before is None or stretch.runs >= before.runs:
                stretches.setdefault(number, {})[place] = stretch
        for run in _run(row, planned[number].experiment):
            result = run.result
            cell = (result.replicate, result.task, result.config)
            known = runs.get(number, {}).get(cell)
            if known is None or (result.counts, run.tries) >= (known.result.counts, known.tries):
                runs.setdefault(number, {})[cell] = run
    return runs, stretches


def _run(row: tuple[Value, ...], experiment: Experiment) -> Iterator[KeptRun]:
    """The run that a record is, if it is one and has its place in the plan."""
    if len(row) not in _RUN_COLUMNS:
        return
    fields = dict(zip(_RUN, row[1:], strict=False))
    try:
        margins = msgspec.json.decode(str(fields.pop("margins", "[]")))
        tries = msgspec.convert(fields.pop("tries"), type=int)
        result = msgspec.convert({**fields, "margins": margins}, type=RunResult, strict=False)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return
    if (
        0 <= result.config < len(experiment.configs)
        and 0 <= result.task < len(experiment.tasks)
        and result.replicate >= 0
    ):
        yield KeptRun(result, tries)


def _stretch(row: tuple[Value, ...]) -> Iterator[tuple[int, Stretch]]:
    """The stretch that a record is, with its place, if it is one."""
    if len(row) != _STRETCH_COLUMNS:
        return
    fields = dict(zip(Stretch.__struct_fields__, row[2:], strict=True))
    try:
        yield msgspec.convert(row[1], type=int), msgspec.convert(fields, type=Stretch, strict=False)
    except msgspec.ValidationError:
        return
