import msgspec
import pytest

from console.experiment import numbers
from console.experiment.draft import Draft
from console.experiment.draftlines import matrix_lines, number_lines, plan_lines, task_lines
from console.experiment.numbers import change, typed, words_for
from engine.errors import DrifttyError
from engine.model.catalogue import Listed
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from sessions.kept import Placement
from tests.console.open import spec


def draft(planned: RunSpec | None = None) -> Draft:
    library = TaskLibrary()
    return Draft(planned or spec("operator", "hostname"), SeedLibrary(), library)


def place(drafted: Draft, seed: str) -> int:
    return next(place for place, row in enumerate(drafted.rows) if row.seed == seed)


def plan_text(drafted: Draft) -> str:
    return "\n".join(line.text for line in plan_lines(drafted, None))


def test_it_opens_with_what_operate_has_planned_beside_the_barest() -> None:
    planned = draft(spec("operator+history", "say hello")).planned()
    assert [config.name for config in planned.configs] == ["bare+prompt", "operator+history"]
    assert [task.text for task in planned.tasks] == ["say hello"]
    assert planned.runs == 40


def test_rows_are_taken_left_out_and_switched() -> None:
    made = draft()
    made.take(place(made, "bare"))
    made.toggle(place(made, "operator"), "history")
    made.toggle(place(made, "literal"), "exit")
    names = [config.name for config in made.planned().configs]
    assert names == ["literal+history+prompt", "operator+system+instruction+exit+prompt"]


def test_an_element_that_a_seed_has_not_cannot_be_switched() -> None:
    made = draft()
    before = made.planned()
    made.toggle(place(made, "bare"), "history")
    assert made.planned() == before


def test_a_second_row_of_a_seed_can_be_added_and_removed() -> None:
    made = draft()
    added = made.copy(place(made, "operator"))
    made.toggle(added, "exit")
    assert len(made.planned().configs) == 3
    assert made.remove(added) == added - 1
    assert len(made.planned().configs) == 2
    assert made.remove(place(made, "bare")) == place(made, "bare")
    assert len(made.planned().configs) == 1


def test_configs_that_show_the_model_the_same_are_refused_in_words() -> None:
    made = draft()
    made.copy(place(made, "operator"))
    with pytest.raises(DrifttyError, match="show the model the same"):
        made.planned()
    assert "✗" in plan_text(made)


def test_without_configs_or_tasks_it_says_what_to_choose() -> None:
    made = draft()
    for row in made.rows:
        row.taken = False
    with pytest.raises(DrifttyError, match="at least one config"):
        made.planned()
    made = draft()
    made.chosen = set()
    with pytest.raises(DrifttyError, match="at least one task"):
        made.planned()


def test_a_race_is_between_two_at_least() -> None:
    made = draft()
    for row in made.rows:
        row.taken = False
    made.take(place(made, "bare"))
    made.until_decided = True
    with pytest.raises(DrifttyError, match="race needs two"):
        made.planned()
    made.temperatures = (0.0, 1.0)
    assert len(made.planned().configs) == 2


def test_a_factorial_takes_every_combination_and_says_what_it_can_tell() -> None:
    made = draft()
    made.take(place(made, "bare"))
    row = place(made, "operator")
    made.cross_elements(row)
    for element in ("system", "instruction"):
        made.toggle(row, element)
    planned = made.planned()
    assert planned.typed == "operator+history+exit+prompt"
    assert planned.factorial is not None
    assert len(planned.configs) == len(planned.factorial.configs) == 6
    assert "combinations" in plan_text(made)
    assert "±" in matrix_lines(made, None, 80)[1 + row].text
    made.cross_elements(row)
    assert made.planned().factorial is None


def test_above_four_elements_a_fraction_names_what_it_cannot_tell_apart() -> None:
    made = draft()
    row = place(made, "operator")
    made.cross_elements(row)
    for element in ("recovery", "reasoning"):
        made.toggle(row, element)
    assert "cannot be told from" in plan_text(made)


def test_one_factorial_at_most() -> None:
    made = draft()
    made.cross_elements(place(made, "operator"))
    made.cross_elements(place(made, "literal"))
    assert [row.seed for row in made.rows if row.factorial] == ["literal"]


def test_a_factorial_that_switches_nothing_is_refused() -> None:
    made = draft()
    row = place(made, "literal")
    made.cross_elements(row)
    for element in tuple(made.rows[row].on):
        made.toggle(row, element)
    with pytest.raises(DrifttyError, match="switches no element"):
        made.planned()


def test_temperatures_and_models_are_crossed_with_every_config() -> None:
    made = draft()
    typed(made, "temperature", "0.3, 0.7, 0.3")
    assert made.temperatures == (0.3, 0.7)
    typed(made, "model", "demo, smollm2-135m")
    planned = made.planned()
    assert len(planned.configs) == 2 * 2 * 2
    assert len({condition.label for condition in planned.conditions}) == 4
    assert "T 0.3 · demo" in plan_text(made)


def test_what_is_started_is_what_was_planned() -> None:
    made = draft(spec("operator", "hostname"))
    made.n, made.seed, made.turns, made.until_decided = 7, 9, 5, True
    drafted = made.drafted(Placement(device="cpu"))
    experiment = drafted.experiment
    assert experiment.n == 7
    assert experiment.seed == 9
    assert experiment.template.turns == 5
    assert experiment.template.stuck == "interrupt"
    assert (experiment.template.columns, experiment.template.rows) == (100, 30)
    assert experiment.configs[1] == parse_config("operator", SeedLibrary())
    assert drafted.placement == Placement(device="cpu", until_decided=True)


