"""How much speaks for a line being a command: named features in a log-linear score.

`log_odds` is the logarithm of the odds that a person would accept the line as typed at a shell, right
or wrong, against prose. Its weights are fitted by penalised logistic regression (`python -m
tests.bench.fit_judge`) and lie in `weights.toml`; each feature is a number a person can count.
"""

import math
import re
import tomllib
from functools import cache
from pathlib import Path

from engine.drift.lexicon import lexicon
from engine.drift.words import words

_OPERATION = re.compile(r"[|<>]|&&|\$\(|;\s*\w")
_EXPANSION = re.compile(r"\$[A-Za-z_{(@#?*0-9]")
_SENTENCE_END = re.compile(r"[^\W\d_][)\x01]*[.?!:…]+$|[\x01)][.?!:…]+$")
_COMMA = re.compile(r"[^\W_]['’\w]*\)?,(?:\s|$)")
_APOSTROPHE = re.compile(r"[a-zA-Z]['’](?:s|t|re|ll|ve|m|d)\b|[a-z]s'(?:\s|$)|`[^'`]*'")
_TALKING = frozenset(
    ("echo", "printf", "say", "banner", "figlet", "wall", "write", "logger", "git")
)
"""Commands whose arguments may be English."""


def features(line: str) -> dict[str, float]:
    """The evidence in one line, by name; absent means 0."""
    cut = words(line)
    found = {"always": 1.0, f"head_{cut.head_kind}": 1.0}
    kinds = [word.kind for word in cut.rest]
    english = [kind in ("function", "content", "plain") for kind in kinds]
    functions, contents = kinds.count("function"), kinds.count("content")
    options = kinds.count("option")
    found["function_words"] = min(functions, 4)
    found["any_function_word"] = functions > 0
    found["content_words"] = min(contents, 4)
    found["longest_english_run"] = math.log1p(_longest(english))
    found["alone"] = not kinds
    if not kinds and cut.head_kind not in ("known", "verb", "keyword"):
        found["alone_unknown"] = 1.0
    found["options"] = min(options, 3)
    if kinds:
        found["second_is_option"] = kinds[0] == "option"
        found["second_is_shell"] = kinds[0] in ("shell", "operator")
        found["second_is_predicate"] = cut.rest[0].bare in lexicon().predicates
        found["sentence_end"] = bool(_SENTENCE_END.search(cut.line))
    if cut.name in _TALKING:
        found["talking_function_words"] = min(functions, 4)
        found["talking_english_run"] = math.log1p(_longest(english))
    found["operators"] = bool(_OPERATION.search(cut.line))
    found["expansions"] = bool(_EXPANSION.search(cut.line))
    found["comma"] = bool(_COMMA.search(cut.line))
    found["apostrophe"] = bool(_APOSTROPHE.search(line))
    return {name: float(value) for name, value in found.items() if value}


def log_odds(line: str) -> float:
    """Natural logarithm of the odds that the line is a command, by its text alone."""
    weights = _weights()
    return sum(weights.get(name, 0.0) * value for name, value in features(line).items())


def _longest(flags: list[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


@cache
def _weights() -> dict[str, float]:
    with Path(__file__).with_name("weights.toml").open("rb") as file:
        return {name: float(weight) for name, weight in tomllib.load(file)["weights"].items()}
