"""Every rule finds the fault it is for, at its place, and leaves a clean payload alone."""

import pytest

from engine.lint.finding import Finding, Subject
from engine.lint.lint import BY_ID, RULES, lint, worst
from engine.scrollback import Origin, Payload, Role, Span, Turn

PROMPT = "root@box:~# "
LONG = "".join(f"line {number} of some output\n" for number in range(40))


def turn(role: Role, text: str, origin: Origin = "shell", element: str = "") -> Turn:
    return Turn(role, text, origin, element)


def seeded(*turns: Turn, prompt: str = PROMPT) -> Subject:
    """A subject of which all turns are the seed's."""
    return Subject(turns=turns, seed_turns=len(turns), prompt=prompt)


def talk(*texts: str) -> tuple[Turn, ...]:
    """A person's task, then commands and output in turn."""
    said = [turn("user", f"Task: look around\n{PROMPT}", "person")]
    for index, text in enumerate(texts):
        said.append(
            turn("user", f"{text}\n{PROMPT}") if index % 2 else turn("assistant", text, "operator")
        )
    return tuple(said)


CLEAN = Subject(
    turns=(
        turn("system", "Terminal of box. Reply with one bash command.", "seed", "instruction"),
        *talk(
            "uname -r", "6.1.0-18-amd64", "date", "2026-01-31 10:42:07", "ls -l", LONG + "total 4"
        ),
    ),
    seed_turns=1,
    prompt=PROMPT,
    budget=2000,
    exists=lambda name: name in ("uname", "date", "ls"),
)


def sent(
    turns: tuple[Turn, ...], *pieces: tuple[int, Origin, str], window: int = 0, most: int = 0
) -> Subject:
    """A subject whose payload has one id a word; `pieces`: turn, origin and text of each span."""
    texts: list[str] = []
    spans: list[Span] = []
    for index, origin, text in pieces:
        words = [word + " " for word in text.split()]
        spans.append(Span(len(texts), len(texts) + len(words), index, origin))
        texts += words
    payload = Payload(tuple(range(len(texts))), tuple(spans), seam=0, window=window)
    trimmed = tuple(text.strip() if text.startswith("<|") else text for text in texts)
    return Subject(turns=turns, payload=payload, texts=trimmed, max_tokens=most)


TWO = (turn("system", "Terminal of box.", "seed"), turn("user", "Task: look", "person"))
WHOLE: tuple[tuple[int, Origin, str], ...] = (
    (0, "skeleton", "<|im_start|> system"),
    (0, "seed", "Terminal of box."),
    (1, "skeleton", "<|im_end|> <|im_start|> user"),
    (1, "person", "Task: look"),
    (1, "skeleton", "<|im_end|>"),
)

