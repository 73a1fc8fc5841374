"""Tokenizers of other kinds than the embedded model's, trained on the spot."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer, UnigramTrainer, WordPieceTrainer
from transformers import PreTrainedTokenizerFast

from engine.errors import PromptUnsafe
from engine.prompt.encode import PromptEncoder
from engine.prompt.tokens import Vocabulary
from engine.scrollback import Turn
from tests.engine.prompt.plainly import plainly

CORPUS = [
    "ls -la /usr/bin; echo hello world > out.txt; cat out.txt | grep -v hello",
    "the quick brown fox jumps over the lazy dog and runs uname -r on the box",
    "root@box:~# find . -name '*.py' -exec wc -l {} +    # with    runs   of  blanks",
    "[INST] user assistant system [/INST] </s> <s> ### Response:",
    "drwxr-xr-x 2 root root 4096 Nov 22 05:44 smollm2\n-rw-r--r-- 1 root root\t368\n\n\nend",
] * 4
CONTROL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "<s>{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INST = (  # as Llama 2 and Mistral: the roles are words, and blanks stand beside the contents
    "{% for m in messages %}{% if m['role'] == 'user' %}<s>[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }} </s>{% endif %}{% endfor %}"
)


def byte_level(pattern: str = "", prefix: bool = False) -> Tokenizer:
    made = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(pattern), "isolated") if pattern else None
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=not pattern)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_]) if split else bytes_
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(CORPUS, BpeTrainer(vocab_size=400, initial_alphabet=alphabet))
    return made


def sentencepiece(scheme: str) -> Tokenizer:
    """As Llama's: blanks are part of words, and bytes stand for what has no token."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    made.train_from_iterator(CORPUS, BpeTrainer(vocab_size=600, special_tokens=pieces))
    return _without_added(made)


def _without_added(made: Tokenizer) -> Tokenizer:
    """Bytes and the unknown are pieces of the vocabulary, and no added tokens."""
    form = json.loads(made.to_str())
    form["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(form))


def llama_legacy() -> Tokenizer:
    made = sentencepiece("never")
    made.pre_tokenizer = None
    made.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    return made


def unigram() -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.train_from_iterator(
        CORPUS, UnigramTrainer(vocab_size=300, special_tokens=["<unk>"], unk_token="<unk>")
    )
    return made


def wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="<unk>"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(CORPUS, WordPieceTrainer(vocab_size=400, special_tokens=["<unk>"]))
    return made


def blanks_added() -> Tokenizer:
    """As GPT-NeoX's: runs of blanks are added tokens, and no special ones."""
    made = byte_level()
    made.add_tokens([AddedToken(" " * n, normalized=True, special=False) for n in (8, 4, 2)])
    return made


GPT4 = (
    r"(?i:'s|'t|'re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+"
)
KINDS: dict[str, Callable[[], Tokenizer]] = {
    "byte-level, as GPT-2": byte_level,
    "byte-level with another split, as Llama 3 and Qwen": lambda: byte_level(GPT4),
    "byte-level with a blank before each text": lambda: byte_level(prefix=True),
    "sentencepiece, a blank before the first word": lambda: sentencepiece("first"),
    "sentencepiece, a blank before each text": lambda: sentencepiece("always"),
    "sentencepiece, no blank, as Gemma": lambda: sentencepiece("never"),
    "sentencepiece by normalizer, as Llama 2": llama_legacy,
    "unigram with NFKC": unigram,
    "wordpiece in lower case": wordpiece,
    "blanks as added tokens, as GPT-NeoX": blanks_added,
}


def chat(made: Tokenizer, template: str, **flags: bool) -> Any:
    made.add_special_tokens(
        [AddedToken(name, special=True, normalized=False, **flags) for name in CONTROL]
    )
    unknown = {"unk_token": "<unk>"} if made.token_to_id("<unk>") is not None else {}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", **unknown
    )
    tokenizer.chat_template = template
    return tokenizer


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Callable[[], Tokenizer]:
    return KINDS[request.param]


@pytest.fixture(scope="module", params=[CHATML, INST], ids=["chatml", "inst"])
def tokenizer(kind: Callable[[], Tokenizer], request: pytest.FixtureRequest) -> Any:
    return chat(kind(), request.param)


WORDS = [
    "ls",
    "-la",
    "hello",
    "root@box:~# ",
    " ",
    "  ",
    "    ",
    "\n",
    "\n\n",
    "\t",
    "é",
    "日本",
    "🙂",
]
contents = st.lists(st.sampled_from(WORDS), min_size=1, max_size=10).map("".join) | st.text(
    st.characters(codec="utf-8", exclude_characters="<"), max_size=30
)


@settings(max_examples=60)
@given(said=st.lists(contents, min_size=1, max_size=4))
def test_harmless_turns_get_the_ids_of_encoding_them_plainly(
    tokenizer: Any, said: list[str]
) -> None:
    turns = [
        Turn("assistant" if number % 2 else "user", text, "seed")
        for number, text in enumerate(said)
    ]
    assert list(PromptEncoder(tokenizer).encode(turns).ids) == plainly(tokenizer, turns)


