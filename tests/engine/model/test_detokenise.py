import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from engine.model.detokenise import Detokeniser

TEXTS = [
    "uname -r",
    "  two spaces,\n\n\ttab and  more  ",
    "café naïve Ünïcode",
    "日本語のテキスト and 한국어",
    "👩‍👩‍👧‍👦 family, flag 🇨🇭, skin 👍🏽",
    "a\u0301 combining, \u202e bidi",
    "",
]


def byte_level() -> PreTrainedTokenizerFast:
    """A tokenizer of single bytes: every character beyond ASCII is several tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend)


def sentence_piece() -> PreTrainedTokenizerFast:
    """As Llama 2: a leading ▁ is a space but at the very start, other bytes fall back."""
    pieces = ["▁", *"abcdefghijklmnopqrstuvwxyz-,.", "▁the", "▁un", "am"]
    vocabulary = {"<unk>": 0}
    for piece in [*(f"<0x{byte:02X}>" for byte in range(256)), *pieces]:
        vocabulary[piece] = len(vocabulary)
    merges = [("a", "m"), ("▁", "un"), ("▁", "the")]
    merges = [(left, right) for left, right in merges if left in vocabulary and right in vocabulary]
    backend = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, unk_token="<unk>"))
    backend.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    backend.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend)


@pytest.mark.parametrize("make", [byte_level, sentence_piece])
@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_joined_are_the_text_of_all_ids(make: object, text: str) -> None:
    assert callable(make)
    tokenizer = make()
    ids = tokenizer.encode(text, add_special_tokens=False)
    detokeniser = Detokeniser(tokenizer)
    pieces = [detokeniser.push(token) for token in ids]
    assert "".join(pieces) == tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


def test_a_token_that_ends_inside_a_character_adds_nothing_yet() -> None:
    tokenizer = byte_level()
    detokeniser = Detokeniser(tokenizer)
    ids = tokenizer.encode("é👍!", add_special_tokens=False)
    assert [detokeniser.push(token) for token in ids] == ["", "é", "", "", "", "👍", "!"]


def test_bytes_that_never_become_text_do_not_hold_back_what_follows() -> None:
    tokenizer = byte_level()
    stray = tokenizer.encode("é", add_special_tokens=False)[0]
    letter = tokenizer.encode("x", add_special_tokens=False)[0]
    detokeniser = Detokeniser(tokenizer)
    pieces = [detokeniser.push(token) for token in [stray] * 40]
    assert any(pieces[:10])
    assert detokeniser.push(letter).endswith("x")