PLANTED: dict[str, tuple[tuple[Subject, int, str], ...]] = {
    "fragmented-turns": (
        (Subject(turns=tuple(turn("user", letter) for letter in "ls -l")), 0, "l"),
        (Subject(turns=(*talk("ls"), *(turn("user", f"{k}\x1b[K") for k in "pwd"))), 2, "p\x1b[K"),
    ),
    "escapes-leaked": (
        (Subject(turns=talk("ls", "\x1b[01;34mdocs\x1b[0m")), 2, "\x1b[01;34m"),
        (Subject(turns=talk("ls", "[?2004lone")), 2, "[?2004l"),
        (Subject(turns=talk("ls", "[31mred[0m [01;32mgreen[m")), 2, "[31m"),
        (Subject(turns=talk("ls", "^[[Als")), 2, "^[[A"),
    ),
    "control-characters": ((Subject(turns=talk("ls", "a\x08b")), 2, "\x08"),),
    "head-excerpt": (
        (Subject(turns=talk("ls", LONG + "…"), prompt=PROMPT), 2, "…"),
        (
            Subject(turns=talk("ls", LONG + "[output truncated]"), prompt=PROMPT),
            2,
            "[output truncated]",
        ),
        (Subject(turns=talk("less a", LONG + "--More--"), prompt=PROMPT), 2, "--More--"),
        (
            Subject(turns=talk("ls", LONG + "12 lines omitted"), prompt=PROMPT),
            2,
            "12 lines omitted",
        ),
    ),
    "cut-character": (
        (Subject(turns=talk("ls", "\ufffdber"), prompt=PROMPT), 2, "\ufffd"),
        (Subject(turns=talk("ls", "caf\ufffd"), prompt=PROMPT), 2, "\ufffd"),
        (Subject(turns=talk("ls", "\u0301t"), prompt=PROMPT), 2, "\u0301"),
    ),
    "timestamps": (
        (Subject(turns=talk("date", "2026-13-41 10:00")), 2, "2026-13-41 10:00"),
        (
            Subject(turns=talk("date", "2026-01-31T10:42:07root logged in")),
            2,
            "2026-01-31T10:42:07root",
        ),
        (Subject(turns=talk("ps", "pts/0 00:00:01bash")), 2, "00:00:01bash"),
    ),
    "over-budget": (
        (Subject(turns=talk("ls", "x" * 3000), budget=2000), 2, "x" * 1000 + "\n" + PROMPT),
    ),
    "literal-role-tags": (
        (Subject(turns=talk("ls", "<|im_start|>assistant")), 2, "<|im_start|>"),
        (Subject(turns=talk("ls", "User: hello\nAssistant: hi")), 2, "User:"),
    ),
    "roles-alternate": (
        (Subject(turns=(turn("user", "a"), turn("user", "b"))), 1, ""),
        (Subject(turns=(turn("assistant", "ls"), turn("user", "b"))), 0, ""),
        (Subject(turns=(turn("user", "a"), turn("system", "b"))), 1, ""),
    ),
    "repeated-content": (
        (Subject(turns=talk("ls", LONG, "ls .", LONG), prompt=PROMPT), 4, f"{LONG}\n{PROMPT}"),
    ),
    "message-in-digest": (
        (
            Subject(
                turns=(
                    turn("system", "So far: he said Task: show the kernel version. Go on.", "seed"),
                    turn("user", f"Task: show the kernel version.\n{PROMPT}", "person"),
                ),
                prompt=PROMPT,
            ),
            0,
            "Task: show the kernel version.",
        ),
        (
            Subject(
                turns=(
                    turn(
                        "user",
                        "Task: show the kernel version.\n\nTask: show the kernel version.",
                        "person",
                    ),
                )
            ),
            0,
            "Task: show the kernel version.",
        ),
    ),
    "empty-turn": (
        (Subject(turns=(turn("user", "a"), turn("assistant", ""))), 1, ""),
        (Subject(turns=(turn("user", "a"), turn("assistant", " \n"))), 1, ""),
    ),
    "odd-whitespace": (
        (Subject(turns=talk("ls", "a\u00a0b")), 2, "\u00a0"),
        (Subject(turns=talk("ls", "a\r\nb")), 2, "\r"),
        (Subject(turns=talk("ls ")), 1, " "),
        (Subject(turns=talk("\tls")), 1, "\t"),
    ),
    "control-ids": ((sent(TWO, *WHOLE[:3], (1, "person", "Task: <|im_end|> look")), 1, ""),),
    "template-changed": (
        (sent(TWO, *WHOLE[2:]), 0, ""),
        (sent(TWO, *WHOLE[2:], *WHOLE[:2]), 1, ""),
        (sent(TWO, *WHOLE[:3], (1, "person", "Task:")), 1, ""),
    ),
    "template-inserted": (
        (sent(TWO[1:], (-1, "skeleton", "You are helpful"), (0, "person", "Task: look")), -1, ""),
    ),
    "cut-completion": (
        (
            Subject(
                turns=(turn("user", "a"), Turn("assistant", "echo a", "operator", ids=(1, 2))),
                max_tokens=2,
            ),
            1,
            "echo a",
        ),
    ),
    "over-window": ((sent(TWO, *WHOLE, window=11), -1, ""),),
    "near-window": (
        (sent(TWO, *WHOLE, window=12), -1, ""),
        (sent(TWO, *WHOLE, window=100, most=90), -1, ""),
    ),
    "generic-filler": (
        (
            seeded(turn("system", "You are a helpful assistant.", "seed")),
            0,
            "You are a helpful assistant",
        ),
        (Subject(turns=talk("I'm ready to help you.")), 1, "I'm ready to help you"),
    ),
    "contradicting-instructions": (
        (
            seeded(
                turn(
                    "system", "Reply with a command and nothing else. Explain what you do.", "seed"
                )
            ),
            0,
            "Explain what",
        ),
        (
            seeded(
                turn("system", "Reply with exactly one command.", "seed"),
                turn("user", "Give several commands.", "seed", "instruction"),
            ),
            1,
            "several commands",
        ),
        (
            seeded(turn("system", "Don't use Markdown. Put commands in a code block.", "seed")),
            0,
            "in a code block",
        ),
        (
            seeded(turn("system", "Think before you type. Answer without thinking.", "seed")),
            0,
            "without thinking",
        ),
        (
            seeded(turn("system", "When done, reply with exit. Never exit the shell.", "seed")),
            0,
            "Never exit",
        ),
    ),
    "prompt-differs": (
        (seeded(turn("user", "total 0\nuser@host:~$ ", "seed")), 0, "user@host:~$ "),
        (seeded(turn("user", f"total 0\n{PROMPT}", "seed"), prompt=""), 0, PROMPT),
    ),
    "unknown-command": (
        (
            Subject(
                turns=(turn("user", "a", "seed"), turn("assistant", "frobnicate -x", "seed")),
                seed_turns=2,
                exists=lambda _: False,
            ),
            1,
            "frobnicate",
        ),
        (
            Subject(
                turns=(
                    turn("user", "a", "seed"),
                    turn("assistant", "<think>I frob.</think>\nfrob -x", "seed"),
                ),
                seed_turns=2,
                exists=lambda _: False,
            ),
            1,
            "frob",
        ),
    ),
}


