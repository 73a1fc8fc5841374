"""What runs of the embedded model really came to, for pictures: no model is needed to show them."""

from pathlib import Path

import msgspec
from msgspec.structs import replace

from console.experimenting import UnderWay
from engine.drift.result import RunResult
from engine.events import DriftKind, Outcome
from engine.experiment import Cell, Experiment
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from sessions.kept import Kept, KeptRun, Placement
from tests.console.experiment.made import Underway

UNDER_WAY = 24
SECONDS = 512.0
"""All of it took."""


class Recorded(msgspec.Struct, frozen=True):
    """The file beside this one."""

    about: str
    model: str
    seed: int
    turns: int
    n: int
    configs: tuple[str, ...]
    tasks: tuple[Task, ...]
    runs: tuple["Run", ...]


class Run(msgspec.Struct, frozen=True, array_like=True):
    """A run; `took` in milliseconds."""

    config: int
    task: int
    replicate: int
    outcome: Outcome
    done: bool | None
    drift_turn: int | None
    drift_kind: DriftKind | None
    turns: int
    tokens: int
    took: int
    margins: tuple[float, ...]


def recorded() -> Kept:
    """The whole experiment."""
    path = Path(__file__).with_name("recorded.json")
    found = msgspec.json.decode(path.read_bytes(), type=Recorded)
    library = SeedLibrary()
    configs = tuple(parse_config(name, library) for name in found.configs)
    planned = Experiment(
        id="6aj367btd9rn",
        seed=found.seed,
        configs=configs,
        tasks=found.tasks,
        n=found.n,
        template=RunSpec(
            config=configs[0], task=found.tasks[0], model=found.model, turns=found.turns
        ),
    )
    runs = tuple(KeptRun(_result(run), 1) for run in found.runs)
    return Kept(
        experiment=planned, began="2026-11-22T09:32:58+00:00", placement=Placement(), runs=runs
    )


def midway(share: float = 0.75) -> Underway:
    """The experiment when this share of its plan was over, and the next runs under way."""
    whole = recorded()
    over = int(len(whole.runs) * share)
    coming = whole.runs[over : over + UNDER_WAY]
    going = Underway(
        replace(whole, runs=whole.runs[:over]),
        [
            UnderWay(
                Cell(run.result.config, run.result.task, run.result.replicate),
                run.result.session,
                min(run.result.turns, 1 + place % 3),
            )
            for place, run in enumerate(coming)
        ],
    )
    tokens = sum(run.result.tokens for run in whole.runs)
    going.tell(
        seconds=SECONDS * share,
        seconds_left=SECONDS * (1 - share),
        tokens_per_second=tokens / SECONDS,
        at_once=UNDER_WAY,
    )
    return going


def _result(run: Run) -> RunResult:
    return RunResult(
        config=run.config,
        task=run.task,
        replicate=run.replicate,
        outcome=run.outcome,
        operated=run.outcome in ("clean", "no-exit"),
        exited=run.outcome == "clean",
        done=run.done,
        drift_turn=run.drift_turn,
        drift_kind=run.drift_kind,
        turns=run.turns,
        tokens=run.tokens,
        took=run.took * 1_000_000,
        session=f"s-{run.config}-{run.task}-{run.replicate}",
        margins=run.margins,
    )
