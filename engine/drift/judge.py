"""Telling a command from drift: one line, what it is, and the evidence for it.

What can be told by its form is told first (tags, fences, comments, prompts, error messages, other
languages); what is left is weighed as command against prose (`engine.drift.evidence`), and what is
too light is sorted into chat, narration and echo.
"""

import re

from engine.drift import shapes
from engine.drift.evidence import features, log_odds
from engine.drift.repetition import repeats_earlier, repeats_itself
from engine.drift.verdict import Context, Verdict
from engine.drift.words import MARK, Words, is_command_name, is_english, words
from engine.events import Label

THRESHOLD = 0.7
"""Log-odds from which a line is a command."""

_LONGEST = 600
"""Characters that are read: what a line is shows in its beginning and its end."""

_BLANK = re.compile(r"\s{9,}")

_HEREDOC = re.compile(r"(?<!<)<<-?\s*(['\"]?)(?P<end>[A-Za-z_]\w*)\1")
_SECOND_PROMPT = re.compile(r"(?:^|\n)> ?\Z")
_QUANTITY = re.compile(r"\d[\d.,:/-]*(?:[KMGTP]?i?B?|%)\Z")
"""A number, a size, a date: no program is called so."""

_FILE = re.compile(r"[\w-][\w.-]*\.[A-Za-z]\w{0,4}\Z")
_DATA_FILE = re.compile(
    r"[\w.-]*\.(?:txt|md|log|csv|tsv|json|ya?ml|toml|conf|cfg|ini|xml|html?|gz|bz2|xz|zip|tar|png|jpe?g"
    r"|pdf|lock|bak|tmp|out|c|h|cpp|java|js|rst|sql|db)\Z"
)

_ALONE = Context()


def judge(line: str, context: Context = _ALONE) -> Verdict:
    """Say what a line is, by its text and by what it is judged against. Takes well under 1 ms."""
    label, why = _judge(_shortened(line), context)
    return Verdict(line=line, label=label, why=why)


def told_by_form(line: str) -> bool:
    """Whether a line is told by its form alone, so that nothing has to be weighed."""
    return any(step(line, _ALONE) for step in (_tagged, _marked, _by_form))


def _judge(line: str, context: Context) -> tuple[Label, str]:
    if not line.strip():
        return "comment", "an empty line"
    for step in (_tagged, _continued, _marked, _repeated, _by_form, _shown):
        told = step(line, context)
        if told:
            return told
    return _weighed(line)


def _tagged(line: str, context: Context) -> tuple[Label, str] | None:
    """Reasoning tags and control text: whoever writes them does not write for the shell."""
    reasoning = shapes.REASONING.fullmatch(line) or shapes.REASONING_END.fullmatch(line)
    if reasoning:
        after = reasoning["after"].strip()
        return _judge(after, context) if after else ("reasoning", "stands in reasoning tags")
    control = shapes.CONTROL_ANYWHERE.search(_unquoted(line))
    if control:
        return "control", f"contains {control.group()}, a control token's text"
    why = shapes.find(shapes.CONTROL, line)
    return ("control", why) if why else None


def _marked(line: str, context: Context) -> tuple[Label, str] | None:
    """Fences, comments and prompts: told by how the line begins."""
    if shapes.FENCE.match(line):
        return "markdown", "is a code fence"
    why = shapes.find(shapes.CODE[:1], line)
    if why:
        return "code", why
    if line.lstrip().startswith("#"):
        why = shapes.find(shapes.MARKDOWN[:1], line)
        return ("markdown", why) if why else ("comment", "begins with #")
    return _prompted(line, context)


def _prompted(line: str, context: Context) -> tuple[Label, str] | None:
    prompt = context.prompt.strip()
    if prompt and len(prompt) > 1 and line.strip().startswith(prompt):
        return "echo", f"begins with the shell's prompt {prompt}"
    if shapes.PROMPT.fullmatch(line) and words(line).head_kind not in (
        "known",
        "verb",
        "keyword",
        "assignment",
    ):
        return "echo", "begins with a shell's prompt"
    return None


def _continued(line: str, context: Context) -> tuple[Label, str] | None:
    """The body of a heredoc may read like anything: the shell is waiting for it."""
    waiting = context.before[len(context.before) - context.unanswered :]
    if _SECOND_PROMPT.search(context.shown):
        waiting = context.before
    opened, opener = "", ""
    for earlier in waiting:
        if opened:
            opened = "" if earlier.strip() == opened else opened
        elif (match := _HEREDOC.search(earlier)) and not earlier.lstrip().startswith("#"):
            opened, opener = match["end"], earlier
    if not opened:
        return None
    return "command", f"stands in the heredoc opened by `{_brief(opener)}`"


def _repeated(line: str, context: Context) -> tuple[Label, str] | None:
    again = repeats_earlier(line, context.before)
    if again:
        return "repetition", again
    unit = repeats_itself(line)
    return ("repetition", f"loops on `{_brief(unit, 24)}`") if unit else None


