"""What is wrong with what a seed says and demonstrates."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.drift.lexicon import lexicon
from engine.drift.words import words
from engine.lint.finding import Hit, Rule, Subject
from engine.scrollback import Turn

FILLER = re.compile(
    r"(?i)\b(?:you are (?:a|an) (?:helpful|friendly|knowledgeable|polite)\b[^.\n]{0,60}"
    r"|as an? (?:ai|artificial intelligence)\b(?: language)?(?: model| assistant)?"
    r"|i(?:'|\u2019)?(?: a)?m (?:ready|here|happy|glad) to (?:help|assist)[^.\n]{0,40}"
    r"|how (?:can|may) i (?:help|assist)(?: you)?(?: today)?"
    r"|(?:feel free to|please) (?:let me know|ask)[^.\n]{0,40}"
    r"|i hope this helps|have a (?:great|nice) day)"
)
"""What chat assistants say and what is said to them, whatever the matter."""

_ONLY = (
    r"(?:nothing (?:else|but)|no (?:explanations?|prose|comments?|words?)"
    r"|(?:reply|respond|answer|speak|write|type|output)\b[^.\n]{0,24}\bonly"
    r"|only (?:with )?(?:(?:a|one|the|bash|shell|single|plain) )*commands?)"
)


class Demand(NamedTuple):
    """Something that is asked for."""

    words: re.Pattern[str]
    wanted: bool
    """Whether a `not` before it in its sentence turns it into its opposite."""


def _for(words: str) -> Demand:
    return Demand(re.compile(words, re.IGNORECASE), wanted=True)


def _against(words: str) -> Demand:
    return Demand(re.compile(words, re.IGNORECASE), wanted=False)


_DENIED = re.compile(r"\b(?:no|not|never|without|avoid)\b|n['\u2019]t\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[.;:!?\n]|,\s*but\b", re.IGNORECASE)

CONTRADICTIONS: tuple[tuple[str, Demand, Demand], ...] = (
    (
        "nothing but commands, and explanations",
        _against(rf"\b{_ONLY}\b"),
        _for(
            r"\b(?:explain|describe|comment on|summari[sz]e|justify) "
            r"(?!nothing)(?:what|why|how|each|every|your|the)\b"
        ),
    ),
    (
        "one command, and several",
        _against(
            r"\b(?:exactly one|a single|only one|one short|one) (?:bash |shell )?(?:command|line)\b"
        ),
        _for(
            r"\b(?:several|multiple|as many|a list of|two or more|one or more) "
            r"(?:\w+ ){0,2}commands?\b"
        ),
    ),
    (
        "no Markdown, and Markdown",
        _against(
            r"(?:\b(?:no|without)|(?:\bnever|\bnot|n't) (?:use|write|reply in)) (?:any )?"
            r"(?:markdown|code (?:blocks?|fences?))\b"
        ),
        _for(r"\b(?:in|use|with|inside) (?:a |an )?(?:markdown|code (?:blocks?|fences?))\b"),
    ),
    (
        "to exit, and not to",
        _for(r"\b(?:reply with|type|enter|say|run) [`'\"]?exit\b"),
        _against(
            r"\b(?:never|do not|don't|must not) (?!forget|hesitate)(?:\w+ ){0,2}[`'\"]?exit\b"
        ),
    ),
    (
        "to think first, and not to",
        _for(r"\bthink (?:\w+ ){0,3}(?:before|first|step by step)\b"),
        _against(r"\b(?:do not|don't|never|without) think(?:ing)?\b"),
    ),
)
"""Pairs of demands that cannot both be met, and what they are in words."""

PROMPT_LIKE = re.compile(r"^[\w.@:~/\[\]()+ \\-]{0,60}[#$%] ?$")
"""A last line that looks like a shell's prompt."""

REASONING = re.compile(r"(?s)^\s*<think>.*?</think>\s*")
MISSING = re.compile(r"(?i)not found|no such file|unknown command")


