"""Groups of commands that know names and help without importing what they run."""

import importlib
from collections.abc import Mapping
from typing import NamedTuple

import click


class Lazy(NamedTuple):
    """Where a command is, and what it is for."""

    module: str
    help: str
    attribute: str = "command"
    """The command's name in its module."""


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    commands_by_name: dict[str, Lazy]

    @classmethod
    def of(cls, commands: Mapping[str, tuple[str, ...]]) -> "type[LazyGroup]":
        """The group of these commands, in the order a newcomer needs them; values as of `Lazy`."""
        named = {name: Lazy(*values) for name, values in commands.items()}
        return type("LazyGroup", (cls,), {"commands_by_name": named})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name."""
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The named command, imported now."""
        found = self.commands_by_name.get(cmd_name)
        if found is None:
            return None
        command: click.Command = getattr(importlib.import_module(found.module), found.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, so that help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.help) for name, one in self.commands_by_name.items()])
