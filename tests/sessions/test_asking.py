"""The query language: what a line means, what cannot be meant, and what it finds."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StoreError
from sessions.asking import FIELDS, read_query
from sessions.library import Library
from sessions.listing import Listing
from sessions.search import Search
from sessions.shelf import Shelf
from sessions.summary import Query, Term
from tests.sessions.many import experiment_of, fill

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("outcome:drift", [Term("outcome", "in", "drift")]),
        ("config=operator", [Term("config", "is", "operator")]),
        ('task:"show the"', [Term("task", "in", "show the")]),
        ("-tag:seen", [Term("tag", "in", "seen", True)]),
        ("tag:*", [Term("tag", "any", "")]),
        ("turns>3", [Term("turns", ">", 3)]),
        ("turns:2..5", [Term("turns", ">=", 2), Term("turns", "<=", 5)]),
        ("turns:..5", [Term("turns", "<=", 5)]),
        ("length>=1.5min", [Term("length", ">=", 90e9)]),
        ("size<2MB", [Term("size", "<", 2e6)]),
        ("age<7d", [Term("age", ">=", "2026-02-22T12:00:00")]),
        ("age>7d", [Term("age", "<", "2026-02-22T12:00:00")]),
        ("turns>", []),
        ("outcome:", []),
    ],
)
def test_a_line_is_terms(text: str, terms: list[Term]) -> None:
    found = read_query(text, NOW)
    assert list(found.terms) == terms
    assert found.words == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uname", "uname"),
        ('uname "not found" hostname', 'uname "not found" hostname'),
        ('"outcome:drift"', '"outcome:drift"'),
        ("http://example.org/x", "http://example.org/x"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_what_is_no_term_is_searched_for(text: str, words: str) -> None:
    found = read_query(text, NOW)
    assert (found.terms, found.words) == ((), words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "There is no field “colour”"),
        ("turns>many", "“many” is nothing that turns can be compared with, like 3"),
        ("length>3parsecs", "like 90s"),
        ("size>big", "like 1MB"),
        ("outcome>drift", "“outcome” is text"),
        ("when:soon", "“soon” is no time"),
        ("when:2026-13", "“2026-13” is no time"),
        ("-turns:2..5", "cannot be turned round"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        read_query(text, NOW)


@given(st.text(max_size=40))
def test_any_line_is_a_query_or_a_sentence(text: str) -> None:
    try:
        found = read_query(text, NOW)
    except StoreError:
        return
    assert all(term.field in FIELDS for term in found.terms)


@pytest.fixture(scope="module")
def library_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty sessions; ten of them are an experiment's, one is tagged, one is in the trash."""
    path = tmp_path_factory.mktemp("many") / "driftty.db"
    ids = fill(path, 40, events=30)
    experiment_of(path, ids[10:20])
    shelf = Shelf(path)
    shelf.tag(ids[3], ["seen", "baseline"])
    shelf.annotate(ids[4], "look again")
    shelf.delete([ids[39]])
    return path


async def found(path: Path, text: str, query: Query | None = None) -> int:
    """How many sessions a line finds; each is what every field of its summary says."""
    asked = Search(path).resolved(query or read_query(text, NOW))
    async with Library.open(path) as library:
        return await library.count(asked)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 39),
        ("outcome:drift", 16),
        ("outcome:drift drift:echo", 8),
        ("drift:narration drift-turn:1", 2),
        ("-drift:*", 23),
        ("config=operator", 20),
        ("config:operator+history+exit", 10),
        ("config:memories", 9),
        ("-config:operator", 19),
        ("task=hostname", 13),
        ("task:LINES", 13),
        ("turns>6", 9),
        ("turns:2..3", 10),
        ("-turns>6", 30),
        ("tag:*", 1),
        ("tag:base", 1),
        ("tag=base", 0),
        ("-tag:seen", 38),
        ("note:again", 1),
        ("experiment:*", 10),
        ("-experiment:*", 29),
        ("length>1.3s", 8),
        ("length<=1s", 1),
        ("rng:42", 39),
        ("temperature:0.7", 39),
        ("temperature>1", 0),
        ("channel=cooked", 39),
        ("when<2025", 0),
        ("why:number", 39),
        ("version:0.1", 39),
        ("when:2026-01-02", 9),
        ("age<9999d", 39),
        ("hostname outcome:clean", 8),
        ('"hostname -s" drift:echo', 8),
        ("no-such-word-anywhere", 0),
    ],
)
async def test_a_line_finds_what_it_says(library_path: Path, text: str, count: int) -> None:
    assert await found(library_path, text) == count


async def test_every_field_can_be_asked_for(library_path: Path) -> None:
    kinds = {"number": "1", "span": "1s", "size": "1kB", "time": "2026", "age": "1d"}
    for name, field in FIELDS.items():
        value = kinds.get(field.kind, "a")
        assert await found(library_path, f"{name}:{value}") >= 0
        assert await found(library_path, f"-{name}:{value}") >= 0


async def test_a_filter_leaves_of_an_experiment_the_runs_that_are_so(library_path: Path) -> None:
    async with Library.open(library_path) as library:
        listed = await Listing(library).listed(read_query("outcome:drift"))
    trials = [key for key in listed.keys if key.kind == "trial"]
    assert [key.runs for key in trials] == [4]
    assert len([key for key in listed.keys if key.kind == "session"]) == 12
    assert listed.sessions == 16


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("outcome:bogus", "No outcome is “bogus”. There is: clean,"),
        ("drift=prose", "No drift is “prose”. There is: narration,"),
        ("-channel:raw", "No channel is “raw”. There is: cooked, fragmented."),
    ],
)
def test_a_value_that_a_field_never_has_is_said_with_those_it_has(typed: str, told: str) -> None:
    with pytest.raises(StoreError, match=told):
        read_query(typed)


@pytest.mark.parametrize("typed", ["outcome:CLEAN", "outcome:dri", "drift=echo", "change:mask"])
def test_a_part_of_a_value_is_enough_so_that_one_may_type_on(typed: str) -> None:
    assert len(read_query(typed).terms) == 1
