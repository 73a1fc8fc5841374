from console.experiment.naming import columns, names
from engine.experiment import Condition
from tests.console.experiment.made import experiment


def test_a_default_config_alone_of_its_seed_is_called_by_the_seed() -> None:
    planned = experiment(("bare", "operator", "literal+history"))
    assert names(planned) == ["bare", "operator", "literal+history"]


def test_configs_of_one_seed_are_called_by_what_differs() -> None:
    planned = experiment(("operator+system+instruction+history", "operator+system+instruction"))
    assert names(planned) == ["operator+…+history", "operator+…"]
    assert columns(planned, names(planned)) == names(planned)


def test_many_of_one_seed_are_columns_of_elements() -> None:
    planned = experiment(
        ("operator+none", "operator+history", "operator+exit+history", "operator+system+history")
    )
    assert columns(planned, names(planned)) == [
        "··· ··· ···",
        "··· his ···",
        "··· his exi",
        "sys his ···",
    ]
    beside = experiment(("bare", *(config.name for config in planned.configs)))
    assert columns(beside, names(beside))[:2] == ["bare", "operator ··· ··· ···"]


def test_arms_under_several_conditions_say_which() -> None:
    conditions = (Condition(temperature=0.3), Condition(temperature=0.7))
    planned = experiment(("operator", "operator"), conditions=conditions)
    first, second = names(planned)
    assert first != second
    assert "T 0.3" in first
    assert "T 0.7" in second


def test_one_config_under_several_conditions_is_called_by_those_alone() -> None:
    conditions = (Condition(temperature=0.3), Condition(temperature=0.7))
    planned = experiment(("operator", "operator"), conditions=conditions)
    assert names(planned) == ["T 0.3", "T 0.7"]
    assert columns(planned, names(planned)) == names(planned)


def test_default_configs_with_several_models_are_called_by_seed_and_model() -> None:
    conditions = tuple(
        Condition(model=model) for model in ("small", "/a/large", "/b/large") for _ in range(2)
    )
    planned = experiment(("bare", "operator") * 3, conditions=conditions)
    assert names(planned) == [
        "bare · small (small)",
        "operator · small (small)",
        "bare · large (/a/large)",
        "operator · large (/a/large)",
        "bare · large (/b/large)",
        "operator · large (/b/large)",
    ]
