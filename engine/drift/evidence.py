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
from engine.drift.words import Words, is_misspelt_command, words

_OPERATION = re.compile(r"[|<>]|&&|\$\(|;\s*\w")
_EXPANSION = re.compile(r"\$[A-Za-z_{(@#?*0-9]")
_SENTENCE_END = re.compile(r"[^\W\d_][)\x01]*[.?!:…]+$|[\x01)][.?!:…]+$")
_COMMA = re.compile(r"[^\W_]['’\w]*\)?,(?:\s|$)")
_APOSTROPHE = re.compile(r"[a-zA-Z]['’](?:s|t|re|ll|ve|m|d)\b|[a-z]s'(?:\s|$)|`[^'`]*'")
_TALKING = frozenset(("echo", "printf", "say", "banner", "figlet", "cowsay", "logger"))
"""Commands whose arguments may be English."""


def features(line: str) -> dict[str, float]:
    """The evidence in one line, by name; absent means 0."""
    cut = words(line)
    found = {"always": 1.0, f"head_{cut.head_kind}": 1.0}
    kinds = [word.kind for word in cut.rest]
    if not kinds:
        found[f"alone_{cut.head_kind}"] = 1.0
    else:
        found["second_is_option"] = kinds[0] == "option"
        found["second_is_shell"] = kinds[0] in ("shell", "operator")
        found["second_is_predicate"] = cut.rest[0].bare in lexicon().predicates
        found["sentence_end"] = bool(_SENTENCE_END.search(cut.line))
    found |= _english(cut)
    found["options"] = min(kinds.count("option"), 3)
    found["misspelt"] = cut.head_kind in ("lower", "odd") and is_misspelt_command(cut.head)
    found["operators"] = bool(_OPERATION.search(cut.line))
    found["expansions"] = bool(_EXPANSION.search(cut.line))
    found["comma"] = bool(_COMMA.search(cut.line))
    found["apostrophe"] = bool(_APOSTROPHE.search(cut.line))
    return {name: float(value) for name, value in found.items() if value}


def _english(cut: Words) -> dict[str, float]:
    """Words of English outside quotes, unless the command is one that is given English to say."""
    kinds = [word.kind for word in cut.rest]
    functions, contents = kinds.count("function"), kinds.count("content")
    run = _longest([kind in ("function", "content", "plain") for kind in kinds])
    if cut.name in _TALKING and kinds and cut.rest[0].bare not in lexicon().predicates:
        return {"function_words_to_say": min(functions, 4)}
    return {
        "function_words": min(functions, 4),
        "any_function_word": functions > 0,
        # A single word after a name (`man find`, `cat text`) is an argument, whatever it is.
        "content_words": min(contents, 4) if len(kinds) > 1 else 0,
        "longest_english_run": math.log1p(run),
    }


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
