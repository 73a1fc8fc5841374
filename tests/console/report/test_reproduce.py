"""The command that a report ends with plans the very same experiment."""

import shlex
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from console.cli import tally
from console.report.findings import Findings, findings
from console.report.reproduce import forked, own_seeds, own_tasks, reproduce
from engine.drift.design import factorial
from engine.experiment import Experiment, cells, cross, run_seed
from engine.run import Sampling, Task
from engine.tasks.library import TaskLibrary
from sessions.experiments import Experiments, Kept, Placement
from tests.console.report.results import experiment, kept


def planned(**changes: Any) -> Findings:
    tasks = (TaskLibrary().task("copy-settings"), Task(text="it's a $HOME `task`, then exit."))
    made, placement = experiment(
        ("bare", "operator+history+exit", "operator"),
        tasks=tasks,
        factorial="operator+history+exit",
    )
    template = msgspec.structs.replace(made.template, **changes.pop("template", {}))
    made = msgspec.structs.replace(made, template=template, **changes)
    return findings(kept(made, placement, finished=0))


def seeds(of: Experiment) -> set[int]:
    return {run_seed(of, cell) for cell in cells(of)}


def rerun(command: str, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """What `driftty tally` keeps, without running it."""

    async def nothing(*_: object, **__: object) -> int:
        return 0

    monkeypatch.setattr(tally, "run_kept", nothing)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["driftty", "tally"]
    ran = CliRunner().invoke(tally.command, words[2:], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return Experiments().read("last")


def test_what_the_script_ran_is_run_again_by_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    found = planned(template={"model": "demo"})
    again = rerun(reproduce(found, dtype="none"), monkeypatch)
    assert again.experiment.models == ("demo",)
    assert seeds(again.experiment) == seeds(found.experiment)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seed": 7, "n": 3},
        {
            "template": {
                "sampling": Sampling(temperature=0.3, top_k=40, max_tokens=80),
                "turns": 4,
                "channel": "fragmented",
                "drift": "continue",
            }
        },
    ],
)
def test_the_same_runs_are_planned_again(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(**changes)
    again = rerun(reproduce(found, "float32"), monkeypatch)
    assert seeds(again.experiment) == seeds(found.experiment)
    assert again.experiment.n == found.experiment.n
    for name in ("sampling", "turns", "channel", "policy", "drift", "stuck", "model", "patience"):
        assert getattr(again.experiment.template, name) == getattr(found.experiment.template, name)
    assert again.placement.dtype == "float32"
    assert again.placement.factorial == "operator+history+exit"


def test_configs_of_the_factorial_are_not_named_again() -> None:
    command = reproduce(planned())
    assert command.count("--config") == 2
    assert "--config bare+prompt" in command
    # Not of the factorial, which leaves the seed's other elements on.
    assert "--config operator+history+exit " in command


def test_arms_at_several_temperatures_are_planned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = experiment(tasks=(Task(text="show the hostname, then exit."),))
    configs, conditions = cross(made.configs, (0.3, 1.0), ())
    made = msgspec.structs.replace(made, configs=configs, conditions=conditions)
    again = rerun(reproduce(findings(kept(made, finished=0))), monkeypatch)
    assert again.experiment.names == made.names
    assert seeds(again.experiment) == seeds(made)


def test_a_race_on_a_device_is_asked_for_again() -> None:
    made, _ = experiment()
    placement = Placement(until_decided=True, device="cuda:0", dtype="bfloat16")
    command = reproduce(findings(kept(made, placement, finished=0)), "float32")
    assert "--until-decided" in command
    assert "--device cuda:0" in command
    assert "--dtype bfloat16" in command


def test_seeds_that_do_not_ship_are_named() -> None:
    found = planned()
    assert own_seeds(found) == ()
    assert not forked(found)
    other = msgspec.structs.replace(found.arms[0].config, source="# mine\n", seed="mine")
    made, placement = experiment()
    made = msgspec.structs.replace(made, configs=(other, made.configs[1]))
    assert own_seeds(findings(kept(made, placement, finished=0))) == ("mine",)


def test_tasks_that_do_not_ship_are_named() -> None:
    shipped = TaskLibrary().task("copy-settings")
    changed = msgspec.structs.replace(shipped, check="true")
    for task, named in ((shipped, ()), (changed, ("copy-settings",)), (Task(text="x"), ())):
        made, placement = experiment(tasks=(task,))
        assert own_tasks(findings(kept(made, placement, finished=0))) == named


def test_the_whole_design_of_the_seed_is_its_factorial() -> None:
    found = planned()
    assert found.design is not None
    assert found.design == factorial(("history", "exit"), found.design.always)