def found(subject: Subject, rule: str) -> list[Finding]:
    return [each for each in lint(subject) if each.rule == rule]


@pytest.mark.parametrize(
    ("rule", "subject", "index", "text"),
    [(rule, *case) for rule, cases in PLANTED.items() for case in cases],
)
def test_a_planted_fault_is_found_where_it_is(
    rule: str, subject: Subject, index: int, text: str
) -> None:
    first, *_ = found(subject, rule)
    assert first.span.turn == index
    if text:
        assert subject.turns[index].text[first.span.start : first.span.stop] == text
    assert first.severity == BY_ID[rule].severity
    assert first.message.endswith(".")


def test_every_rule_has_a_planted_fault_an_explanation_and_a_name_of_its_own() -> None:
    assert set(PLANTED) == {rule.id for rule in RULES} == set(BY_ID)
    assert len(BY_ID) == len(RULES)
    assert all(rule.explanation.endswith(".") for rule in RULES)


def test_a_clean_payload_passes_every_rule() -> None:
    assert lint(CLEAN) == ()
    assert lint(sent(TWO, *WHOLE, (-1, "skeleton", "<|im_start|> assistant"), window=1000)) == ()
    assert worst(lint(CLEAN)) is None


@pytest.mark.parametrize("rule", sorted(BY_ID))
def test_a_rule_alone_passes_a_clean_payload(rule: str) -> None:
    assert lint(CLEAN, (BY_ID[rule],)) == ()


INNOCENT = (
    "up 3 days, load [5min] 0.2 [10m] 0.1",
    "sed 's/^[[:space:]]*//' a; grep '^[[A-Z]x' b",
    "2026-01-31T10:42:07CET run_2026-01-31T10:42:07.log 2026-01-31T10:42:07.5Z",
    "10:42:07PM 12:30:00 fe80:11:22:33ab 00:1a:2b:3c:4d:5e",
    "user: alice\npassword: x\nsystem: linux",
    "hello world, this is long\n" * 9,
    "bash: foo: command not found\nbash: foo: command not found",
    LONG + "00000030: 3803 0000  8.......8.......",
    LONG + "Please wait...",
    LONG + "Reading package lists... Done",
    LONG + "see more lines below",
    LONG + "3 files changed, the rest was not truncated by anybody",
    "a man's “quotes”, naïve café …",
)
"""What shells print and no channel has spoilt."""


@pytest.mark.parametrize("text", INNOCENT)
def test_what_a_shell_may_well_print_is_no_fault(text: str) -> None:
    assert lint(Subject(turns=talk("ls", text), prompt=PROMPT, budget=2000)) == ()


def test_a_command_typed_again_may_say_the_same_again() -> None:
    assert lint(Subject(turns=talk("ls", LONG, "ls", LONG), prompt=PROMPT)) == ()


def test_what_was_asked_to_be_printed_is_no_digest_of_it() -> None:
    said = "The quick brown fox jumps over the lazy dog"
    turns = (
        turn("user", f"Task: print '{said}', then exit.\n{PROMPT}", "person"),
        turn("assistant", f"echo '{said}'", "operator"),
        turn("user", f"{said}\n{PROMPT}"),
    )
    assert lint(Subject(turns=turns, prompt=PROMPT)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Don't use Markdown.",
        "Do not reply in Markdown; no code blocks.",
        "Don't forget to exit: when done, type exit.",
        "Show only the first line, then explain how many there are.",
        "Reply with a single command. List a single file.",
        "Never explain what you do; reply with nothing else than a command.",
        "Do not think step by step, and do not think aloud.",
    ],
)
def test_what_can_be_met_is_no_contradiction(text: str) -> None:
    assert lint(seeded(turn("system", text, "seed", "instruction"))) == ()


def test_the_worst_comes_first() -> None:
    seen = lint(Subject(turns=talk("I'm happy to help", "\x1b[0mx\x07")))
    assert [each.severity for each in seen] == ["error", "error", "warning"]
    assert worst(seen) == "error"
