"""Seeds as an experiment recorded them, whatever became of their files since."""

from engine.drift.design import Design, factorial
from engine.experiment import Experiment
from engine.run import Config
from engine.seeds.parse import parse_seed
from engine.seeds.seed import Seed
from engine.tomlfile import TomlFile, parse


def seed_of(config: Config) -> Seed | None:
    """The seed of a config, read from the text that was kept with it; none where that says nothing."""
    file = parse(config.source, f"{config.seed}.toml")
    return parse_seed(file).value if isinstance(file, TomlFile) else None


def names(experiment: Experiment) -> tuple[str, ...]:
    """What the arms are called: a seed with its default elements as the seed is, all others in full."""
    found = []
    for arm, config in enumerate(experiment.configs):
        seed = seed_of(config)
        usual = seed is not None and seed.default == config.elements
        label = experiment.condition(arm).label
        name = config.seed if usual else config.name
        found.append(f"{name} · {label}" if label else name)
    return tuple(found)


def design_of(experiment: Experiment, typed: str) -> Design | None:
    """The design of a factorial that was asked for so; none where its seed cannot be read."""
    name, _, chosen = typed.partition("+")
    of_seed = (config for config in experiment.configs if config.seed == name.strip())
    config = next(of_seed, None)
    seed = seed_of(config) if config is not None else None
    if seed is None:
        return None
    switched = tuple(word.strip() for word in chosen.split("+")) if chosen else seed.elements
    if not set(switched) <= set(seed.elements):
        return None
    always = tuple(each for each in seed.default if each not in switched) if chosen else ()
    try:
        return factorial(switched, always)
    except ValueError:
        return None
