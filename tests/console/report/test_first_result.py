"""The seeds that lie beside the first result are what its page says of them."""

from pathlib import Path

from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary

SEEDS = Path(__file__).parents[3] / "docs" / "first-result" / "seeds"
PROSE = (
    ("user", "Task: show the date.\nroot@box:~# "),
    (
        "assistant",
        "The date command shows the current date and time.",
    ),
)


def turns(config: str) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in parse_config(config, SeedLibrary(SEEDS)).turns]


def test_they_are_without_problems() -> None:
    told = SeedLibrary(SEEDS).problems()
    assert [problem for problem in told if Path(problem.file).parent == SEEDS] == []


def test_one_prose_turn_stands_first_or_last_and_nothing_else_differs() -> None:
    demonstrations = turns("operator+history+exit+prompt")
    assert turns("prose-first") == [*PROSE, *demonstrations]
    assert turns("prose-last") == [*demonstrations, *PROSE]


def test_the_prompt_is_shown_and_then_missing() -> None:
    assert turns("prompt-shown") == turns("operator+history+exit+prompt")
    assert parse_config("prompt-shown", SeedLibrary(SEEDS)).prompt == ""
