"""Seed files to seeds, with everything that is wrong in them."""

import re

import msgspec

from engine.lint.lint import BY_ID
from engine.seeds.render import unanswered
from engine.seeds.seed import ELEMENTS, PLACEHOLDER, ROLES, TURN_ELEMENTS, Seed, SeedTurn
from engine.tomlfields import Fields
from engine.tomlfile import Problem, TomlFile
from engine.tomlfolder import NAME, NAME_RULE, Parsed

CONTROL_LIKE = re.compile(
    r"<\|[^|<>\s][^|<>\n]{0,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
)
"""Text that looks like a control token of some model's chat template."""


def parse_seed(file: TomlFile) -> Parsed[Seed]:
    """The seed of a file, where it has no errors, and all of its problems."""
    problems: list[Problem] = []
    top = Fields(file, problems)
    top.only("name", "version", "summary", "prompt", "default", "meant", "turn")
    name = top.text("name")
    if name and not NAME.fullmatch(name):
        top.wrong("name", f'"{name}" is no name', NAME_RULE)
    prompt = _prompt(top)
    tables = top.tables("turn")
    meant = top.words("meant", tuple(BY_ID))
    turns = [turn for table in tables if (turn := _turn(table, prompt, meant))]
    _order(tables)
    seed = Seed(
        name=name,
        version=top.whole("version"),
        summary=top.text("summary"),
        prompt=prompt,
        default=(),
        turns=tuple(turns),
        source=file.text,
        path=file.path,
        meant=meant,
    )
    seed = _with_default(top, seed)
    broken = any(problem.severity == "error" for problem in problems)
    if not broken:
        _gaps(tables, seed)
    ordered = tuple(sorted(problems, key=lambda problem: problem.line))
    return Parsed(name or _stem(file), None if broken else seed, ordered)


def _stem(file: TomlFile) -> str:
    return file.path.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")


def _prompt(top: Fields) -> str:
    prompt = top.text("prompt", "")
    if "\n" in prompt:
        top.wrong("prompt", "has several lines", "a prompt is one line")
    return prompt


def _turn(fields: Fields, prompt: str, meant: tuple[str, ...]) -> SeedTurn | None:
    """One turn; none where it has errors of its own."""
    fields.only("element", "role", "text", "reasoning")
    element = fields.choice("element", TURN_ELEMENTS)
    role = fields.choice("role", ROLES)
    text = fields.text("text")
    reasoning = fields.text("reasoning", "")
    if role == "assistant":
        _command(fields, text, reasoning)
    elif reasoning:
        fields.wrong("reasoning", f"a {role} turn has none", 'it belongs to role = "assistant"')
    if role == "system" and not text.strip():
        fields.wrong("text", "is empty", "say something, or leave the turn out")
    _telling(fields, text, prompt, meant)
    if element is None or role is None:
        return None
    return SeedTurn(element, role, text.rstrip("\n"), reasoning.strip(), fields.line)


def _command(fields: Fields, text: str, reasoning: str) -> None:
    lines = text.strip("\n").split("\n")
    if len(lines) > 1:
        fields.wrong(
            "text",
            f"an assistant turn is one command line, and this has {len(lines)}",
            "write a turn for each command, with what the shell answers between them",
        )
    elif not text.strip():
        fields.wrong("text", "is empty", "an assistant turn is one command line")
    if "think>" in text:
        fields.wrong("text", "has a think tag", "write what is thought in the field reasoning")
    if "think>" in reasoning:
        fields.wrong("reasoning", "has a think tag", "leave the tags out: they are put around it")


def _telling(fields: Fields, text: str, prompt: str, meant: tuple[str, ...]) -> None:
    """Warn of text that does something else than it seems to."""
    found = CONTROL_LIKE.search(text)
    if found and "literal-role-tags" not in meant:
        what = f'"{found.group()}" looks like a control token and will be plain text'
        right = 'leave it out, or say that you mean it: meant = ["literal-role-tags"]'
        fields.wrong("text", what, right, "warning")
    if prompt.strip() and any(line.startswith(prompt.strip()) for line in text.split("\n")):
        what = "has the shell prompt as text, which switching it off would leave in place"
        right = f"write {PLACEHOLDER} there; at the end of a user turn it comes by itself"
        fields.wrong("text", what, right, "warning")


def _with_default(top: Fields, seed: Seed) -> Seed:
    words = top.words("default", ELEMENTS)
    for word in words:
        if word not in seed.elements:
            right = "give it a turn or take it out" if word != "prompt" else 'set prompt = "…"'
            top.wrong("default", f'"{word}" is on, but nothing in the file belongs to it', right)
    return msgspec.structs.replace(seed, default=words)


def _order(tables: list[Fields]) -> None:
    begun = False
    for table in tables:
        system = table.peek("role") == "system"
        if system and begun:
            table.wrong("role", "is a system turn after others", "system turns come first")
        begun = begun or not system


def _gaps(tables: list[Fields], seed: Seed) -> None:
    """Warn of commands that answer nothing even with everything on, and so never show."""
    lost = {turn.line for turn in unanswered(seed, seed.elements)}
    for table in tables:
        if table.line in lost:
            what = "follows no user turn and will never show"
            table.wrong("", what, "put what it answers before it", "warning")
