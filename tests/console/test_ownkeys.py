from pathlib import Path

import pytest

from console.ownkeys import OwnKeys, read_keymap
from engine.errors import SettingsError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keymap.toml"


def test_a_persons_keymap_is_read(path: Path) -> None:
    path.write_text('"run.pause" = "p"\n"app.quit" = "ctrl+q,ctrl+x"\n', encoding="utf-8")
    assert read_keymap(path) == OwnKeys({"run.pause": "p", "app.quit": "ctrl+q,ctrl+x"}, [])


def test_where_there_is_no_file_there_are_no_own_keys(path: Path) -> None:
    assert read_keymap(path) == OwnKeys({}, [])


def test_ids_may_be_written_without_quotes_or_as_a_table(path: Path) -> None:
    path.write_text('run.pause = "p"\n[sessions]\nopen = "o"\n', encoding="utf-8")
    assert read_keymap(path) == OwnKeys({"run.pause": "p", "sessions.open": "o"}, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"run.puase" = "p"', "run.pause"),
        ('"nothing.like.it" = "p"', "F1"),
        ('"run.pause" = "ctrl-p"', "ctrl-p"),
        ('"run.pause" = 3', "quotes"),
        ('"run.pause" = ["p"]', "quotes"),
    ],
)
def test_a_wrong_line_is_a_sentence_and_costs_no_other(path: Path, line: str, said: str) -> None:
    path.write_text(f'{line}\n"run.step" = "k"\n', encoding="utf-8")
    own = read_keymap(path)
    assert own.keys == {"run.step": "k"}
    [wrong] = map(str, own.wrong)
    assert wrong.startswith(str(path))
    assert said in wrong


@pytest.mark.parametrize("content", [b"run.pause = ", b"\xff"])
def test_what_is_no_toml_is_a_sentence_with_the_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"keymap\.toml: the keymap cannot be read"):
        read_keymap(path)
