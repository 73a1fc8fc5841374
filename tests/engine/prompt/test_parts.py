from collections.abc import Iterable
from itertools import pairwise
from typing import Any, ClassVar, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import PartKind
from engine.model.protocol import PartDelta
from engine.prompt.parts import PartParser, ReasoningTags
from engine.run import CommandPolicy


class Weighed(str):
    """A text that counts the characters copied from it, or looked at in it."""

    __slots__ = ()
    handled: ClassVar[int] = 0

    @classmethod
    def of(cls, text: str) -> "Weighed":
        cls.handled += len(text)
        return cls(text)

    def __getitem__(self, key: SupportsIndex | slice) -> "Weighed":
        return self.of(super().__getitem__(key))

    def __add__(self, other: str) -> "Weighed":
        return self.of(super().__add__(other))

    def __radd__(self, other: str) -> "Weighed":
        return self.of(other + str(self))

    def lstrip(self, characters: str | None = None) -> "Weighed":
        return self.of(super().lstrip(characters))

    def rstrip(self, characters: str | None = None) -> "Weighed":
        return self.of(super().rstrip(characters))

    def find(self, sought: str, start: Any = 0, stop: Any = None) -> int:
        found = super().find(sought, start, stop)
        Weighed.handled += (found if found >= 0 else len(self)) - int(start or 0)
        return found


Closed = tuple[PartKind, str, bool]


def deltas_of(
    pieces: Iterable[str], policy: CommandPolicy = "whole-turn", opening: str = ""
) -> list[PartDelta]:
    parser = PartParser(policy, opening)
    deltas = [delta for piece in pieces for delta in parser.feed(piece)]
    return deltas + parser.close()


def closed(deltas: Iterable[PartDelta]) -> list[Closed]:
    return [(d.kind, d.text, d.complete) for d in deltas if d.state == "close"]


def parts(text: str, policy: CommandPolicy = "whole-turn", opening: str = "") -> list[Closed]:
    return closed(deltas_of([text], policy, opening))


def test_every_line_is_a_part_and_blank_lines_are_none() -> None:
    assert parts("ls -l\n\n  \t\npwd\n") == [("line", "ls -l", True), ("line", "pwd", True)]


def test_what_the_end_of_the_completion_cut_is_marked_incomplete() -> None:
    assert parts("ls\npw") == [("line", "ls", True), ("line", "pw", False)]
    assert parts("# why") == [("comment", "# why", False)]
    assert parts("<think>because") == [("reasoning", "because", False)]


def test_reasoning_is_what_stands_between_tags_without_them_or_the_space_beside_them() -> None:
    assert parts("<think>\nfirst\n\nthen\n</think>\n\nls\n") == [
        ("reasoning", "first\n\nthen", True),
        ("line", "ls", True),
    ]


def test_a_command_may_follow_the_closing_tag_on_its_line() -> None:
    assert parts("<think>a</think> ls -l\n") == [("reasoning", "a", True), ("line", "ls -l", True)]


def test_several_reasonings_are_several_parts() -> None:
    assert parts("<think>a</think><think>b</think>\nls\n <thinking>c</thinking>\npwd\n") == [
        ("reasoning", "a", True),
        ("reasoning", "b", True),
        ("line", "ls", True),
        ("reasoning", "c", True),
        ("line", "pwd", True),
    ]


@pytest.mark.parametrize("opening", ["<|im_start|>assistant\n<think>\n", "assistant: <think>"])
def test_an_opening_tag_in_the_prompt_begins_the_completion_in_reasoning(opening: str) -> None:
    assert parts("I look.\n</think>\nls\n", opening=opening) == [
        ("reasoning", "I look.", True),
        ("line", "ls", True),
    ]


def test_a_prompt_that_closed_its_reasoning_or_only_mentions_a_tag_opens_nothing() -> None:
    closed_already = "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    assert parts("ls\n", opening=closed_already) == [("line", "ls", True)]
    mentioned = "cat note\n<think>\n<|im_end|>\n<|im_start|>assistant\n"
    assert parts("ls\n", opening=mentioned) == [("line", "ls", True)]


@pytest.mark.parametrize(
    "command",
    [
        'echo "<think>"',
        "echo '<think>' >> notes",
        "grep -r ' <think>' .",
        "sed s/<think>//",
        "ls <think>x</think>",
        "</think>",
        "<thinly> x",
        "<<think>",
    ],
)
def test_a_tag_inside_a_line_is_part_of_the_line(command: str) -> None:
    assert parts(command + "\nls\n") == [("line", command, True), ("line", "ls", True)]


def test_an_opening_tag_inside_reasoning_is_text_and_only_its_own_closing_tag_ends_it() -> None:
    text = "<think>so <think> is a tag, </thinking> too</think>\nls\n"
    assert parts(text) == [
        ("reasoning", "so <think> is a tag, </thinking> too", True),
        ("line", "ls", True),
    ]


def test_what_only_looked_like_a_tag_is_not_lost() -> None:
    assert parts("<thi") == [("line", "<thi", False)]
    assert parts("<thi\n") == [("line", "<thi", True)]
    assert parts("<think>a </thi") == [("reasoning", "a </thi", False)]
    assert parts("<think>a </thi nk</think>") == [("reasoning", "a </thi nk", True)]


def test_reasoning_that_never_got_a_word_is_none_unless_it_was_cut_off() -> None:
    assert parts("<think>\n\n</think>\n\nls\n") == [("line", "ls", True)]
    assert parts("<think>\n") == [("reasoning", "", False)]
    assert parts("", opening="<think>") == [("reasoning", "", False)]


