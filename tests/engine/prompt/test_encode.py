from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.prompt.encode import PromptEncoder
from engine.prompt.tokens import Encoded, Vocabulary
from engine.scrollback import Payload, Span, Turn
from tests.engine.drift.corpus import own_model_lines
from tests.engine.prompt.plainly import plainly, with_template

pytestmark = pytest.mark.model

SEED = (
    Turn("system", "You are a shell.", "seed", "system"),
    Turn("user", "Task: say hi\nroot@box:~# ", "seed", "history"),
    Turn("assistant", "echo hi", "seed", "history"),
)
LIFE = (
    Turn("user", "hi\nroot@box:~# ", "shell"),
    Turn("assistant", "uname -r", "operator", ids=(333, 444, 555)),
    Turn("user", "6.1.0-18-amd64\nroot@box:~# ", "shell"),
    Turn("user", "go on", "person"),
)


@pytest.fixture(scope="module")
def encoder(tokenizer: Any) -> PromptEncoder:
    return PromptEncoder(tokenizer, window=8192)


def texts(tokenizer: Any, payload: Payload) -> list[tuple[int, str, str]]:
    return [
        (span.turn, span.origin, tokenizer.decode(payload.ids[span.start : span.stop]))
        for span in payload.spans
    ]


def test_every_token_is_told_its_turn_and_origin(tokenizer: Any, encoder: PromptEncoder) -> None:
    payload = encoder.encode((*SEED, *LIFE), seed_turns=3)
    end = "<|im_end|>\n"
    assert texts(tokenizer, payload) == [
        (0, "skeleton", "<|im_start|>system\n"),
        (0, "seed", "You are a shell."),
        (0, "skeleton", end),
        (1, "skeleton", "<|im_start|>user\n"),
        (1, "seed", "Task: say hi\nroot@box:~# "),
        (1, "skeleton", end),
        (2, "skeleton", "<|im_start|>assistant\n"),
        (2, "seed", "echo hi"),
        (2, "skeleton", end),
        (3, "skeleton", "<|im_start|>user\n"),
        (3, "shell", "hi\nroot@box:~# "),
        (3, "skeleton", end),
        (4, "skeleton", "<|im_start|>assistant\n"),
        (4, "operator", tokenizer.decode((333, 444, 555))),
        (4, "skeleton", end),
        (5, "skeleton", "<|im_start|>user\n"),
        (5, "shell", "6.1.0-18-amd64\nroot@box:~# "),
        (5, "skeleton", end),
        (6, "skeleton", "<|im_start|>user\n"),
        (6, "person", "go on"),
        (6, "skeleton", end),
        (-1, "skeleton", "<|im_start|>assistant\n"),
    ]
    assert payload.window == 8192


def test_spans_cover_the_ids_without_gaps(encoder: PromptEncoder) -> None:
    payload = encoder.encode((*SEED, *LIFE))
    assert payload.spans[0].start == 0
    assert payload.spans[-1].stop == len(payload.ids)
    for before, after in zip(payload.spans, payload.spans[1:], strict=False):
        assert before.start < before.stop == after.start


def test_a_system_message_of_the_templates_own_belongs_to_no_turn(
    tokenizer: Any, encoder: PromptEncoder
) -> None:
    payload = encoder.encode([Turn("user", "ls", "shell")])
    turn, origin, text = texts(tokenizer, payload)[0]
    assert (turn, origin) == (-1, "skeleton")
    assert text.startswith("<|im_start|>system\nYou are a helpful AI assistant")
    assert text.endswith("<|im_end|>\n")
    assert texts(tokenizer, payload)[1] == (0, "skeleton", "<|im_start|>user\n")


@pytest.mark.parametrize("seed_turns", [0, 1, 2, 3])
def test_the_seam_is_where_the_seeds_last_turn_is_closed(
    tokenizer: Any, encoder: PromptEncoder, seed_turns: int
) -> None:
    payload = encoder.encode((*SEED, *LIFE), seed_turns)
    alone = (
        tokenizer.apply_chat_template(
            [{"role": turn.role, "content": turn.text} for turn in SEED[:seed_turns]],
            return_dict=False,
        )
        if seed_turns
        else []
    )
    assert list(payload.ids[: payload.seam]) == alone


def test_the_seam_of_a_seed_without_turns_is_after_what_the_template_adds(
    tokenizer: Any, encoder: PromptEncoder
) -> None:
    payload = encoder.encode([Turn("user", "ls", "shell")], seed_turns=0)
    assert payload.seam == payload.spans[0].stop


def test_the_seam_of_a_seed_alone_is_before_the_generation_prompt(
    tokenizer: Any, encoder: PromptEncoder
) -> None:
    payload = encoder.encode(SEED, seed_turns=3)
    assert tokenizer.decode(payload.ids[payload.seam :]) == "<|im_start|>assistant\n"


def test_the_operators_own_turns_go_back_as_the_ids_it_sampled(encoder: PromptEncoder) -> None:
    odd = (31, 31, 31, 7000, 1)
    payload = encoder.encode(
        [Turn("user", "a", "shell"), Turn("assistant", "x", "operator", ids=odd)]
    )
    span = next(span for span in payload.spans if span.origin == "operator")
    assert payload.ids[span.start : span.stop] == odd


