"""Two prompts compared id by id."""

from random import Random

from msgspec.structs import replace

from console.view.inspectdiff import RUN, TWICE, Difference, difference_lines, differences
from console.view.inspected import Sent, inspected
from engine.scrollback import Span, Turn
from tests.console.story import PROVENANCE

BASE = tuple(range(100))


def test_equal_prompts_do_not_differ() -> None:
    assert differences(BASE, BASE) == ()


def test_what_is_new_at_the_end_is_new() -> None:
    assert differences(BASE, (*BASE, 500, 501)) == (Difference("new", (100, 100), (100, 102)),)


def test_what_is_missing_is_gone() -> None:
    (found,) = differences(BASE, BASE[:40] + BASE[45:])
    assert found.kind == "gone"
    assert found.left == (40, 45)


def test_a_long_run_that_stands_elsewhere_was_moved() -> None:
    moved = BASE[:10] + BASE[30:] + BASE[10:30]
    (found,) = differences(BASE, moved)
    assert found == Difference("moved", (10, 30), (80, 100))


def test_a_run_shorter_than_that_is_gone_and_new() -> None:
    moved = BASE[:10] + BASE[10 + RUN - 1 :] + BASE[10 : 10 + RUN - 1]
    assert {one.kind for one in differences(BASE, moved)} == {"gone", "new"}


def test_what_stands_there_before_already_is_repeated() -> None:
    found = differences(BASE, (*BASE, *BASE[20 : 20 + TWICE], 777))
    assert [(one.kind, one.right, one.also) for one in found] == [
        ("repeated", (100, 100 + TWICE), 20),
        ("new", (100 + TWICE, 101 + TWICE), -1),
    ]


def test_every_id_of_both_is_told_once_or_in_common() -> None:
    random = Random(3)
    for _ in range(60):
        left = [random.randrange(6) for _ in range(random.randrange(60))]
        right = [random.randrange(6) for _ in range(random.randrange(60))]
        found = differences(left, right)
        for side in ("left", "right"):
            told = [place for one in found for place in range(*getattr(one, side))]
            assert len(told) == len(set(told))
        stay_left = _common(left, [one.left for one in found])
        stay_right = _common(right, [one.right for one in found])
        assert stay_left == stay_right


def test_long_prompts_that_differ_in_many_places_are_compared_at_their_common_runs() -> None:
    left = list(range(30_000))
    right = left[:50] + left[60:15_000] + [7] * 5 + left[15_000:29_900] + [8] * 3 + left[29_905:]
    assert [(one.kind, one.left[1] - one.left[0]) for one in differences(left, right)] == [
        ("gone", 10), ("new", 0), ("gone", 5), ("new", 0),
    ]  # fmt: skip


def test_texts_and_owners_of_what_differs_are_told() -> None:
    turns = (Turn("user", "ab", "shell"),)
    left = Sent(turn=1, ids=(1,), texts=("a",), spans=(Span(0, 1, 0, "shell"),), turns=turns)
    right = Sent(turn=2, ids=(1, 2), texts=("a", "b"), spans=(Span(0, 2, 0, "shell"),), turns=turns)
    text = "\n".join(one.text for one in difference_lines(inspected(left), inspected(right)))
    assert "1 token in common; 1 new" in text
    assert "turn 1 · shell" in text
    assert "+ b" in text


def _common(ids: list[int], told: list[tuple[int, int]]) -> list[int]:
    gone = {place for one in told for place in range(*one)}
    return [token for place, token in enumerate(ids) if place not in gone]


def test_prompts_of_two_tokenizers_are_compared_by_their_texts() -> None:
    texts = tuple(f"t{number} " for number in range(30))
    turn = Turn(role="user", text="".join(texts), origin="shell")
    spans = (Span(0, 30, 0, "shell"),)
    one = Sent(
        turn=1, ids=tuple(range(30)), texts=texts, spans=spans, turns=(turn,), provenance=PROVENANCE
    )
    other = replace(
        one, ids=tuple(range(500, 530)), provenance=replace(PROVENANCE, tokenizer="another")
    )
    (same,) = difference_lines(inspected(one), inspected(other))
    assert "the same 30 tokens, text by text" in same.text
    moved = replace(other, texts=texts[10:] + texts[:10])
    told = "\n".join(each.text for each in difference_lines(inspected(one), inspected(moved)))
    assert "10 tokens moved" in told
    assert "another tokenizer" in told
