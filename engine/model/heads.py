"""Which tokens can begin a command: the vocabulary, split once, and the probability on that side.

At a place where a line can begin (`engine.model.linestart`), the probability that a command does is
that of the tokens that can begin one: each token's own probability, before penalty, temperature and
truncation, times how far the token speaks for a command, from 0 to 1. That number follows from the
token's text alone, blanks before it left out, by the words and shapes that judge whole lines:

- A token in which a first word ends (`ls -`, `cd /`, `X=`) counts 1 where that word is a command's
  name, a word of the shell's language that begins one, an assignment, a path or an expansion. What
  lines are told from commands by counts 0, whatever follows: a fence, an inline quotation, a list, an
  option, a role tag, a comment, a prompt (`$ `, and `$` alone, by which a prompt is repeated more often
  than an expansion is begun).
- A token that is a command's name of two characters at least counts 1, English word or not: `find`
  begins a command, though a line that begins with it is not yet one.
- A token that more letters must follow before it is a word (`un` of `uname`, a bare letter) counts
  the share of commands among all words known that begin with it: `un` .9, `w` .5. It is not a command
  alone, and only lower-case words are asked, as sentences begin with a capital.
- A capital counts only in a command's name or an assignment (`R`, `PATH=`): `The`, `I`, `Sure` are 0,
  and so is the name of an assignment whose `=` is another token.
- A sign alone that begins commands and other things as well, `(` `{` `[` `!` `:` `.`, counts ½.
- Blanks, control tokens and incomplete characters count 0. After a blank, the next token is weighed.

So the number is a graded signal and no promise: a first token that can begin a command need not have
begun one, and the words known are not all there are.
"""

import re
from bisect import bisect_left
from functools import cache
from typing import Any

import torch

from engine.drift import shapes
from engine.drift.lexicon import lexicon
from engine.drift.words import words

_WORD = re.compile(r"[a-z][a-z0-9._+-]*")
"""A whole token of the characters that names of commands are made of."""
_ENDED = re.compile(r"[\s;|&<>()=]")
"""What ends a first word, or makes it an assignment."""
_FORMS = (shapes.CONTROL, shapes.MARKDOWN, shapes.ECHO, shapes.CODE)
_SHELL_SIGNS = re.compile(r"(?:~|\.{1,2})?/[\w.]*|~|\.\.|\$(?:[A-Za-z_]\w*|[({].*)|\(\(|\[\[ ?")
"""A path, a home, an expansion, a test or arithmetic."""
_BOTH = frozenset(("(", "{", "[", "!", ":", "."))
"""Signs that begin a command, and other things as well."""
_INNER = frozenset(("in", "then", "do", "done", "else", "elif", "fi", "esac"))
"""Words of the shell's language that begin no command."""


class CommandHeads:
    """How far each token of a vocabulary speaks for a command."""

    def __init__(self, weights: list[float]) -> None:
        """`weights`: one for each id, from 0 to 1; ids beyond them count 0."""
        self.weights = weights
        self._on: dict[tuple[torch.device, int], tuple[torch.Tensor, torch.Tensor]] = {}

    def probability(self, logits: torch.Tensor, normaliser: torch.Tensor) -> torch.Tensor:
        """Of a command, in each row of `logits: [rows, vocabulary]`, float32; `normaliser: [rows]`
        is their log-sum-exp."""
        ids, weights = self._placed(logits.device, logits.shape[-1])
        shares = torch.exp(logits.index_select(-1, ids) - normaliser[:, None])
        return (shares @ weights).clamp_(0.0, 1.0)

    def _placed(self, device: torch.device, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The ids that count at all, and their weights, on a device.

        A tokenizer may have tokens that its model does not: those from `size` on are left out.
        """
        if (device, size) not in self._on:
            counting = [(token, each) for token, each in enumerate(self.weights[:size]) if each]
            self._on[device, size] = (
                torch.tensor([token for token, _ in counting], dtype=torch.long, device=device),
                torch.tensor([each for _, each in counting], dtype=torch.float32, device=device),
            )
        return self._on[device, size]


def heads_of(tokenizer: Any) -> CommandHeads:
    """Split the vocabulary of a tokenizer of transformers; a tenth of a second for 50,000 tokens."""
    special = set(tokenizer.added_tokens_decoder)
    tokens = [[token] for token in range(len(tokenizer))]
    texts = tokenizer.backend_tokenizer.decode_batch(tokens, skip_special_tokens=False)
    return CommandHeads(
        [0.0 if token in special else weight(text) for token, text in enumerate(texts)]
    )


def weight(text: str) -> float:
    """How far a token with this text speaks for a command, where a line begins with it."""
    text = text.lstrip()
    if not text or not text[0].isascii() or "\ufffd" in text:
        return 0.0
    if _WORD.fullmatch(text):
        return _share(text)
    if text[0].isalnum():
        return _ended(text)
    return _signs(text)


def _share(text: str) -> float:
    """Of a lower-case token that may be a whole word or the beginning of one."""
    if text in _INNER:
        return 0.0
    if len(text) > 1 and text in lexicon().commands:
        return 1.0
    commands, others = _known()
    could = _beginning(commands, text)
    return could / (could + _beginning(others, text)) if could else 0.0


def _ended(text: str) -> float:
    """Of a token that begins with a letter or digit and is not one lower-case word."""
    if not _ENDED.search(text):
        return float(text in lexicon().commands)
    kind = words(text).head_kind
    return float(kind in ("assignment", "known", "verb", "keyword") and not _told(text))


def _signs(text: str) -> float:
    """Of a token that begins with a sign."""
    if text.rstrip() in _BOTH:
        return 0.5
    return float(bool(_SHELL_SIGNS.fullmatch(text)))


def _told(text: str) -> bool:
    """Whether the token's form says already that the line is none for the shell."""
    return bool(
        shapes.FENCE.match(text)
        or shapes.PROMPT.match(text)
        or shapes.CONTROL_ANYWHERE.search(text)
        or any(shapes.find(form, text) for form in _FORMS)
    )


@cache
def _known() -> tuple[list[str], list[str]]:
    """Commands' names, and English words that are none, both in order."""
    known = lexicon()
    english = known.function | known.content | known.predicates
    return sorted(known.commands), sorted(english - known.commands)


def _beginning(ordered: list[str], text: str) -> int:
    """How many of the words begin with a text."""
    return bisect_left(ordered, text + "\U0010ffff") - bisect_left(ordered, text)