def test_ids_that_the_model_does_not_have_are_refused(encoder: PromptEncoder) -> None:
    turns = [Turn("user", "a", "shell"), Turn("assistant", "x", "operator", ids=(5, 49152))]
    with pytest.raises(
        ModelError, match=r"Turn 2 \(assistant, from the operator\) holds a token id"
    ):
        encoder.encode(turns)


def test_what_a_completion_leaves_in_the_cache_begins_the_next_prompt(
    encoder: PromptEncoder,
) -> None:
    turns = [*SEED, LIFE[0]]
    for number in range(6):
        prompt = encoder.encode(turns, 3).ids
        sampled = (100 + number, 200, 300 + number)
        turns.append(Turn("assistant", "as sampled", "operator", ids=sampled))
        turns.append(Turn("user", f"output {number}\nroot@box:~# ", "shell"))
        after = encoder.encode(turns, 3).ids
        assert after[: len(prompt) + 3] == prompt + sampled


def test_each_scrollback_is_the_beginning_of_the_next_but_for_the_generation_prompt(
    encoder: PromptEncoder,
) -> None:
    turns = (*SEED, *LIFE)
    for length in range(1, len(turns)):
        payload = encoder.encode(turns[:length])
        kept = payload.spans[-1].start
        assert payload.spans[-1].turn == -1
        assert encoder.encode(turns[: length + 1]).ids[:kept] == payload.ids[:kept]


contents = st.text(max_size=60) | st.lists(
    st.sampled_from(
        ["ls -la", "root@box:~# ", "\n", "\n\n", " ", "\t", "  ", "🙂", "é", "日本", "$", "#"]
    ),
    max_size=12,
).map("".join)
conversations = st.lists(contents, min_size=1, max_size=5)


@settings(max_examples=150)
@given(conversations)
def test_harmless_turns_get_the_ids_of_encoding_them_plainly(
    tokenizer: Any, encoder: PromptEncoder, said: list[str]
) -> None:
    turns = [
        Turn("assistant" if number % 2 else "user", text, "seed")
        for number, text in enumerate(said)
    ]
    assert list(encoder.encode(turns).ids) == plainly(tokenizer, turns)


def test_what_a_model_wrote_gets_the_ids_of_encoding_it_plainly(
    tokenizer: Any, encoder: PromptEncoder
) -> None:
    written = own_model_lines()
    assert len(written) > 300
    for each in written:
        turns = [Turn("user", each.after, "seed"), Turn("assistant", each.line, "seed")]
        assert list(encoder.encode(turns).ids) == plainly(tokenizer, turns)


def test_half_a_character_is_refused_by_name(encoder: PromptEncoder) -> None:
    with pytest.raises(ModelError, match=r"Turn 1 \(user, from the shell\) holds half a character"):
        encoder.encode([Turn("user", "a\ud800b", "shell")])


def test_no_turns_at_all_are_refused_in_a_sentence(encoder: PromptEncoder) -> None:
    with pytest.raises(ModelError, match=r"The chat template refuses turns .* none at all"):
        encoder.encode([])


def test_a_model_without_a_chat_template_is_refused_in_a_sentence(tokenizer: Any) -> None:
    class Bare:
        chat_template = None

    with pytest.raises(ModelError, match="no chat template"):
        PromptEncoder(Bare())  # type: ignore[arg-type]  # it is no tokenizer: that is the point


def test_several_chat_templates_without_a_default_are_refused_in_a_sentence(tokenizer: Any) -> None:
    several = with_template(tokenizer, "")
    several.chat_template = {"rag": tokenizer.chat_template, "tool": tokenizer.chat_template}
    with pytest.raises(ModelError, match="several chat templates and none is its default"):
        PromptEncoder(several)
    several.chat_template["default"] = tokenizer.chat_template
    assert PromptEncoder(several).encode(SEED) == PromptEncoder(tokenizer).encode(SEED)


def test_a_tokenizer_without_a_fast_form_is_refused_in_a_sentence() -> None:
    class Slow:
        chat_template = "{{ messages }}"

    with pytest.raises(ModelError, match="Slow has no fast form"):
        PromptEncoder(Slow())  # type: ignore[arg-type]  # it is no tokenizer: that is the point


def test_a_scrollback_that_grows_is_not_encoded_anew(
    tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, given = Vocabulary._encode, 0

    def counting(self: Vocabulary, chunks: Sequence[str], *rest: Any) -> Encoded:
        nonlocal given
        given += sum(map(len, chunks))
        return encode(self, chunks, *rest)

    monkeypatch.setattr(Vocabulary, "_encode", counting)
    encoder = PromptEncoder(tokenizer)
    turns = [Turn("user", "Task: look around\nroot@box:~# ", "seed")]
    took: list[int] = []
    for number in range(15):
        turns.append(Turn("assistant", "ls", "operator", ids=(5, 6, 7)))
        turns.append(Turn("user", f"file {number}\n" * 200 + "root@box:~# ", "shell"))
        given = 0
        encoder.encode(turns, 1)
        took.append(given)
    assert min(took) > 200, "what is new is encoded"
    assert max(took) < 3 * len(turns[-1].text), "and what is old is not"


def test_the_opening_is_the_text_before_the_completions_first_token(encoder: PromptEncoder) -> None:
    assert encoder.opening(SEED) == "<|im_end|>\n<|im_start|>assistant\n"


def test_payloads_are_values_that_can_be_sent(encoder: PromptEncoder) -> None:
    payload = encoder.encode(SEED, 3)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(payload), type=Payload) == payload
    assert all(isinstance(span, Span) for span in payload.spans)
