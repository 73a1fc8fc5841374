"""The list of experiments: how they are called, and how far they are."""

from console.experiment.listing import listed
from sessions.kept import Outline


def outline(*configs: str, runs: int = 30, process: int = 0) -> Outline:
    """Of an experiment with 12 runs of each arm planned."""
    return Outline(
        id="6ajfajhg09wk",
        began="2026-11-22T13:05:00+00:00",
        configs=configs,
        tasks=1,
        n=12,
        runs=runs,
        process=process,
    )


def row(one: Outline, **said: object) -> str:
    over = ("6ajfajhg09wk",) if said.get("over") else ()
    return listed([one], {one.id: "operator is the best"}, "", 0, 200, over)[1].text


def test_one_that_stopped_before_its_plan_was_through_is_marked_so() -> None:
    assert "■ 30/36" in row(outline("bare", "imperative", "operator"))


def test_one_that_was_decided_before_its_plan_was_through_is_over() -> None:
    assert "✓ 30/36" in row(outline("bare", "imperative", "operator"), over=True)


def test_one_of_another_process_names_it() -> None:
    text = row(outline("bare", "operator", process=4711))
    assert "● 30/24" in text
    assert "in process 4711: operator is the best" in text


def test_arms_of_several_models_are_called_by_their_seeds() -> None:
    arms = [f"{config} · {model}" for model in ("a", "b") for config in ("bare+prompt", "operator")]
    assert "bare, operator × 2 conditions" in row(outline(*arms))
