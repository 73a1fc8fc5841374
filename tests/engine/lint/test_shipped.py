"""What ships passes the rules: every choice of every seed, and what the cooked channel makes."""

from itertools import chain, combinations

from engine.events import ShellState
from engine.lint.finding import Subject
from engine.lint.lint import lint
from engine.run import Task
from engine.scrollback import Turn
from engine.seeds.config import configure
from engine.seeds.library import SeedLibrary
from engine.seeds.render import task_turn
from engine.shell.channel import channel
from engine.shell.observation import Observation

PROMPT = "root@box:~# "


def configs() -> list[tuple[str, tuple[str, ...]]]:
    """Every choice of elements of every seed that ships."""
    library = SeedLibrary()
    return [
        (name, elements)
        for name in library.entries()
        for elements in chain.from_iterable(
            combinations(library.seed(name).elements, count)
            for count in range(len(library.seed(name).elements) + 1)
        )
    ]


def test_the_seeds_that_ship_are_clean_but_for_the_one_that_says_what_it_breaks_on_purpose() -> (
    None
):
    library = SeedLibrary()
    seen: dict[str, set[str]] = {name: set() for name, _ in configs()}
    for name, elements in configs():
        config = configure(library.seed(name), elements)
        subject = Subject(
            turns=(*config.turns, task_turn(Task("list the files"), config.prompt)),
            seed_turns=len(config.turns),
            prompt=config.prompt,
            budget=2000,
        )
        seen[name].update(each.rule for each in lint(subject))
    assert seen == {name: set(library.seed(name).meant) for name in seen}
    assert seen["literal"] == {"literal-role-tags", "roles-alternate"}


def observed(raw: bytes, state: ShellState = "done") -> Observation:
    return Observation(
        command="ls",
        state=state,
        status=0,
        foreground="",
        raw=raw,
        dropped=0,
        began=0,
        took=1,
        nonce="0",
    )


def test_what_the_fragmented_channel_makes_is_found_and_what_the_cooked_one_makes_is_clean() -> (
    None
):
    seen = observed(b"l\x1b[K\rs\x1b[K\r\n\x1b[0m\x1b[01;34mdocs\x1b[0m\r\n")
    task = Turn("user", f"Task: look around\n{PROMPT}", "person")

    def rules(name: str) -> set[str]:
        made = channel("cooked" if name == "cooked" else "fragmented").turns(seen, PROMPT, 2000)
        turns = (task, Turn("assistant", "ls", "operator"), *made)
        return {each.rule for each in lint(Subject(turns=turns, prompt=PROMPT, budget=2000))}

    assert rules("cooked") == set()
    assert "escapes-leaked" in rules("fragmented")
