"""A report as one JSON object: everything that the other forms show, and the plan to run it again.

Keys are stable: new ones may come, those that are here keep their names and their meaning as long as
`format` stays. docs/report.md lists them.
"""

from typing import Any

import msgspec

from console.report.errors import aftermath
from console.report.findings import Findings, Pair
from console.report.material import Material
from console.report.reproduce import forked, reproduce
from engine.experiment import Cell, run_seed
from engine.version import VERSION

FORMAT = "driftty-report/1"


def document(found: Findings, material: Material) -> dict[str, Any]:
    """The object."""
    experiment, kept = found.experiment, found.kept
    after = aftermath(kept.settled, material.commands, len(found.arms))
    return {
        "format": FORMAT,
        "driftty": VERSION,
        "experiment": experiment.id,
        "began": kept.began,
        "planned": found.planned,
        "counted": found.settled,
        "plan": msgspec.to_builtins(experiment),
        "placement": msgspec.to_builtins(kept.placement),
        "reproduce": "" if forked(found) else reproduce(found, _dtype(material)),
        "design": None if found.design is None else _design(found),
        "tally": found.tally.to_document(
            experiment.id,
            effects=[effect.to_document() for each in found.effects.values() for effect in each],
        ),
        "arms": [
            {
                "arm": arm.place + 1,
                "name": arm.name,
                "config": arm.config.name,
                "hash": arm.config.hash,
                "tasks": [msgspec.to_builtins(each) for each in arm.tasks],
                "first_drift": [msgspec.to_builtins(each) for each in arm.incidence],
                "margins": [msgspec.to_builtins(each) for each in arm.margins],
                "after_failed": msgspec.to_builtins(after[arm.place].failed),
                "after_succeeded": msgspec.to_builtins(after[arm.place].succeeded),
            }
            for arm in found.arms
        ],
        "pairs": {axis: [_pair(pair) for pair in pairs] for axis, pairs in found.pairs.items()},
        "levers": [
            {"element": name, "axis": axis, **lever.to_document()}
            for axis, levers in found.levers.items()
            for name, lever in levers
        ],
        "provenance": {
            "models": [
                {"runs": runs, "model": None if model is None else msgspec.to_builtins(model)}
                for model, runs in material.origins.models
            ],
            "programs": [msgspec.to_builtins(each) for each in material.origins.programs],
            "stretches": [msgspec.to_builtins(each) for each in kept.stretches],
            "mixture": list(kept.mixture),
            "divergence": material.divergence and material.divergence.to_document(),
        },
        "runs": [_run(found, at) for at in range(len(kept.runs))],
        "examples": [
            {
                "kind": example.kind,
                "session": example.result.session,
                "masked": example.masked,
                "passages": [msgspec.to_builtins(each) for each in example.passages],
            }
            for example in material.examples
        ],
    }


def _dtype(material: Material) -> str:
    found = {each.dtype for each, _ in material.origins.models if each is not None}
    return found.pop() if len(found) == 1 else ""


def _design(found: Findings) -> dict[str, Any]:
    assert found.design is not None
    return {**msgspec.to_builtins(found.design), "sentence": found.design.sentence}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        **pair.tally.to_document(),
        "arms": [place + 1 for place in pair.places],
        "false_discovery_rate_decided": pair.discovered,
        "within_tasks": None if pair.within is None else msgspec.to_builtins(pair.within),
    }


def _run(found: Findings, at: int) -> dict[str, Any]:
    run = found.kept.runs[at]
    result = run.result
    cell = Cell(result.config, result.task, result.replicate)
    return {
        **msgspec.to_builtins(result),
        "tries": run.tries,
        "rng": run_seed(found.experiment, cell),
    }
