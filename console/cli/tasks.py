"""`driftty tasks`: what the operator can be asked, looked at, checked and edited."""

from typing import TYPE_CHECKING, Any

import click

from console.cli.editing import Files, write_json, write_source

if TYPE_CHECKING:
    from engine.tasks.card import TaskCard
    from engine.tasks.library import TaskLibrary


@click.group()
def command() -> None:
    """Tasks: what the operator is asked, and how it is told whether it got done.

    A task is a text, files that are placed in the operator's scratch home, and mostly a check: a
    command that driftty itself runs there after the run, so that the one who works does not judge.
    Any text is a task too, without files and check.

    \b
      driftty tasks list                           what there is
      driftty tasks show config-typo               its text, files and check
      driftty run --task config-typo               have it done
      driftty run --task "show the date, then exit"
      driftty tasks edit mine --from count-lines   a task of your own
    """


@command.command("list", short_help="What there is, the easy ones first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_tasks(as_json: bool) -> None:
    """List every task, the easy ones first."""
    library = _library()
    cards = [library.card(name) for name in library.names()]
    if as_json:
        write_json([_described(card) for card in cards])
        return
    from console.cli.taskview import task_table

    task_table(cards)
    _files().tell_broken()


@command.command("show", short_help="What is asked, which files, what checks it.")
@click.argument("name")
@click.option("--source", is_flag=True, help="The task's file as it is.")
@click.option("--json", "as_json", is_flag=True, help="The task with its files as JSON.")
def show(name: str, source: bool, as_json: bool) -> None:
    """Show a task: what is asked, which files are placed, and what checks it."""
    card = _library().card(name)
    if source:
        write_source(card.source)
    elif as_json:
        write_json(_described(card))
    else:
        from console.cli.taskview import task_page

        task_page(card)


@command.command("lint", short_help="Every problem, with file and line.")
@click.argument("names", nargs=-1, metavar="[NAME|FILE]…")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of problems.")
@click.pass_context
def lint(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Check tasks, all or the named; every problem is told with its file and line.

    Exits 1 where there is an error. What a task's check does is not tried.
    """
    if not _files().lint(names, as_json):
        ctx.exit(1)


@command.command("edit", short_help="Change a task, or begin one of your own.")
@click.argument("name")
@click.option("--from", "origin", metavar="TASK", help="Begin a new task NAME as a copy of TASK.")
@click.pass_context
def edit(ctx: click.Context, name: str, origin: str | None) -> None:
    """Edit a task in your editor; a built-in one is copied into your own folder first.

    The file is checked when the editor closes; where it is wrong, you are told what and where, and
    your text is kept.

    \b
      driftty tasks edit count-lines                 change a built-in, for yourself
      driftty tasks edit mine --from count-lines     begin a task of your own
    """
    if not _files().edit(name, origin):
        ctx.exit(1)


def _library() -> "TaskLibrary":
    from engine.tasks.library import TaskLibrary

    return TaskLibrary()


def _described(card: "TaskCard") -> dict[str, Any]:
    return {
        "name": card.task.name,
        "text": card.task.text,
        "summary": card.summary,
        "difficulty": card.difficulty,
        "turns": card.turns,
        "check": card.task.check,
        "files": card.task.files,
        "yours": card.yours,
        "overrides": card.overrides,
        "path": card.path,
    }


def _files() -> Files:
    from engine.tasks.parse import parse_task

    return Files("task", _library(), parse_task)
