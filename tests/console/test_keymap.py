import re
from collections import Counter
from pathlib import Path

import pytest

from console.keymap import KEYS, known, read_keymap
from console.panes.footer import ORDER, key_name
from engine.errors import SettingsError


def test_ids_are_unique_and_every_footer_entry_exists() -> None:
    ids = Counter(key.id for keys in KEYS.values() for key in keys)
    assert all(count == 1 for count in ids.values())
    assert set(ORDER) <= set(ids)
    assert {key.id for key in known().values() if key.short} == set(ORDER)


def test_no_two_keys_of_one_place_collide() -> None:
    for place, keys in KEYS.items():
        used = Counter(one.strip() for key in keys for one in key.keys.split(","))
        assert all(count == 1 for count in used.values()), place


def test_a_persons_keymap_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keymap.toml"
    path.write_text('"run.pause" = "p"\n"app.quit" = "ctrl+q,ctrl+x"\n', encoding="utf-8")
    assert read_keymap(path) == {"run.pause": "p", "app.quit": "ctrl+q,ctrl+x"}
    assert read_keymap(tmp_path / "none.toml") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"run.puase" = "p"', "run.puase"),
        ('"run.pause" = "ctrl-p"', "ctrl-p"),
        ('"run.pause" = 3', "int"),
        ("run.pause = ", "keymap"),
    ],
)
def test_a_wrong_keymap_is_a_sentence_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "keymap.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(str(path))) as caught:
        read_keymap(path)
    assert said in str(caught.value)


def test_keys_are_named_as_a_person_reads_them() -> None:
    names = {
        "ctrl+p": "^P",
        "ctrl+right_square_bracket": "^]",
        "enter": "⏎",
        "escape": "esc",
        "f2": "F2",
        "G": "G",
        "shift+tab": "⇧tab",
        "slash": "/",
        "space": "space",
    }
    assert {key: key_name(key) for key in names} == names
