"""Experiments with made-up results, for reports of them."""

from collections.abc import Sequence

from console.factorial import plan_factorial
from engine.drift.result import RunResult
from engine.events import Provenance
from engine.experiment import Experiment, cells
from engine.run import Config, RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from sessions.experiments import Kept, KeptRun, Placement
from sessions.origins import Origins, Program
from tests.sessions.made import PROVENANCE

HOSTILE = "</pre><script>alert(1)</script>\x1b[2J[x](javascript:y) ![i](http://x/y.png) | a ``` b"
"""What a model might write, if it wanted to be obeyed by whoever reads a report."""

TASKS = (
    Task(text="show the hostname, then exit."),
    Task(text="copy a to b, then exit.", name="copy", check="cmp a b"),
)


def experiment(
    configs: Sequence[str] = ("bare", "false-memories"),
    *,
    n: int = 6,
    tasks: Sequence[Task] = TASKS,
    factorial: str = "",
) -> tuple[Experiment, Placement]:
    """A plan of these configs, and of a factorial's."""
    library = SeedLibrary()
    found: list[Config] = [parse_config(name, library) for name in configs]
    if factorial:
        known = {config.hash for config in found}
        planned = plan_factorial(factorial, library).configs
        found += [config for config in planned if config.hash not in known]
    template = RunSpec(config=found[0], task=tasks[0], model="smollm2-135m", turns=8)
    return (
        Experiment(
            id="6abcdefghjkm",
            seed=42,
            configs=tuple(found),
            tasks=tuple(tasks),
            n=n,
            template=template,
        ),
        Placement(factorial=factorial),
    )


def kept(
    planned: Experiment,
    placement: Placement | None = None,
    *,
    clean: Sequence[float] = (),
    finished: float = 1.0,
    fault: str = "",
) -> Kept:
    """Its runs, of which each config has this share clean on every task, in an order of no meaning.

    `finished`: the share of the plan that was run; `fault`: why the very first run broke.
    """
    shares = clean or [at / max(len(planned.configs) - 1, 1) for at in range(len(planned.configs))]
    plan = list(cells(planned))
    runs: list[KeptRun] = []
    for cell in plan[: round(len(plan) * finished)]:
        went = (cell.replicate * 7 + cell.task * 3) % planned.n < shares[cell.config] * planned.n
        broke = bool(fault) and not runs
        runs.append(
            KeptRun(
                RunResult(
                    config=cell.config,
                    task=cell.task,
                    replicate=cell.replicate,
                    outcome="fault" if broke else "clean" if went else "drift",
                    operated=went and not broke,
                    exited=went and not broke,
                    done=went if planned.tasks[cell.task].check else None,
                    drift_turn=None if went or broke else 1 + cell.replicate % 3,
                    drift_kind=None if went or broke else "narration",
                    turns=2 + cell.replicate % 3,
                    tokens=20,
                    took=1_500_000_000,
                    session=f"6s{len(runs):010}",
                    fault=fault if broke else "",
                    margins=(0.9, 0.5) if went else (0.25,),
                ),
                1,
            )
        )
    return Kept(
        experiment=planned,
        began="2026-01-02T03:04:05+00:00",
        placement=placement or Placement(),
        runs=tuple(runs),
    )


def origins(runs: int, provenance: Provenance | None = PROVENANCE) -> Origins:
    """All of one model and one program."""
    return Origins(
        models=((provenance, runs),),
        programs=(Program("0.1.0", "2026-01-02T03:04:05.000+00:00", "2026-01-02T04:05:06", runs),),
    )
