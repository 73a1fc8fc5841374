"""The split of the vocabulary: by examples, by properties, and over a tokenizer's own tokens."""

import string

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.drift.lexicon import lexicon
from engine.model.heads import CommandHeads, heads_of, weight
from tests.engine.model.small_llama import END, START, small_tokenizer

NAMES = sorted(name for name in lexicon().commands if name.isalpha() and name.islower())
INNER = {"in", "then", "do", "done", "else", "elif", "fi", "esac"}


@pytest.mark.parametrize(
    "text",
    [
        "ls",
        " ls",
        "echo",
        "find",
        "cd ",
        "cat <",
        "PATH=",
        "X=1",
        "./",
        "../",
        "/",
        "/etc",
        "~",
        "$(",
        "${",
        "$HOME",
        "((",
        "[[",
        "R",
        "ls\n",
        "sudo apt",
        "wc -",
    ],
)
def test_what_can_only_begin_a_command_counts_whole(text: str) -> None:
    assert weight(text) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "The",
        "I",
        "Sure",
        "To",
        "Here",
        "NOTE",
        "Sure,",
        "```",
        "`",
        "`ls",
        "~~~",
        "<",
        "<think",
        "<|im_end|>",
        "**",
        "-",
        "--help",
        "1",
        "1.",
        "#",
        "$",
        '"',
        "'",
        "//",
        "/*",
        "user:",
        "ls:",
        "�",
        "é",
        "终",
        "in",
        "then",
        "]",
        "|",
        ">",
        "",
        " ",
        "\n",
        "* ",
        "- ",
        "$ ",
        "# ls",
    ],
)
def test_what_begins_no_command_counts_nothing(text: str) -> None:
    assert weight(text) == 0.0


@pytest.mark.parametrize("sign", ["(", "{", "[", "!", ":", ".", " ("])
def test_a_sign_that_begins_commands_and_other_things_counts_half(sign: str) -> None:
    assert weight(sign) == 0.5


def test_a_beginning_counts_the_share_of_commands_among_the_words_that_begin_so() -> None:
    assert 0.8 < weight("un") < 1.0  # uname, uniq, unzip; under, unless
    assert weight("hostn") == 1.0
    assert weight("th") < 0.5  # the, this, that
    assert 0 < weight("w") < weight("k") < 1
    assert weight("zq") == 0.0


@given(st.sampled_from(NAMES), st.data())
def test_every_beginning_of_a_commands_name_counts_something(
    name: str, data: st.DataObject
) -> None:
    beginning = name[: data.draw(st.integers(1, len(name)))]
    assert beginning in INNER or weight(beginning) > 0
    if len(name) > 1 and name not in INNER:
        assert weight(name) == weight(f" {name}") == 1.0


@given(st.text(max_size=12))
def test_the_weight_of_any_text_is_a_share_and_blanks_before_it_do_not_count(text: str) -> None:
    assert 0 <= weight(text) <= 1
    assert weight(f" \t{text}") == weight(text)


@given(
    st.sampled_from(string.ascii_uppercase), st.text(string.ascii_lowercase, min_size=1, max_size=9)
)
def test_a_word_as_it_begins_a_sentence_counts_nothing(capital: str, rest: str) -> None:
    if capital + rest not in lexicon().commands:
        assert weight(capital + rest) == 0.0


def test_a_vocabulary_is_split_by_the_text_of_its_tokens_and_control_tokens_count_nothing() -> None:
    tokenizer = small_tokenizer()
    heads = heads_of(tokenizer)
    (slash,) = tokenizer.encode("/", add_special_tokens=False)
    (capital,) = tokenizer.encode("T", add_special_tokens=False)
    assert heads.weights[slash] == 1.0
    assert heads.weights[capital] == 0.0
    assert heads.weights[START] == heads.weights[END] == 0.0
    assert len(heads.weights) == len(tokenizer)


def test_the_probability_is_that_of_the_tokens_by_their_weights() -> None:
    heads = CommandHeads([1.0, 0.0, 0.5])
    logits = torch.log(torch.tensor([[0.5, 0.2, 0.2, 0.1], [0.0, 1.0, 0.0, 0.0]]))
    found = heads.probability(logits, torch.logsumexp(logits, -1))
    assert found.tolist() == pytest.approx([0.6, 0.0])


def test_tokens_that_the_model_does_not_have_are_left_out() -> None:
    heads = CommandHeads([0.0, 1.0, 1.0, 1.0])
    logits = torch.zeros(1, 2)
    assert heads.probability(logits, torch.logsumexp(logits, -1)).tolist() == pytest.approx([0.5])