def _by_form(line: str, context: Context) -> tuple[Label, str] | None:
    by_form: tuple[tuple[Label, tuple[shapes.Shape, ...]], ...] = (
        ("echo", shapes.ECHO),
        ("code", shapes.CODE),
        ("markdown", shapes.MARKDOWN),
    )
    for label, kinds in by_form:
        why = shapes.find(kinds, line)
        if why:
            return label, why
    told = _colon(line)
    if told:
        return told
    numbered = shapes.NUMBERED.fullmatch(line)
    if numbered:
        item = words(numbered["item"])
        spoken = item.of("function") or len(item.of("plain", "content")) > 1
        if spoken or is_command_name(item.head):
            return "markdown", "is an item of a numbered list"
        return "echo", "is a numbered item of output"
    return None


def _colon(line: str) -> tuple[Label, str] | None:
    """`cat: notes: ...` is what a program says, `Output:` what an author says."""
    match = shapes.COLON.fullmatch(line)
    if not match:
        return None
    head, value = match["head"], words(match["value"] or "")
    if is_command_name(head):
        return "echo", f"begins with {head}: as a program's message does"
    spoken = value.of("function") or is_english(value.head)
    if spoken or (not value.head and head.isalpha()):
        return "narration", f"begins with {head}: as an author does"
    return "echo", f"begins with {head}: and a value"


def _shown(line: str, context: Context) -> tuple[Label, str] | None:
    """What the shell has just shown, written once more."""
    cut = words(line)
    names = [cut.head, *(word.text for word in cut.rest)]
    in_columns = "  " in line.strip() or _DATA_FILE.match(cut.head)
    if in_columns and all(_FILE.match(name) for name in names):
        return "echo", "is nothing but names of files"
    if cut.head_kind in ("known", "verb", "keyword"):
        return None
    if line.strip() in (shown.strip() for shown in context.shown.splitlines()):
        return "echo", "is a line that the shell has just shown"
    return None


def _weighed(line: str) -> tuple[Label, str]:
    found, cut = features(line), words(line)
    if log_odds(line) >= THRESHOLD and not _QUANTITY.match(cut.head):
        return "command", _for_command(found, cut)
    if shapes.CHAT.match(line):
        return "chat", "speaks to a person"
    if shapes.QUESTION.match(line):
        return "chat", "asks a question"
    if _is_bare_output(cut):
        return "echo", "no sentence and no command: what a program prints"
    return "narration", _for_prose(found, cut)


def _is_bare_output(cut: Words) -> bool:
    if cut.line.endswith((":", ".", "!", ",")) or cut.of("function"):
        return False
    english = len(cut.of("plain", "content")) + (cut.head_kind in ("capital", "lower"))
    return english <= 2 or english * 2 < len(cut.rest) + 1


def _for_command(found: dict[str, float], cut: Words) -> str:
    clauses = []
    match cut.head_kind:
        case "known" | "verb":
            clauses.append(f"{cut.name} is a known command")
        case "keyword":
            clauses.append(f"{cut.head} is a word of the shell's language")
        case "assignment":
            clauses.append("begins with an assignment")
        case "path":
            clauses.append("begins with a program's path")
        case "expansion":
            clauses.append("begins with an expansion or a quoted name")
        case _:
            clauses.append(f"{_brief(cut.head, 24).replace(MARK, '…')} can be a command's name")
    options = len(cut.of("option"))
    if options:
        clauses.append("1 option" if options == 1 else f"{options} options")
    if "operators" in found:
        clauses.append("a pipe, redirection or list")
    functions = len(cut.of("function"))
    clauses.append(f"{functions or 'no'} English function word{'s' if functions != 1 else ''}")
    return "; ".join(clauses)


def _for_prose(found: dict[str, float], cut: Words) -> str:
    clauses = []
    functions = [word.bare for word in cut.of("function")]
    if functions:
        clauses.append("reads as English: " + ", ".join(dict.fromkeys(functions[:4])))
    elif "longest_english_run" in found:
        clauses.append("reads as English words in a row")
    if "sentence_end" in found or cut.line.endswith((".", ":")):
        clauses.append("ends as a sentence does")
    if cut.head_kind in ("capital", "lower", "other", "odd"):
        clauses.append(f"no command is called {_brief(cut.head, 24).replace(MARK, '…')}")
    elif is_english(cut.head):
        clauses.append(f"{cut.head} is an English verb here")
    return "; ".join(clauses) or "has no form of a command"


def _unquoted(line: str) -> str:
    return words(line).line if not line.lstrip().startswith("#") else line


def _shortened(line: str) -> str:
    """What is read of a line, so that none costs much more than another."""
    line = _BLANK.sub(" " * 8, line.rstrip())
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else line[:half] + line[-half:]


def _brief(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