def test_a_shell_comment_is_a_part_of_its_own_kind() -> None:
    assert parts("# where am I\n  # still\npwd # here\n#\n") == [
        ("comment", "# where am I", True),
        ("comment", "  # still", True),
        ("line", "pwd # here", True),
        ("comment", "#", True),
    ]


def test_a_shebang_is_a_line() -> None:
    assert parts("#!/bin/bash\nls\n") == [("line", "#!/bin/bash", True), ("line", "ls", True)]


def test_indentation_stays_and_carriage_returns_go() -> None:
    assert parts("for x in a; do\r\n\t echo $x \r\r\n\rdone\n") == [
        ("line", "for x in a; do", True),
        ("line", "\t echo $x ", True),
        ("line", "done", True),
    ]
    assert parts("printf a\rb\n") == [("line", "printf a\rb", True)]


def test_first_line_is_served_by_the_newline_of_the_first_line_and_ignores_what_follows() -> None:
    parser = PartParser("first-line")
    assert closed(parser.feed("<think>a</think>\n# look\n\nls -l")) == [
        ("reasoning", "a", True),
        ("comment", "# look", True),
    ]
    served_before = parser.line_served
    assert closed(parser.feed("a\n\npwd\nmore")) == [("line", "ls -la", True)]
    assert (served_before, parser.line_served) == (False, True)
    assert parser.feed("rm -r x\n<think>") == []
    assert parser.close() == []


def test_whole_turn_is_never_served() -> None:
    parser = PartParser("whole-turn")
    parser.feed("ls\npwd\n")
    assert not parser.line_served


def test_text_is_shown_as_it_comes_and_only_a_possible_tag_waits() -> None:
    parser = PartParser("first-line")
    assert parser.feed("<thi") == []
    assert [(d.state, d.text) for d in parser.feed("s | cat")] == [
        ("open", ""),
        ("grow", "<this | cat"),
    ]
    assert [(d.state, d.text) for d in parser.feed(" x")] == [("grow", " x")]


def test_other_tags_can_be_named_and_the_longest_that_fits_counts() -> None:
    tags = ReasoningTags(pairs=(("[T", "]"), ("[THINK]", "[/THINK]")))
    parser = PartParser("whole-turn", reasoning=tags)
    deltas = [
        d
        for piece in ("[T", "HINK]", "why]", "[/THINK]", "[T a]", "ls")
        for d in parser.feed(piece)
    ]
    assert closed(deltas + parser.close()) == [
        ("reasoning", "why]", True),
        ("reasoning", "a", True),
        ("line", "ls", False),
    ]


PIECES = ["<think>", "</think>", "<thinking>", "</thinking>", "<thi", "nk>", "</", ">", "#", "!"]
PIECES += ["\n", "\r\n", "\r", " ", "\t", "\n\n", "ls -l", "echo '", "ü", "\u2028", "\x85"]
texts = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
policies = st.sampled_from(["first-line", "whole-turn"])
openings = st.sampled_from(["", "assistant\n<think>\n"])


@given(texts, st.data(), policies, openings)
def test_parts_do_not_depend_on_how_the_text_was_cut(
    text: str, data: st.DataObject, policy: CommandPolicy, opening: str
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]
    whole = closed(deltas_of([text], policy, opening))
    assert closed(deltas_of(pieces, policy, opening)) == whole
    assert closed(deltas_of(list(text), policy, opening)) == whole


@given(texts, openings)
def test_nothing_but_tags_and_blank_space_is_left_out(text: str, opening: str) -> None:
    visible = "".join("".join(part for _, part, _ in parts(text, opening=opening)).split())
    rest = iter("".join(text.split()))
    assert all(character in rest for character in visible), "the parts are the text, in order"
    for tag in ("<think>", "</think>", "<thinking>", "</thinking>"):
        text = text.replace(tag, "")
    if not any(sign in text for sign in "<>"):
        assert [c for c in visible if c not in "<>/thinkg"] == [
            c for c in text if not c.isspace() and c not in "<>/thinkg"
        ]


@given(st.lists(texts, max_size=6), policies)
def test_deltas_open_grow_and_close_one_part_after_another(
    pieces: list[str], policy: CommandPolicy
) -> None:
    grown: list[str] = []
    state, part = "close", -1
    for delta in deltas_of(pieces, policy):
        if delta.state == "open":
            assert state == "close"
            assert delta.part == part + 1
            part, grown = delta.part, []
        else:
            assert state in ("open", "grow")
            assert delta.part == part
        if delta.state == "grow":
            assert delta.text
            grown.append(delta.text)
        if delta.state == "close":
            assert delta.text == "".join(grown)
        state = delta.state
    assert state == "close"


@pytest.mark.parametrize(
    ("unit", "opening", "whole"),
    [
        ("x", "", False),
        ("x", "<think>", False),
        (" ", "", False),
        ("\r", "", False),
        ("# z\n", "", True),
        ("<think>y</think>", "", True),
    ],
)
def test_a_long_text_costs_no_more_a_character_than_a_short_one(
    unit: str, opening: str, whole: bool
) -> None:
    def handled(count: int) -> float:
        Weighed.handled = 0
        deltas_of([Weighed(unit * count)] if whole else [Weighed(unit)] * count, opening=opening)
        assert Weighed.handled >= count
        return Weighed.handled / count

    assert handled(20_000) < 1.1 * handled(1000)
