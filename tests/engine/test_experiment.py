import itertools

import msgspec

from engine.experiment import Cell, Condition, Experiment, cells, cross, run_seed, spec_of
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary


def experiment(n: int = 3, seed: int = 7) -> Experiment:
    library = SeedLibrary()
    configs = tuple(parse_config(name, library) for name in ("bare", "false-memories"))
    tasks = (Task(text="show the hostname, then exit."), Task(text="count to three, then exit."))
    template = RunSpec(config=configs[0], task=tasks[0])
    return Experiment(id="x", seed=seed, configs=configs, tasks=tasks, n=n, template=template)


def test_every_config_is_run_n_times_on_every_task() -> None:
    plan = list(cells(experiment()))
    assert len(plan) == len(set(plan)) == 2 * 2 * 3


def test_at_every_moment_the_configs_have_been_run_about_equally_often() -> None:
    counts = [0, 0]
    for cell in cells(experiment(n=10)):
        counts[cell.config] += 1
        assert max(counts) - min(counts) <= 1


def test_raising_n_leaves_the_first_runs_as_they_were() -> None:
    small, large = experiment(n=3), experiment(n=9)
    assert list(cells(small)) == list(itertools.islice(cells(large), 12))
    for cell in cells(small):
        assert spec_of(small, cell) == spec_of(large, cell)


def test_no_two_runs_share_their_dice_and_another_seed_changes_all() -> None:
    one, other = experiment(n=50), experiment(n=50, seed=8)
    plan = list(cells(one))
    seeds = [run_seed(one, cell) for cell in plan]
    others = [run_seed(other, cell) for cell in plan]
    assert len(set(seeds) | set(others)) == 2 * len(plan)


def test_a_runs_dice_do_not_depend_on_what_else_is_planned() -> None:
    both = experiment()
    alone = msgspec.structs.replace(both, configs=both.configs[1:], tasks=both.tasks[1:])
    assert run_seed(alone, Cell(0, 0, 2)) == run_seed(both, Cell(1, 1, 2))


def test_run_seeds_survive_json() -> None:
    planned = experiment()
    seeds = [run_seed(planned, cell) for cell in cells(planned)]
    assert all(seed == int(float(seed)) for seed in seeds)


def test_arms_differ_in_temperature_and_model_and_are_called_by_both() -> None:
    plain = experiment()
    configs, conditions = cross(plain.configs, (0.3, 0.7), ("a/small", "/models/large/"))
    arms = msgspec.structs.replace(plain, configs=configs, conditions=conditions)
    assert len(arms.names) == len(set(arms.names)) == 8
    assert arms.names[0] == f"{plain.configs[0].name} · T 0.3 · small"
    assert arms.names[7] == f"{plain.configs[1].name} · T 0.7 · large"
    assert arms.models == ("a/small", "/models/large/")
    asked = spec_of(arms, Cell(6, 1, 0))
    assert (asked.config, asked.model) == (plain.configs[0], "/models/large/")
    assert asked.sampling.temperature == 0.7
    plan = list(cells(arms))
    assert len({run_seed(arms, cell) for cell in plan}) == len(plan)


def test_one_temperature_and_one_model_are_no_condition() -> None:
    plain = experiment()
    assert cross(plain.configs, (0.5,), ("m",)) == (plain.configs, ())
    assert plain.names == tuple(config.name for config in plain.configs)
    assert plain.condition(1) == Condition()
    assert spec_of(plain, Cell(0, 0, 0)).model == plain.template.model


def test_dice_are_those_of_the_experiments_that_are_kept() -> None:
    """Written down once: a kept experiment goes on only while this is what it was."""
    plain = experiment()
    config = msgspec.structs.replace(plain.configs[0], hash="11" * 32)
    fixed = msgspec.structs.replace(plain, configs=(config,))
    assert run_seed(fixed, Cell(0, 0, 1)) == 1817661332238787
