"""What a faulty channel does to the shell's words on their way to the model."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from engine.lint.finding import Hit, Rule, Subject
from engine.scrollback import Turn

FEW = 3
"""Printable characters: a turn of no more is a keystroke, or a piece of one's echo."""
KEYSTROKE = 80
"""Characters that a keystroke's echo takes at most, the escape sequences of its redraw included."""
FRAGMENTS = 3
"""So many such turns in a row are no coincidence."""

SPELT = 24
"""Characters of a run that are quoted."""

ESCAPES = re.compile(
    r"(?:\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?)+"
    r"|\[\?(?:1|7|12|25|1000|1002|1006|1049|2004)[hl]"  # modes whose ESC was taken off
    r"|\^\[\[[?\d;]*[A-HJKSTfhlmnr](?![-\w]*\])"  # as `cat -v` shows them; `^[[A-Z]` is an expression
)
"""Escape sequences, whole or with their first byte lost."""

COLOURS = re.compile(
    r"(?<![\w\[\]])\[(?:(?:[01]|0[01]|[34]8;5);)*(?:0?[1-9]|[34]\d|9[0-7]|10[0-7]|\d{1,3};\d{1,3})m"
)
"""Colours whose ESC was taken off: `[01;34m`. `[5min]` is none, so that it counts only with `RESET`."""
RESET = re.compile(r"\[(?:0{0,2}|0?;?39(?:;49)?)m")
"""What ends a colour, its ESC taken off."""

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]+")
"""Control characters but tab, line feed, carriage return and escape, which have rules of their own."""

CUT_AT_THE_END = re.compile(
    r"(?<![.…])(?:…|\.\.\.)\s*$"
    r"|^[\[(<{…. -]*(?:\d[\d,]* )?(?:(?:more )?(?:output|text|lines?|characters?|bytes) )?"
    r"(?:was |were )?(?:truncated|cut off|cut here|omitted|snipped|left out)\W*$"
    r"|[\[(<{](?:[^\n\[(<{]{0,40} )?(?:truncated|cut|omitted|snipped)\b[^\n]{0,40}[\])>}]\s*$"
    r"|^--\s?more\s?--[^\n]{0,12}$",
    re.IGNORECASE | re.MULTILINE,
)
"""How it is said that more was there; to be found in the last line."""
WAITING = re.compile(r"\s*[A-Z][\w ,:'/%()-]{0,60}(?:…|\.\.\.)\s*")
"""A last line that says what a program is at (`Please wait...`), and was not cut."""
LONG = 400
"""Characters: a shorter text that ends in dots was hardly cut for its length."""

STAMP = re.compile(
    r"(?P<before>[^\W_])?(?P<stamp>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?)(?P<after>[A-Za-z]\w*)?"
    r"|(?<![\w:.-])(?P<time>\d{1,2}:\d{2}:\d{2})(?P<word>[A-Za-z]\w*)"
)
"""A date with a time of day, or a time with letters that stick to it and belong to other text."""
ZONE = re.compile(
    r"(?:Z|UTC|GMT|AM|PM|CES?T|EES?T|WES?T|BST|IST|MSK|JST|KST|SGT|HKT|A[CEW][DS]?T|NZ[DS]T"
    r"|[ACEHMP][DS]?T|AK[DS]T|[dhmst])\d*",
    re.IGNORECASE,
)
"""Letters that belong to a time: a zone, half of a day, a unit."""


def _shell_turns(subject: Subject) -> Iterator[tuple[int, Turn]]:
    """What says that it came from the shell: live output, and the seed's user turns."""
    for index, turn in enumerate(subject.turns):
        if turn.role == "user":
            yield index, turn


def fragmented(subject: Subject) -> Iterator[Hit]:
    """Runs of user turns that hold a keystroke each."""
    run: list[int] = []
    found = False
    for index, turn in enumerate((*subject.turns, Turn("assistant", "", "operator"))):
        if turn.role == "user" and turn.text.strip("\n") and _printable(turn.text) <= FEW:
            run.append(index)
            continue
        if len(run) >= FRAGMENTS:
            found = True
            yield Hit(
                f"{len(run)} user turns in a row hold no more than {FEW} characters each: the echo of "
                f"keystrokes ({_spelt(subject, run)!r}), each taken for a message.",
                run[0],
                0,
                len(subject.turns[run[0]].text),
            )
        run = []
    if subject.channel == "fragmented" and not found:
        yield Hit(
            "The channel `fragmented` is switched on: from the first command on, each keystroke's "
            "echo will be a message of its own."
        )


def _spelt(subject: Subject, run: list[int]) -> str:
    """What keystrokes make together."""
    whole = "".join(ESCAPES.sub("", subject.turns[index].text) for index in run).strip()
    return whole if len(whole) <= SPELT else f"{whole[:SPELT]}…"


def _printable(text: str) -> int:
    """How many characters are to be seen; of a text too long for a keystroke, all."""
    return len(ESCAPES.sub("", text).strip()) if len(text) <= KEYSTROKE else len(text)


