"""Rendering: whatever is switched on, what comes out is a well-formed scrollback."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run import Task
from engine.scrollback import Turn
from engine.seeds.config import configure
from engine.seeds.library import SeedLibrary
from engine.seeds.render import render, task_turn, unanswered, user_text
from engine.seeds.seed import ELEMENTS, PLACEHOLDER, TURN_ELEMENTS, Seed, SeedTurn

PROMPT = "root@box:~# "
BUILT_IN = SeedLibrary(Path("/nonexistent"))


def seed(*turns: SeedTurn, prompt: str = PROMPT) -> Seed:
    return Seed("s", 1, "", prompt, (), turns, "", "s.toml")


def user(text: str, element: str = "history") -> SeedTurn:
    return SeedTurn(element, "user", text)  # type: ignore[arg-type]  # parametrised by name


def typed(text: str, element: str = "history", reasoning: str = "") -> SeedTurn:
    return SeedTurn(element, "assistant", text, reasoning)  # type: ignore[arg-type]  # as above


DEMONSTRATION = seed(
    SeedTurn("system", "system", "A terminal."),
    SeedTurn("instruction", "system", "Type commands."),
    user("Task: show the kernel version."),
    typed("uname -r", reasoning="uname prints it."),
    user("6.1.0"),
    typed("exit", "exit", "Done."),
    user("Task: make a folder."),
    typed("mkdir a"),
    user(""),
    typed("exit", "exit"),
)


def subsets(elements: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for size in range(len(elements) + 1):
        yield from combinations(elements, size)


def told(seed: Seed, *elements: str) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in render(seed, elements)]


def assert_well_formed(turns: tuple[Turn, ...], prompt: str) -> None:
    roles = [turn.role for turn in turns]
    assert "system" not in roles[1:]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    assert spoken == ["user", "assistant"] * (len(spoken) // 2) + ["user"] * (len(spoken) % 2)
    for turn in turns:
        assert turn.text
        assert turn.origin == "seed"
        assert turn.element
        assert PLACEHOLDER not in turn.text
        if turn.role == "user" and prompt:
            assert turn.text.endswith(prompt)
            assert turn.text == prompt or turn.text.endswith("\n" + prompt)


def test_everything_on_reads_like_a_session() -> None:
    assert told(DEMONSTRATION, *ELEMENTS) == [
        ("system", "A terminal.\nType commands."),
        ("user", "Task: show the kernel version.\nroot@box:~# "),
        ("assistant", "<think>uname prints it.</think>\nuname -r"),
        ("user", "6.1.0\nroot@box:~# "),
        ("assistant", "<think>Done.</think>\nexit"),
        ("user", "Task: make a folder.\nroot@box:~# "),
        ("assistant", "mkdir a"),
        ("user", "root@box:~# "),
        ("assistant", "exit"),
    ]


def test_without_exits_the_next_task_follows_the_output_and_the_last_output_is_left_out() -> None:
    assert told(DEMONSTRATION, "history", "prompt") == [
        ("user", "Task: show the kernel version.\nroot@box:~# "),
        ("assistant", "uname -r"),
        ("user", "6.1.0\nTask: make a folder.\nroot@box:~# "),
        ("assistant", "mkdir a"),
    ]


def test_without_the_prompt_it_is_nowhere_and_silence_is_a_blank_line() -> None:
    assert told(DEMONSTRATION, "history", "exit")[-3:] == [
        ("assistant", "mkdir a"),
        ("user", "\n"),
        ("assistant", "exit"),
    ]


def test_exits_without_anything_to_leave_are_left_out() -> None:
    assert told(DEMONSTRATION, "exit", "reasoning", "prompt") == []
    lost = unanswered(DEMONSTRATION, ("exit", "prompt"))
    assert [turn.text for turn in lost] == ["exit", "exit"]


def test_a_turn_of_several_elements_names_them_all() -> None:
    turns = render(DEMONSTRATION, ("system", "instruction"))
    assert [turn.element for turn in turns] == ["system+instruction"]


def test_a_spoken_instruction_stays_where_the_last_output_goes() -> None:
    spoken = seed(user("Task: a."), typed("b"), user("c"), user("Now you.", "instruction"))
    assert told(spoken, "history", "instruction", "prompt")[-1] == ("user", f"Now you.\n{PROMPT}")
    assert told(spoken, "history", "prompt")[-1] == ("assistant", "b")


def test_the_placeholder_is_the_prompt_or_nothing() -> None:
    literal = seed(user("a\n{prompt}ls"))
    assert told(literal, "history", "prompt") == [("user", f"a\n{PROMPT}ls\n{PROMPT}")]
    assert told(literal, "history") == [("user", "a\nls")]


def test_the_task_turn_looks_like_the_demonstrated_ones() -> None:
    task = Task(text="show the kernel version.")
    demonstrated = render(DEMONSTRATION, ("history", "prompt"))[0]
    assert task_turn(task, PROMPT).text == demonstrated.text
    assert task_turn(task, "").text == "Task: show the kernel version."
    assert (task_turn(task, PROMPT).origin, task_turn(task, PROMPT).element) == ("person", "")


@pytest.mark.parametrize(
    ("output", "prompt", "text"),
    [("a", "$ ", "a\n$ "), ("a", "", "a"), ("", "$ ", "$ "), ("", "", "\n")],
)
def test_a_user_turn_is_output_and_prompt(output: str, prompt: str, text: str) -> None:
    assert user_text(output, prompt) == text


@pytest.mark.parametrize("name", BUILT_IN.names())
def test_every_subset_of_every_built_in_is_well_formed(name: str) -> None:
    seed = BUILT_IN.seed(name)
    for elements in subsets(seed.elements):
        config = configure(seed, elements)
        assert_well_formed(config.turns, config.prompt)
        if not config.prompt and seed.prompt:
            assert all(seed.prompt.strip() not in turn.text for turn in config.turns)
        if "reasoning" not in elements:
            assert all("<think>" not in turn.text for turn in config.turns)


@pytest.mark.parametrize("name", BUILT_IN.names())
def test_every_element_of_a_built_in_changes_something(name: str) -> None:
    seed = BUILT_IN.seed(name)
    everything = configure(seed, seed.elements)
    for element in seed.elements:
        without = configure(seed, [other for other in seed.elements if other != element])
        assert without.hash != everything.hash


TURNS = st.builds(
    SeedTurn,
    st.sampled_from(TURN_ELEMENTS),
    st.sampled_from(["user", "assistant"]),
    st.text("ab\n", min_size=1, max_size=4).map(str.strip),
    st.sampled_from(["", "why"]),
).filter(lambda turn: turn.role == "user" or bool(turn.text))


@given(
    st.lists(TURNS, max_size=12),
    st.lists(st.builds(SeedTurn, st.sampled_from(TURN_ELEMENTS), st.just("system"), st.just("s"))),
    st.sets(st.sampled_from(ELEMENTS)),
)
def test_every_subset_of_any_seed_is_well_formed(
    turns: list[SeedTurn], systems: list[SeedTurn], elements: set[str]
) -> None:
    rendered = render(seed(*systems, *turns), elements)
    assert_well_formed(rendered, PROMPT if "prompt" in elements else "")
    if len(rendered) > 1 and rendered[-1].role == "user" and rendered[-2].role == "assistant":
        assert set(rendered[-1].element.split("+")) <= {"system", "instruction"}
