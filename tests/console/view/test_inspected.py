"""A prompt taken apart token by token."""

from console.view.inspected import Sent, aligned, inspected, texts_of
from console.view.payload import PayloadView
from engine.events import PromptSent, SessionStarted, TokensNamed, TokensSampled
from engine.scrollback import Span, Turn
from tests.console.open import spec
from tests.console.story import drifting

TURNS = (
    Turn("user", "$ ", "seed", "history"),
    Turn("assistant", "ls é", "operator", "", (7, 8, 9)),
)
SENT = Sent(
    turn=2,
    ids=(1, 2, 3, 4, 7, 8, 9, 5),
    texts=("<s>", "You help.", "$", " ", "ls ", "�", "�", "<e>"),
    spans=(
        Span(0, 2, -1, "skeleton"),
        Span(2, 4, 0, "seed"),
        Span(4, 7, 1, "operator"),
        Span(7, 8, -1, "skeleton"),
    ),
    turns=TURNS,
    seed_turns=1,
    seam=4,
    cached=5,
    window=16,
)


def test_every_token_tells_its_turn_role_origin_and_whether_it_was_cached() -> None:
    tokens = list(inspected(SENT).tokens())
    assert tuple(token.id for token in tokens) == SENT.ids
    assert [token.origin for token in tokens[1:5]] == ["skeleton", "seed", "seed", "operator"]
    assert tokens[2].role == "user"
    assert tokens[2].element == "history"
    assert tokens[4].role == "assistant"
    assert tokens[4].turn == 1
    assert [token.cached for token in tokens] == [True] * 5 + [False] * 3


def test_counts_add_up_to_the_prompt() -> None:
    counts = inspected(SENT).counts
    assert sum(count.tokens for count in counts) == len(SENT.ids)
    assert {count.origin: count.tokens for count in counts} == {
        "skeleton": 3, "seed": 2, "operator": 3,
    }  # fmt: skip
    assert counts[0].of_window == 3 / 16


def test_what_the_template_adds_by_itself_is_told_from_what_opens_the_turn_asked_for() -> None:
    (own,) = inspected(SENT).inserted
    assert own.text == "<s>You help."


def test_a_character_of_several_tokens_stands_with_the_last_of_them() -> None:
    assert inspected(SENT).texts(2) == ("ls ", "", "é")


def test_texts_that_do_not_fit_their_turn_stay_as_they_are() -> None:
    assert aligned(("a", "b"), "xyz") == ()
    assert aligned(("a", "�", "b"), "axx") == ()
    assert aligned(("a", "�", "�", "b"), "a漢b") == ("a", "", "漢", "b")


def test_unnamed_ids_have_no_texts() -> None:
    assert texts_of((1, 2), {1: "a"}) == ()


def test_a_character_of_a_turn_is_found_among_the_tokens() -> None:
    shown = inspected(SENT)
    assert shown.place_of(1, 0) == 4
    assert shown.place_of(1, 3) == 6
    assert shown.stretch_at(6) == 2


def test_a_view_gives_every_prompt_of_a_session_as_it_was_sent() -> None:
    view = PayloadView()
    prompts: list[tuple[int, ...]] = []
    for event in drifting(spec()):
        view.apply(event)
        if isinstance(event, PromptSent):
            prompts.append(view.ids)
    assert len(view) == 3
    for index, ids in enumerate(prompts):
        sent = view.sent(index)
        assert sent is not None
        assert sent.ids == ids
        assert sent.wrote.ids
    assert view.index_of(2) == 1
    assert view.sent(7) is None


def test_names_that_were_told_are_the_texts_and_a_new_session_forgets_them() -> None:
    view = PayloadView()
    view.apply(TokensNamed(at=0, ids=(1, 2), texts=("a", "b")))
    view.apply(PromptSent(at=1, turn=1, kept=0, ids=(1, 2), spans=(), seam=0, cached=0, window=0))
    sent = view.sent()
    assert sent is not None
    assert sent.texts == ("a", "b")
    for event in drifting(spec()):
        if isinstance(event, SessionStarted):
            view.apply(event)
    assert not view.asked
    assert view.spec is not None


def test_a_completion_asked_again_begins_anew() -> None:
    view = PayloadView()
    asked = PromptSent(at=1, turn=1, kept=0, ids=(1,), spans=(), seam=0, cached=0, window=0)
    view.apply(asked)
    for position, ids in ((0, (5, 6)), (0, (7,)), (1, (8,))):
        view.apply(
            TokensSampled(
                at=2, turn=1, position=position, ids=ids, texts=("x",) * len(ids),
                logprobs=(-1.0,) * len(ids), times=(2,) * len(ids),
            )
        )  # fmt: skip
    sent = view.sent()
    assert sent is not None
    assert sent.wrote.ids == (7, 8)