def escapes(subject: Subject) -> Iterator[Hit]:
    """Escape sequences in what the model reads."""
    for index, turn in enumerate(subject.turns):
        found = list(ESCAPES.finditer(turn.text))
        if RESET.search(turn.text):
            found = sorted([*found, *COLOURS.finditer(turn.text)], key=lambda each: each.start())
        if found:
            yield Hit(
                f"{_times(len(found), 'escape sequence')} of a terminal in the text, the first "
                f"{found[0].group()[:12]!r}.",
                index,
                found[0].start(),
                found[0].end(),
            )


def controls(subject: Subject) -> Iterator[Hit]:
    """Control characters in what the model reads."""
    for index, turn in enumerate(subject.turns):
        found = list(CONTROLS.finditer(turn.text))
        if found:
            yield Hit(
                f"{_times(len(found), 'control character')} in the text, the first "
                f"U+{ord(found[0].group()[0]):04X}.",
                index,
                found[0].start(),
                found[0].end(),
            )


def head_excerpt(subject: Subject) -> Iterator[Hit]:
    """Output of which the beginning was kept, where its end says what happened."""
    for index, turn in _shell_turns(subject):
        body = turn.text.removesuffix(subject.prompt).rstrip() if subject.prompt else turn.text
        if len(body) < LONG:
            continue
        last = body.rstrip().rfind("\n") + 1
        cut = CUT_AT_THE_END.search(body[last:])
        if cut and not WAITING.fullmatch(body[last:]):
            yield Hit(
                f"The text was cut at its end ({cut.group().strip()!r}), where the last lines and "
                "the prompt say how things stand.",
                index,
                last + cut.start(),
                last + cut.end(),
            )


def cut_character(subject: Subject) -> Iterator[Hit]:
    """A turn that begins or ends inside a character."""
    for index, turn in enumerate(subject.turns):
        text = turn.text
        body = text.removesuffix(subject.prompt).rstrip("\n") if subject.prompt else text
        if not body:
            continue
        if body[0] == "\ufffd" or unicodedata.combining(body[0]):
            yield Hit("The text begins inside a character.", index, 0, 1)
        if body[-1] == "\ufffd" or "\ud800" <= body[-1] <= "\udfff":
            yield Hit("The text ends inside a character.", index, len(body) - 1, len(body))


def timestamps(subject: Subject) -> Iterator[Hit]:
    """Times of day that no clock shows, or that stick to the text beside them."""
    for index, turn in enumerate(subject.turns):
        for match in STAMP.finditer(turn.text):
            said = _wrong_time(match)
            if said:
                yield Hit(said, index, match.start(), match.end())
                break


def _wrong_time(match: re.Match[str]) -> str:
    """What is wrong with a time; empty where nothing is."""
    stamp, stuck = match["stamp"] or match["time"], match["after"] or match["word"] or ""
    if match["stamp"]:
        try:
            datetime.fromisoformat(stamp)
        except ValueError:
            return f"There is no time {stamp!r}."
    if match["before"] or (stuck and not ZONE.fullmatch(stuck)):
        return f"The time {stamp!r} sticks to the text beside it."
    return ""


def over_budget(subject: Subject) -> Iterator[Hit]:
    """Shell output that is longer than it may be."""
    for index, turn in enumerate(subject.turns):
        if subject.budget and turn.origin == "shell" and len(turn.text) > subject.budget + NOTE:
            yield Hit(
                f"{len(turn.text):,} characters of output, where {subject.budget:,} are the bound.",
                index,
                subject.budget,
                len(turn.text),
            )


NOTE = 160
"""Characters that the note of what was left out, and the prompt, may add to the output."""


def _times(count: int, what: str) -> str:
    return f"One {what}" if count == 1 else f"{count:,} {what}s"


RULES = (
    Rule(
        "fragmented-turns",
        "error",
        "A channel that forwards every read of the terminal makes each keystroke a message: the "
        "model sees a conversation of single letters, and no command.",
        "Use the channel `cooked`, which makes one turn of a command's whole output.",
        fragmented,
    ),
    Rule(
        "escapes-leaked",
        "error",
        "Escape sequences draw on a terminal; to a model they are noise in every line.",
        "Replay the bytes through a terminal and send what a person would read (channel `cooked`).",
        escapes,
    ),
    Rule(
        "control-characters",
        "error",
        "Control characters mean nothing in a prompt, and many tokenizers split words at them.",
        "Take them out.",
        controls,
    ),
    Rule(
        "head-excerpt",
        "warning",
        "Long output was cut at its end; how a command went, and the prompt, stand there.",
        "Keep the tail, and say at the beginning how much was left out.",
        head_excerpt,
    ),
    Rule(
        "cut-character",
        "warning",
        "Bytes were decoded piece by piece, or a text was cut inside a character.",
        "Decode incrementally, and cut between characters.",
        cut_character,
    ),
    Rule(
        "timestamps",
        "warning",
        "A time that no clock shows, or that sticks to its neighbour, was put there by a program "
        "that joins texts without looking.",
        "Leave times out, or put them on lines of their own.",
        timestamps,
    ),
    Rule(
        "over-budget",
        "warning",
        "One command's output takes more of the context than it may.",
        "Raise the budget, or let the channel cut the output to its tail.",
        over_budget,
    ),
)