def filler(subject: Subject) -> Iterator[Hit]:
    """An assistant's phrases in what primes or continues an operator."""
    for index, turn in enumerate(subject.turns):
        if turn.origin in ("shell", "person") and turn.role == "user":
            continue
        said = FILLER.search(turn.text)
        if said:
            yield Hit(
                f"{said.group().strip()!r} is what chat assistants say.",
                index,
                said.start(),
                said.end(),
            )


def contradictions(subject: Subject) -> Iterator[Hit]:
    """Two demands that cannot both be met."""
    told = [
        (index, turn.text)
        for index, turn in enumerate(subject.turns)
        if turn.role == "system" or "instruction" in turn.element or turn.origin == "person"
    ]
    for demands, one, other in CONTRADICTIONS:
        first, second = _made(one, told), _made(other, told)
        if first and second:
            index, hit = second
            yield Hit(
                f"{hit.group()!r} against {first[1].group()!r} in turn {first[0] + 1}: {demands}.",
                index,
                hit.start(),
                hit.end(),
            )


def _made(demand: Demand, told: Sequence[tuple[int, str]]) -> tuple[int, re.Match[str]] | None:
    """The first place where a demand is made: index of the turn, and the words."""
    for index, text in told:
        for hit in demand.words.finditer(text):
            clause = max((end.end() for end in _CLAUSE.finditer(text, 0, hit.start())), default=0)
            if not demand.wanted or not _DENIED.search(text, clause, hit.start()):
                return index, hit
    return None


def prompts(subject: Subject) -> Iterator[Hit]:
    """Seed turns that end in another prompt than the shell's."""
    for index, turn in enumerate(subject.seed):
        if turn.role != "user":
            continue
        last = turn.text.rpartition("\n")[2]
        if not PROMPT_LIKE.match(last) or turn.text.endswith(subject.prompt or "\0"):
            continue
        live = f"the live one is {subject.prompt!r}" if subject.prompt else "live turns have none"
        yield Hit(
            f"The seed shows the prompt {last!r}, and {live}.",
            index,
            len(turn.text) - len(last),
            len(turn.text),
        )
        return


def commands(subject: Subject) -> Iterator[Hit]:
    """Demonstrated commands that the sandbox does not have."""
    if subject.exists is None:
        return
    asked: dict[str, bool] = {}
    for index, turn in enumerate(subject.seed):
        head = _head(turn)
        if head is None or head[0] in lexicon().builtins:
            continue
        name, start = head
        answer = subject.turns[index + 1].text if index + 1 < len(subject.turns) else ""
        if MISSING.search(answer):
            # That it is missing is what is demonstrated.
            continue
        if name not in asked:
            asked[name] = subject.exists(name)
            if not asked[name]:
                yield Hit(
                    f"The seed demonstrates `{name}`, which the sandbox does not have.",
                    index,
                    start,
                    start + len(name),
                )


def _head(turn: Turn) -> tuple[str, int] | None:
    """The name of the program that an assistant turn starts, and where it stands."""
    if turn.role != "assistant":
        return None
    thought = REASONING.match(turn.text)
    at = thought.end() if thought else 0
    typed = words(turn.text[at:].split("\n", 1)[0])
    if typed.head_kind in ("assignment", "expansion", "path", "keyword"):
        return None
    start = turn.text.find(typed.name, at)
    return (typed.name, start) if typed.name and start >= 0 else None


RULES = (
    Rule(
        "generic-filler",
        "warning",
        "The phrases of a chat assistant call up a chat assistant, who explains and does not type.",
        "Say what the operator is to do, or say nothing.",
        filler,
    ),
    Rule(
        "contradicting-instructions",
        "warning",
        "Two demands that cannot both be met: which of them the model follows is chance.",
        "Keep one of them.",
        contradictions,
    ),
    Rule(
        "prompt-differs",
        "warning",
        "The seed's shell has another prompt than the live one: the demonstration is of another place.",
        "Write {prompt} in the seed where the prompt belongs, or switch on the element `prompt`.",
        prompts,
    ),
    Rule(
        "unknown-command",
        "warning",
        "The seed demonstrates a command that will not be found when the operator copies it.",
        "Demonstrate one that the sandbox has, or show that it is not found.",
        commands,
    ),
)
