import hashlib
import json
from pathlib import Path

import pytest

from engine.errors import SeedError
from engine.seeds.config import configure, parse_config
from engine.seeds.library import SeedLibrary

SEED = """\
name = "demo"
version = 3
summary = "For tests"
prompt = "$ "
default = ["exit", "history", "prompt"]
[[turn]]
element = "history"
role = "user"
text = "Task: a."
[[turn]]
element = "history"
role = "assistant"
text = "ls"
[[turn]]
element = "history"
role = "user"
text = "x"
[[turn]]
element = "exit"
role = "assistant"
text = "exit"
"""


@pytest.fixture
def library(tmp_path: Path) -> SeedLibrary:
    (tmp_path / "demo.toml").write_text(SEED)
    return SeedLibrary(tmp_path)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("demo", "demo+history+exit+prompt"),
        ("demo+prompt+exit+history", "demo+history+exit+prompt"),
        (" demo + history ", "demo+history"),
        ("demo+history+history", "demo+history"),
        ("demo+none", "demo+none"),
    ],
)
def test_a_config_has_one_name_however_it_was_asked_for(
    library: SeedLibrary, asked: str, name: str
) -> None:
    config = parse_config(asked, library)
    assert config.name == name
    assert parse_config(config.name, library) == config


def test_a_config_carries_what_is_recorded_with_a_run(library: SeedLibrary) -> None:
    config = parse_config("demo", library)
    assert config.seed == "demo"
    assert config.elements == ("history", "exit", "prompt")
    assert config.prompt == "$ "
    assert config.source == SEED
    assert [turn.role for turn in config.turns] == ["user", "assistant", "user", "assistant"]


def test_the_hash_is_over_roles_texts_and_prompt(library: SeedLibrary) -> None:
    config = parse_config("demo", library)
    seen = {
        "prompt": "$ ",
        "turns": [
            ["user", "Task: a.\n$ "],
            ["assistant", "ls"],
            ["user", "x\n$ "],
            ["assistant", "exit"],
        ],
    }
    written = json.dumps(seen, separators=(",", ":"), sort_keys=True).encode()
    assert config.hash == hashlib.sha256(written).hexdigest()
    assert parse_config("demo+history+exit", library).hash != config.hash
    assert parse_config("demo+prompt", library).hash != parse_config("demo+none", library).hash


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("dmeo", 'There is no seed "dmeo": did you mean "demo"?'),
        ("demo+exti", 'There is no element "exti": did you mean "exit"? There is: history, exit'),
        ("demo+recovery", 'The seed "demo" has no element "recovery": there is: history, exit'),
        ("demo+", 'An element is missing in "demo+…"'),
        ("demo+none+exit", '"demo+none" takes no further elements'),
        ("", 'There is no seed ""'),
    ],
)
def test_a_wrong_name_is_refused_with_what_is_right(
    library: SeedLibrary, asked: str, message: str
) -> None:
    with pytest.raises(SeedError) as caught:
        parse_config(asked, library)
    assert str(caught.value).startswith(message)


def test_configuring_twice_gives_equal_configs(library: SeedLibrary) -> None:
    seed = library.seed("demo")
    assert configure(seed, ["exit", "history"]) == configure(seed, ("history", "exit"))
