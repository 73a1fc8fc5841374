import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import PartKind
from engine.prompt.parts import PartParser
from engine.prompt.reasoning import Parts, ResponseParts, part_parser
from engine.run import CommandPolicy

pytestmark = pytest.mark.model

OPENING = "<|im_end|>\n<|im_start|>assistant\n"
TEMPLATE: dict[str, Any] = {
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "thinking": {"open": "<think>", "close": "</think>", "optional": False},
        "tool_calls": {
            "open_pattern": r"<call (?P<name>\w+)>",
            "close": "</call>",
            "content": "json",
            "repeats": True,
            "transform": {"name": "{name}", "arguments": "{content}"},
        },
        "content": {"optional": False},
    },
}


@pytest.fixture(scope="module")
def templated(tokenizer: Any) -> Any:
    """The embedded model's tokenizer as if it said how its reasoning looks."""
    changed = copy.copy(tokenizer)
    changed.response_template = TEMPLATE
    return changed


def closed(parts: Parts, *pieces: str) -> list[tuple[PartKind, str, bool]]:
    deltas = [delta for piece in pieces for delta in parts.feed(piece)] + parts.close()
    return [(d.kind, d.text, d.complete) for d in deltas if d.state == "close"]


def parts(templated: Any, opening: str = OPENING, policy: CommandPolicy = "whole-turn") -> Parts:
    return part_parser(templated, policy, opening)


def test_a_tokenizer_without_a_response_template_gets_think_tags(tokenizer: Any) -> None:
    assert isinstance(part_parser(tokenizer, "first-line", OPENING), PartParser)


def test_a_tokenizer_with_one_has_its_reasoning_told_by_it(templated: Any) -> None:
    made = parts(templated)
    assert isinstance(made, ResponseParts)
    assert closed(made, "<think>\nI look.\n</think>\n# files\nls -l\n\npwd\n") == [
        ("reasoning", "I look.", True),
        ("comment", "# files", True),
        ("line", "ls -l", True),
        ("line", "pwd", True),
    ]


def test_reasoning_may_be_opened_by_the_prompt(templated: Any) -> None:
    made = parts(templated, OPENING + "<think>\n")
    assert closed(made, "I look.", "</think>", "\nls\n") == [
        ("reasoning", "I look.", True),
        ("line", "ls", True),
    ]


def test_reasoning_that_the_end_of_the_completion_closed_is_incomplete(templated: Any) -> None:
    assert closed(parts(templated), "<think>I lo") == [("reasoning", "I lo", False)]
    assert closed(parts(templated), "<think>") == [("reasoning", "", False)]
    assert closed(parts(templated), "<think>a</think>l") == [
        ("reasoning", "a", True),
        ("line", "l", False),
    ]


def test_tags_split_over_tokens_are_tags(templated: Any) -> None:
    assert closed(parts(templated), "<th", "ink", ">a", "</", "think", ">", "ls\n") == [
        ("reasoning", "a", True),
        ("line", "ls", True),
    ]


def test_a_tool_call_that_is_no_json_is_lines_and_no_exception(templated: Any) -> None:
    assert closed(parts(templated), "<call bash>{not json</call>ls\n") == [
        ("line", "{not json", True),
        ("line", "ls", True),
    ]


def test_a_region_ends_the_line_it_begins_in(templated: Any) -> None:
    assert closed(parts(templated), "ls <think>hm</think>pwd\n") == [
        ("line", "ls ", True),
        ("reasoning", "hm", True),
        ("line", "pwd", True),
    ]


def test_first_line_is_served_and_ignores_what_follows(templated: Any) -> None:
    made = parts(templated, policy="first-line")
    deltas = made.feed("<think>a</think>\nls\nrm -r x\n<think>b")
    assert [(d.kind, d.text) for d in deltas if d.state == "close"] == [
        ("reasoning", "a"),
        ("line", "ls"),
    ]
    assert made.line_served
    assert made.feed("more\n") == []
    assert made.close() == []


def test_parts_are_numbered_through_both_kinds(templated: Any) -> None:
    made = parts(templated)
    deltas = made.feed("<think>a</think>\nls\n<think>b</think>pwd\n") + made.close()
    assert [(d.part, d.kind) for d in deltas if d.state == "close"] == [
        (0, "reasoning"),
        (1, "line"),
        (2, "reasoning"),
        (3, "line"),
    ]


PIECES = ["<think>", "</think>", "<thi", "nk>", "</", "\n", " ", "ls -l", "# why", "<call x>", "ü"]


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=16))
def test_parts_do_not_depend_on_how_the_text_was_cut(templated: Any, pieces: list[str]) -> None:
    text = "".join(pieces)
    whole = closed(parts(templated), text)
    assert closed(parts(templated), *pieces) == whole
    assert closed(parts(templated), *text) == whole


def test_text_outside_control_is_not_lost(templated: Any) -> None:
    text = "some text, a </think> nobody opened, and <thi"
    assert closed(parts(templated), text) == [("line", text, False)]
