"""What configs are called where there is little room: by what tells each from the others."""

import tomllib
from collections.abc import Sequence

from console.safe import clean_line
from console.tallytable import short
from engine.experiment import Experiment
from engine.seeds.seed import ELEMENTS

SEVERAL = 4
"""Configs of one seed from which on their elements are shown as columns."""
LETTERS_OF_ELEMENT = 3
OFF = "·" * LETTERS_OF_ELEMENT


def names(experiment: Experiment) -> list[str]:
    """Names for sentences: a seed alone where its config is the default one, else what differs.

    Of one config under several conditions, the conditions.
    """
    labels = [name.partition(" · ")[2] for name in experiment.names]
    if len(labels) > 1 and len(set(experiment.configs)) == 1 and all(labels):
        # One config under several conditions, as of a fork: only those tell them apart.
        return [clean_line(label) for label in labels]
    shortened = short(experiment.names)
    found = []
    for arm, name in enumerate(experiment.names):
        config = experiment.configs[arm]
        of_seed = {other.hash for other in experiment.configs if other.seed == config.seed}
        if len(of_seed) == 1 and _is_default(experiment, arm):
            found.append(f"{config.seed} · {labels[arm]}" if labels[arm] else config.seed)
        else:
            found.append(shortened[name])
    return [clean_line(name) for name in found]


def columns(experiment: Experiment, given: Sequence[str]) -> list[str]:
    """Names for tables: of a seed with many configs, which elements are on, in columns.

    `given`: the names for sentences, for all the others.
    """
    found = list(given)
    for seed in {config.seed for config in experiment.configs}:
        arms = [arm for arm, config in enumerate(experiment.configs) if config.seed == seed]
        sets = [set(experiment.configs[arm].elements) for arm in arms]
        varied = [name for name in ELEMENTS if 0 < sum(name in each for each in sets) < len(sets)]
        if len(arms) < SEVERAL or len(varied) < 2:
            continue
        prefix = "" if len(arms) == len(experiment.configs) else f"{seed} "
        for arm, on in zip(arms, sets, strict=True):
            switches = (name[:LETTERS_OF_ELEMENT] if name in on else OFF for name in varied)
            label = experiment.condition(arm).label
            apart = f" · {label}" if label else ""
            found[arm] = clean_line(prefix + " ".join(switches) + apart)
    return found


def _is_default(experiment: Experiment, arm: int) -> bool:
    """By the seed's file, which lies with the config; a broken one has no default."""
    config = experiment.configs[arm]
    try:
        data = tomllib.loads(config.source)
    except tomllib.TOMLDecodeError:
        return False
    default = data.get("default")
    return isinstance(default, list) and set(default) == set(config.elements)
