"""Leaving one turn out."""

import math
from typing import Any

import pytest

from engine.errors import PromptUnsafe
from engine.influence import influences, without
from engine.model.protocol import Scored
from engine.model.scored import Choice, Place
from engine.run import Sampling
from engine.scrollback import Payload, Turn

TURNS = (
    Turn("system", "be a shell", "seed", "system"),
    Turn("user", "$ ", "seed", "history"),
    Turn("assistant", "ls", "seed", "history"),
    Turn("user", "a b\n$ ", "seed", "history"),
    Turn("user", "Task", "person"),
)


class Counting:
    """Says a command is the likelier the more turns there are, and keeps what it was asked."""

    def __init__(self) -> None:
        self.rendered: list[tuple[Turn, ...]] = []
        self.asked: list[dict[str, Any]] = []

    async def render(self, turns: tuple[Turn, ...], seed_turns: int = 0) -> Payload:
        if turns and turns[0].role == "assistant":
            raise PromptUnsafe("The template needs a user turn first.")
        self.rendered.append(turns)
        return Payload(ids=tuple(range(len(turns))), spans=(), seam=0)

    async def score(
        self, prompt: tuple[int, ...], completion: tuple[int, ...], **drawn: Any
    ) -> Scored:
        self.asked.append({"prompt": prompt, "completion": completion, **drawn})
        place = Place(
            entropy=0.0,
            command=len(prompt) / 10,
            alternatives=(),
            choice=Choice(id=0, text="", lead=math.inf),
        )
        return Scored(id=0, tokens=(), after=place, prefilled=len(prompt), took=1)


async def weigh(turns: tuple[Turn, ...], of: int) -> tuple[Counting, list[Any]]:
    model = Counting()
    drawn: dict[str, Any] = {"sampling": Sampling(), "rng": 1, "turn": 1}
    prompt = tuple(range(len(turns)))
    return model, [one async for one in influences(model, prompt, turns, of=of, seam=2, **drawn)]


def test_without_a_turn_its_neighbours_of_one_role_become_one() -> None:
    left = without(TURNS, 2)
    assert [turn.role for turn in left] == ["system", "user", "user"]
    assert left[1].text == "$ \na b\n$ "


def test_without_the_first_or_the_last_the_others_stay_as_they_are() -> None:
    assert without(TURNS, 0) == TURNS[1:]
    assert without(TURNS, 4) == TURNS[:4]


async def test_each_seed_turn_is_weighed_by_what_its_absence_loses() -> None:
    model, found = await weigh(TURNS, 4)
    assert [one.turn for one in found] == [0, 1, 2, 3]
    assert found[0].whole == 0.5
    assert found[0].weight == pytest.approx(0.1)
    assert found[2].weight == pytest.approx(0.2), "its neighbours were made one"
    assert model.asked[0]["seam"] == 2
    assert all(asked["completion"] == () for asked in model.asked)


async def test_a_turn_that_the_template_needs_is_told_and_not_weighed() -> None:
    turns = (Turn("user", "$ ", "seed"), Turn("assistant", "ls", "seed"))
    _, found = await weigh(turns, 2)
    assert found[0].why
    assert found[0].weight == 0
    assert not found[1].why
