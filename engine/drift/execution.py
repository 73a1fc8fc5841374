"""What the shell's answer adds to what a line's text says.

The text gives the log-odds of command against prose; the answer adds a log-likelihood ratio for each
thing seen. That a program is missing says little by itself (`nmap` is a command where there is no
nmap, and so is a typing error); that the shell complains of `the` as a file, or waits for the other
half of an apostrophe, says much.
"""

import re

import msgspec

from engine.drift.evidence import log_odds
from engine.drift.judge import THRESHOLD, told_by_form
from engine.drift.lexicon import lexicon
from engine.drift.verdict import Verdict
from engine.drift.words import is_command_name, words
from engine.shell.observation import Observation

# Over 300 commands and 300 lower-cased sentences of NL2Bash in a sandbox: status 0 from a program that
# minds its arguments 145 against 0, a function word taken for an operand 1 against 76, an apostrophe
# left open 0 against 7. The weights are a little short of what these counts say.

SUCCEEDED = 3.0
"""Status 0 from a program that minds its arguments."""

COMPLAINED = -3.5
"""An error message that quotes an English function word of the line as a file or operand."""

STUCK_ON_APOSTROPHE = -4.0
"""The shell waits for the second quote, and the first is an apostrophe."""

NOT_FOUND = -0.5
"""No program of a name that is no known command's: the text's score has counted that already."""

SYNTAX_ERROR = -1.0
"""The shell could not parse the line."""

_INDIFFERENT = frozenset(("echo", "printf", "true", ":", "set", "yes", "exit", "logout"))
"""Commands that succeed whatever they are given: their status says nothing."""

_ESCAPES = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|\[[0-?]*[ -/]*[@-~]|.)|\r")
_NOT_FOUND = re.compile(r"(?P<name>[^\s:]+): (?:command )?not found")
_SYNTAX = re.compile(r"syntax error|unexpected (?:token|EOF)|bad substitution")
_QUOTED_OPERAND = re.compile(r"[‘'`\"](?P<quoted>[\w']+?)[’'`\"]|: (?P<plain>[\w']+):")
_APOSTROPHE = re.compile(r"[A-Za-z]'(?:[A-Za-z]|\s|$)")


class Evidence(msgspec.Struct, frozen=True):
    """One thing seen in the shell's answer."""

    weight: float
    """Added to the log-odds of command against prose."""
    why: str


def fuse(verdict: Verdict, observation: Observation) -> Verdict:
    """Weigh a verdict by its text again with what happened when the line was run.

    Returns the same verdict where the answer says nothing, or nothing new; a changed label comes with
    `by="execution"`. Lines told by their form, comments, reasoning and repetitions stay as they are,
    and so does a line that a person changed before it ran.
    """
    line = verdict.line.strip()
    if observation.command.strip() != line or not _is_open(verdict):
        return verdict
    seen = evidence(line, observation)
    odds = log_odds(line) + sum(each.weight for each in seen)
    is_command = odds >= THRESHOLD
    if not seen or is_command == (verdict.label == "command"):
        return verdict
    return Verdict(
        line=verdict.line,
        label="command" if is_command else "narration",
        why="; ".join(each.why for each in seen),
        by="execution",
    )


def evidence(line: str, observation: Observation) -> tuple[Evidence, ...]:
    """What the shell's answer to a line says for it being a command, or against."""
    cut = words(line)
    output = _ESCAPES.sub("", observation.raw.decode("utf-8", "replace"))
    seen = []
    if observation.state == "continuation" and _APOSTROPHE.search(line) and line.count("'") % 2:
        seen.append(Evidence(STUCK_ON_APOSTROPHE, "an apostrophe left the shell waiting"))
    missing = _NOT_FOUND.search(output)
    if observation.status == 127 or (missing and missing["name"] == cut.name):
        name = missing["name"] if missing else cut.name
        if not is_command_name(name):
            seen.append(Evidence(NOT_FOUND, f"{name}: command not found"))
    if _SYNTAX.search(output):
        seen.append(Evidence(SYNTAX_ERROR, "a syntax error"))
    complaint = _complaint(output, {word.bare for word in cut.of("function")})
    if complaint and observation.status != 0:
        seen.append(Evidence(COMPLAINED, f"the shell took the word {complaint} for an operand"))
    if observation.state == "done" and observation.status == 0 and cut.name not in _INDIFFERENT:
        seen.append(Evidence(SUCCEEDED, f"{cut.name} ran with status 0"))
    return tuple(seen)


def _is_open(verdict: Verdict) -> bool:
    """Whether the label rests on the weighing of the text, which more evidence can tip."""
    match verdict.label:
        case "command" | "narration" | "chat":
            return verdict.by == "text" and not told_by_form(verdict.line)
        case "echo":
            return not told_by_form(verdict.line)
        case _:
            return False


def _complaint(output: str, functions: set[str]) -> str | None:
    functions &= lexicon().function
    for match in _QUOTED_OPERAND.finditer(output):
        word = match["quoted"] or match["plain"]
        if word.lower() in functions:
            return word
    return None
