from collections import Counter

from console.keymap import KEYS, known
from console.panes.footer import ORDER, key_name


def test_ids_are_unique_and_every_footer_entry_exists() -> None:
    ids = Counter(key.id for keys in KEYS.values() for key in keys)
    assert all(count == 1 for count in ids.values())
    assert set(ORDER) <= set(ids)
    assert {key.id for key in known().values() if key.short} == set(ORDER)


def test_no_two_keys_of_one_place_collide() -> None:
    for place, keys in KEYS.items():
        used = Counter(one.strip() for key in keys for one in key.keys.split(","))
        assert all(count == 1 for count in used.values()), place


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
