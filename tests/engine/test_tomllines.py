import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.tomllines import KeyPath, key_lines

EVERYTHING = '''\
# a comment with [brackets] and key = 1
name = "x" # another
"quoted \\"key\\"" = 'a # b'
'literal key' = 1
dotted.inner . deep = true
text = """
[not a table]
key = 1 \\""" """
raw = \'\'\'
[[nor this]]\'\'\'\'
dates = 1979-05-27 07:32:00
list = [ 1, # comment ]
  "two, ]",
  [3],
  { four = 4, five.six = [
    6,
  ] },
]

[table]
a = 1
[table.sub]
b = 2
[[turn]]
role = "user"
[[turn]] # second
role = "assistant"
[turn.extra]
c = 3
[[turn.part]]
d = 4
[[turn.part]]
d = 5
'''


def paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Every place in a parsed TOML text."""
    found = {path} if path else set()
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found |= paths(inner, (*path, index))
    return found


def test_every_key_and_element_has_the_line_it_stands_on() -> None:
    lines = key_lines(EVERYTHING)
    assert set(lines) == paths(tomllib.loads(EVERYTHING))
    expected: dict[KeyPath, int] = {
        ("name",): 2,
        ('quoted "key"',): 3,
        ("literal key",): 4,
        ("dotted", "inner", "deep"): 5,
        ("text",): 6,
        ("raw",): 9,
        ("dates",): 11,
        ("list", 1): 13,
        ("list", 2, 0): 14,
        ("list", 3, "four"): 15,
        ("list", 3, "five", "six", 0): 16,
        ("table", "a"): 21,
        ("table", "sub", "b"): 23,
        ("turn",): 24,
        ("turn", 0, "role"): 25,
        ("turn", 1): 26,
        ("turn", 1, "role"): 27,
        ("turn", 1, "extra", "c"): 29,
        ("turn", 1, "part", 1): 32,
        ("turn", 1, "part", 1, "d"): 33,
    }
    assert {path: lines[path] for path in expected} == expected


def test_an_escaped_key_is_known_by_what_it_means() -> None:
    assert key_lines('\n"\\u0061\\tb" = 1') == {("a\tb",): 2}


def test_windows_line_ends_count_once() -> None:
    assert key_lines("a = 1\r\nb = 2\r\n") == {("a",): 1, ("b",): 2}


KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
)
SCALARS = st.one_of(
    st.integers(-999, 999),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'


def multiline(text: str) -> str:
    safe = "".join(c for c in text if c in "\n\t" or (c.isprintable() and c not in '"\\'))
    return f'"""\n{safe}\\"""\n"""'


@given(
    st.lists(
        st.dictionaries(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=4),
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_tomllib_reads_is_found_where_it_was_written(
    tables: list[dict[str, Any]], random: Any
) -> None:
    written: list[str] = []
    expected: dict[KeyPath, int] = {}

    def value(item: Any) -> str:
        if isinstance(item, list):
            return "[ " + ", # ]\n ".join(map(value, item)) + "\n]"
        if isinstance(item, bool):
            return str(item).lower()
        if isinstance(item, int):
            return str(item)
        return random.choice([quoted, multiline])(item)

    for index, table in enumerate(tables):
        text = "".join(written)
        expected[("t", index)] = text.count("\n") + 1
        written.append("[[ t ]] # [[t]]\n")
        for key, item in table.items():
            text = "".join(written)
            expected[("t", index, key)] = text.count("\n") + 1
            written.append(f"{quoted(key)} = {value(item)}\n")
    text = "".join(written)
    lines = key_lines(text)
    assert set(lines) == paths(tomllib.loads(text))
    assert {path: lines[path] for path in expected} == expected
