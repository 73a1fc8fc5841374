"""What README and docs tell a person to type, and where they point: it is there."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from console.cli import driftty
from console.ownkeys import read_keymap
from console.settings import Settings
from engine import folders

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"```(?:sh|console)\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(driftty [a-z][^`]*[^`\s])`")
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_PATH = re.compile(r"`((?:console|engine|sessions|themes|tests|docs)/[\w./]+)`")


def commands(text: str) -> Iterator[list[str]]:
    """The words of every command of ours in a page, without what it is piped into."""
    lines = [
        line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()
    ]
    for line in [*lines, *_INLINE.findall(text)]:
        words = shlex.shlex(line, posix=True, punctuation_chars="|;&")
        words.whitespace_split = True
        command: list[str] = []
        for word in [*words, "|"]:
            if word.strip("|;&"):
                command.append(word)
                continue
            if command[:1] == ["driftty"]:
                yield command[1:]
            command = []


def parse(words: list[str], whole: bool) -> None:
    """Have the command line parse these words; `whole`: its arguments are there too."""
    command: click.Command = driftty
    context = click.Context(driftty, info_name="driftty")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    if isinstance(command, click.Group) or not whole:
        command.make_parser(context).parse_args(list(words))
    else:
        command.make_context("driftty", list(words))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_is_understood(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        if any(mark in word for word in words for mark in "$…"):
            continue  # a place for something of the reader's
        try:
            # A command that is only mentioned has no arguments.
            parse(words, whole=len(words) > 2)
        except click.ClickException as error:
            pytest.fail(f"{page.name}: driftty {shlex.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [page.parent / link for link in _LINK.findall(text) if "://" not in link]
    named = [ROOT / path for path in _PATH.findall(text)]
    assert [path for path in (*links, *named) if not path.exists()] == []


def test_readme_names_every_page() -> None:
    linked = set(_LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")}
    assert pages <= linked


def test_commands_are_found_where_they_stand() -> None:
    text = (
        "```sh\ndriftty run --json | jq .  # all\ndriftty seeds \\\n  list\n```\n`driftty status`"
    )
    assert list(commands(text)) == [["run", "--json"], ["seeds", "list"], ["status"]]


@pytest.mark.parametrize("words", [["rum"], ["run", "--jsn"], ["replay", "a", "b"]])
def test_a_command_that_is_none_is_found_out(words: list[str]) -> None:
    with pytest.raises(click.ClickException):
        parse(words, whole=True)


def test_the_page_on_settings_names_every_setting_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    first, keys = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert tomllib.loads(first) == msgspec.to_builtins(Settings())
    assert set(re.findall(r"`(DRIFTTY_\w+)`", text)) == {
        f"DRIFTTY_{name}_DIR" for name in ("CACHE", "CONFIG", "DATA", "RUNTIME")
    }
    path = folders.config() / "keymap.toml"
    path.parent.mkdir(parents=True)
    path.write_text(keys, encoding="utf-8")
    own = read_keymap()
    assert len(own.keys) == 3
    assert own.wrong == []


def test_every_module_that_the_architecture_names_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = 0
    for room in ("engine", "sessions", "console"):
        _, _, inside = text.partition(f"### Inside {'the ' * (room != 'sessions')}{room}\n")
        table, _, _ = inside.partition("\n#")
        for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE):
            for name in re.findall(r"`([\w.]+/?)`", row):
                assert (ROOT / room / name).exists(), f"{room}/{name}"
                named += 1
    assert named > 100