def test_a_budget_counts_only_where_it_is_run_until_decided() -> None:
    made = draft()
    typed(made, "budget", "30")
    assert made.drafted(Placement()).placement.budget == 0
    assert "in all" not in plan_text(made)
    made.until_decided = True
    assert made.drafted(Placement()).placement.budget == 30
    assert "at most 40 runs, and no more than 30 in all" in plan_text(made)
    change(made, "budget", -1)
    assert made.budget == 0


def test_nobody_is_asked_in_an_experiment() -> None:
    asked = msgspec.structs.replace(spec("operator", "hostname"), stuck="ask")
    assert draft(asked).drafted(Placement()).experiment.template.stuck == "interrupt"


def test_a_task_in_own_words_is_added_once_and_chosen() -> None:
    made = draft()
    before = {made.tasks[each].text for each in made.chosen}
    made.ask(Task(text="dance."))
    made.ask(Task(text="dance."))
    assert {made.tasks[each].text for each in made.chosen} == {*before, "dance."}
    assert sum(task.text == "dance." for task in made.tasks) == 1


def test_a_task_alone_and_a_single_run_are_warned_of() -> None:
    made = draft()
    assert "one task is n = 1 too" in plan_text(made)
    made.n = 1
    assert "n = 1 tells nothing" in plan_text(made)
    made.n = 20
    made.chosen.add(3)
    assert "one task" not in plan_text(made)


def test_more_pairs_need_more_runs() -> None:
    def needed(drafted: Draft) -> int:
        (row,) = [line.text for line in plan_lines(drafted, None) if line.text.startswith("needs")]
        return int(row.split("about n ")[1].split()[0])

    made = draft()
    two = needed(made)
    for seed in ("literal", "imperative"):
        made.take(place(made, seed))
    assert needed(made) > two


@pytest.mark.parametrize(
    ("number", "said"),
    [("n", "0"), ("n", "many"), ("temperature", "3"), ("temperature", "warm"), ("seed", "-1"),
     ("turns", "0"), ("model", " , "), ("model", "no-such-model-here")],
)  # fmt: skip
def test_what_is_no_number_is_refused_and_changes_nothing(number: str, said: str) -> None:
    made = draft()
    before = words_for(made, number)
    with pytest.raises(DrifttyError):
        typed(made, number, said)
    assert words_for(made, number) == before


def test_numbers_are_typed_and_stepped() -> None:
    made = draft()
    for number, said in (("n", "25"), ("seed", "7"), ("turns", "12"), ("temperature", "0.5")):
        typed(made, number, said)
        assert words_for(made, number)[2] == said
        change(made, number, 1)
        change(made, number, -1)
    assert (made.n, made.seed, made.turns, made.temperatures) == (20, 7, 12, (0.5,))
    change(made, "stop", 1)
    assert made.until_decided
    for _ in range(40):
        change(made, "n", -1)
        change(made, "temperature", -1)
        change(made, "turns", -1)
    assert (made.n, made.temperatures, made.turns) == (1, (0.0,), 1)


def test_the_model_is_stepped_through_those_that_are_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = draft()
    there = [
        Listed(name=name, source="local", fetched=name != "c", folder="", bytes=0, licence="")
        for name in ("a", "b", "c")
    ]
    monkeypatch.setattr(numbers, "listing", lambda: there)
    seen = []
    for _ in range(3):
        change(made, "model", 1)
        seen.append(made.models)
    assert seen == [("a",), ("b",), ("a",)]


@pytest.mark.parametrize("width", [37, 50, 76, 120, 190])
def test_no_line_of_the_numbers_or_tasks_is_wrapped(width: int) -> None:
    made = draft()
    drawn = [*task_lines(made, 1, width), *number_lines(made, 0, width)]
    assert all(len(line.text) <= width for line in drawn)


def test_the_matrix_shows_every_seed_with_what_it_has() -> None:
    made = draft()
    head, *rows = (line.text for line in matrix_lines(made, (0, 0), 120))
    assert head.split() == list(made.columns)
    assert len(rows) == len(made.rows)
    operator = rows[place(made, "operator")]
    assert operator.startswith("☑ operator")
    assert operator.count("▣") == 5
    assert operator.count("▢") == 2
    assert rows[place(made, "literal")].startswith("☐ literal")


def test_the_plan_names_default_configs_by_their_seeds() -> None:
    made = draft(spec("operator", "hostname"))
    assert "configs bare, operator" in plan_text(made)
    added = made.copy(place(made, "operator"))
    made.toggle(added, "exit")
    assert "operator+…+exit" in plan_text(made)
    assert "3 pairs, corrected together" in plan_text(made)


def test_what_a_number_means_stands_beneath_what_others_mean() -> None:
    lines = [line.text for line in number_lines(draft(), None, 60)]
    hints = [line.index(words) for words in ("draws every", "at most, a run") for line in lines
             if words in line]  # fmt: skip
    assert len(set(hints)) == 1
    assert all(len(line) <= 60 for line in lines)