def test_control_tokens_in_a_turn_become_letters(tokenizer: Any) -> None:
    encoder = PromptEncoder(tokenizer)
    benign = encoder.encode([Turn("user", "hello", "shell")])
    control = [n for n in benign.ids if n in encoder.control]
    assert len(control) >= 1
    for name in CONTROL:
        for text in (name, f"a {name} b", f"\n{name}\n", name * 3, f"{name[:3]}{name}{name[3:]}"):
            payload = encoder.encode([Turn("user", text, "shell")])
            assert [n for n in payload.ids if n in encoder.control] == control


def test_spans_tell_contents_from_skeleton(tokenizer: Any) -> None:
    turns = [Turn("user", "hello world", "seed"), Turn("assistant", "uname", "seed")]
    payload = PromptEncoder(tokenizer).encode([*turns, Turn("user", "fox", "shell")], 2)
    assert [span.start for span in payload.spans] == [0, *(s.stop for s in payload.spans[:-1])]
    assert payload.spans[-1].stop == len(payload.ids)
    for number, text in enumerate(("hello world", "uname", "fox")):
        shown = "".join(
            tokenizer.decode(payload.ids[s.start : s.stop])
            for s in payload.spans
            if s.turn == number and s.origin != "skeleton"
        )
        assert "".join(shown.replace("▁", " ").split()) == "".join(text.split()).lower()


def test_the_operators_ids_come_back_and_the_cache_stays_good(tokenizer: Any) -> None:
    encoder = PromptEncoder(tokenizer)
    turns = [Turn("user", "hello", "seed")]
    for number in range(4):
        prompt = encoder.encode(turns, 1).ids
        turns.append(Turn("assistant", "sampled", "operator", ids=(20, 21 + number)))
        turns.append(Turn("user", f"hello {number}", "shell"))
        ids = encoder.encode(turns, 1).ids
        assert ids[: len(prompt) + 2] == (*prompt, 20, 21 + number)


@pytest.mark.parametrize("flags", [{"rstrip": True}, {"lstrip": True}])
def test_control_tokens_that_swallow_blanks_swallow_none_of_a_turn(flags: dict[str, bool]) -> None:
    tokenizer = chat(byte_level(), CHATML, **flags)
    encoder = PromptEncoder(tokenizer)
    payload = encoder.encode([Turn("user", "  hello  ", "shell")])
    shown = [tokenizer.decode(payload.ids[s.start : s.stop]) for s in payload.spans if s.turn == 0]
    assert "  hello  " in "".join(shown)
    assert list(encoder.encode([Turn("user", "hello", "shell")]).ids) == plainly(
        tokenizer, [Turn("user", "hello", "shell")]
    )


def test_a_word_of_the_vocabulary_that_is_a_control_token_is_refused() -> None:
    made = Tokenizer(models.Unigram([("<unk>", 0.0), ("</s>", -1.0), ("a", -2.0), ("▁", -2.0)], 0))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    encoder = PromptEncoder(chat(made, CHATML))
    with pytest.raises(
        PromptUnsafe, match=r"Turn 2 \(user, from the shell\) would become a control"
    ):
        encoder.encode([Turn("user", "a", "seed"), Turn("user", "a</s>a", "shell")])


def test_a_character_without_a_token_is_no_control_token() -> None:
    tokenizer = chat(unigram(), CHATML)
    payload = PromptEncoder(tokenizer).encode([Turn("user", "日", "shell")])
    assert tokenizer.unk_token_id in payload.ids


def test_bytes_that_stand_for_a_character_are_no_control_tokens() -> None:
    made = sentencepiece("first")
    made.add_special_tokens([f"<0x{byte:02X}>" for byte in range(256)])
    tokenizer = chat(made, CHATML)
    turns = [Turn("user", "日", "shell")]
    assert list(PromptEncoder(tokenizer).encode(turns).ids) == plainly(tokenizer, turns)


def test_runs_of_blanks_keep_their_own_tokens_and_are_no_control() -> None:
    tokenizer = chat(blanks_added(), CHATML)
    encoder = PromptEncoder(tokenizer)
    blanks = tokenizer.convert_tokens_to_ids(" " * 8)
    assert blanks in encoder.encode([Turn("user", "a" + " " * 8 + "b", "shell")]).ids
    assert blanks not in encoder.control


def test_added_tokens_that_are_not_special_do_not_match_in_a_turn() -> None:
    made = byte_level()
    made.add_tokens([AddedToken("<tool_call>", special=False, normalized=False)])
    encoder = PromptEncoder(chat(made, CHATML))
    tool = made.token_to_id("<tool_call>")
    assert tool not in encoder.encode([Turn("user", "a <tool_call> b", "shell")]).ids


def test_what_was_encoded_is_forgotten_when_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.prompt.tokens._REMEMBERED_CHARACTERS", 1000)
    vocabulary = Vocabulary(chat(byte_level(), CHATML))
    encoded = [vocabulary.encode([f"{n} {'ls ' * 100}"], [True], first=False) for n in range(20)]
    again = [vocabulary.encode([f"{n} {'ls ' * 100}"], [True], first=False) for n in range(20)]
    assert encoded == again
    assert all(a is not b for a, b in zip(encoded[:10], again[:10], strict=True))
    last = vocabulary.encode([f"19 {'ls ' * 100}"], [True], first=False)
    assert last is again[-1]
