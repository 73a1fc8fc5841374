"""`driftty sessions tag|note|delete|restore|empty-trash|prune`: what is kept, and under which words."""

import asyncio
from collections.abc import Sequence

import click

from console.cli.editing import write_json


@click.command("tag")
@click.argument("session")
@click.argument("tags", nargs=-1)
@click.option("--remove", is_flag=True, help="Take the tags away instead.")
@click.option("--json", "as_json", is_flag=True, help="The session as JSON, as it is afterwards.")
def tag(session: str, tags: Sequence[str], remove: bool, as_json: bool) -> None:
    """Give a session tags, to find it by: `driftty sessions list --tag TAG`.

    Without TAGS, the session's tags are told.
    """
    from console.baselines import read_tags
    from engine.errors import DrifttyError
    from sessions.shelf import Shelf, read_tag

    try:
        wanted = [read_tag(tag) for tag in tags] if remove else read_tags(tags)
    except DrifttyError as error:
        raise click.UsageError(str(error)) from error
    (found,) = _find([session])
    if tags and remove:
        Shelf().untag(found, wanted)
    elif tags:
        Shelf().tag(found, wanted)
    _tell(found, as_json)


@click.command("note")
@click.argument("session")
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="The session as JSON, as it is afterwards.")
def note(session: str, text: str, as_json: bool) -> None:
    """Write a note about a session; an empty one takes it away."""
    from sessions.shelf import Shelf

    (found,) = _find([session])
    Shelf().annotate(found, text)
    _tell(found, as_json)


@click.command("delete")
@click.argument("sessions", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="The ids that were deleted, as JSON.")
def delete(sessions: Sequence[str], as_json: bool) -> None:
    """Put sessions into the trash; `driftty sessions restore` brings them back."""
    from sessions.shelf import Shelf

    found = _find(sessions)
    Shelf().delete(found)
    _report(found, as_json, f"in the trash; undo: driftty sessions restore {' '.join(found)}")


@click.command("restore")
@click.argument("sessions", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="The ids that were restored, as JSON.")
def restore(sessions: Sequence[str], as_json: bool) -> None:
    """Take sessions out of the trash; `driftty sessions list --trash` shows what is in it."""
    from sessions.shelf import Shelf

    found = _find(sessions, trash=True)
    Shelf().restore(found)
    _report(found, as_json, "back from the trash")


@click.command("empty-trash")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="How many sessions went, as JSON.")
def empty_trash(yes: bool, as_json: bool) -> None:
    """Remove what is in the trash for good. This cannot be undone."""
    from sessions.shelf import Shelf

    count = asyncio.run(_count_trash())
    if count and not yes:
        plural = "" if count == 1 else "s"
        click.confirm(f"Remove {count} session{plural} for good?", abort=True, err=True)
    gone = Shelf().empty_trash() if count else 0
    if as_json:
        write_json({"removed": gone})
    else:
        click.echo(f"{gone} removed", err=True)


@click.command("prune")
@click.option("--days", type=click.IntRange(0), help="Remove what is older; by default as set.")
@click.option("--megabytes", type=click.IntRange(0), help="Remove the oldest beyond; as set.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="What goes, or went, as JSON.")
def prune(days: int | None, megabytes: int | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove recordings for good by age and size; never those with a tag or a note.

    What `keep_days` and `keep_megabytes` in settings.toml say is also done whenever the console opens.
    Both are 0, and nothing is ever removed, unless somebody sets them.
    """
    from console.retaining import rules_of, sentence
    from console.safe import clean_line
    from console.settings import read_settings
    from engine.figures import number, size
    from sessions.retention import Rules, carry_out, plan

    rules = rules_of(read_settings())
    rules = Rules(
        rules.days if days is None else days, rules.megabytes if megabytes is None else megabytes
    )
    if not rules:
        raise click.UsageError(
            "no rule is set: give --days or --megabytes, or set keep_days or keep_megabytes in "
            "settings.toml"
        )
    planned = plan(rules)
    if as_json and dry_run:
        write_json(planned.due)
        return
    if not as_json:
        for one in planned.due:
            click.echo(clean_line(f"{one.id}  {one.began[:10]}  {size(one.bytes):>8}  {one.why}"))
    count = f"{number(len(planned.due), 'recording')}, {size(planned.bytes)}"
    if dry_run or not planned.due:
        click.echo(f"{count} to be removed; {planned.kept} stay", err=True)
        return
    if not yes:
        click.confirm(f"Remove {count} for good?", abort=True, err=True)
    gone = carry_out(planned)
    if as_json:
        write_json({"removed": gone, "due": planned.due})
    else:
        click.echo(sentence(planned, gone), err=True)


def _find(typed: Sequence[str], *, trash: bool = False) -> list[str]:
    """The ids of what was typed, each once."""

    async def find() -> list[str]:
        from engine.errors import StoreError
        from sessions import shipped
        from sessions.library import Library
        from sessions.summary import Query

        for one in typed:
            if one.startswith(shipped.PREFIX):
                raise StoreError(
                    f"{one} came with driftty and stays as it is. To have it among your own: "
                    f"`driftty sessions export {one} -o FILE`, then `driftty sessions import FILE`."
                )
        async with Library.open() as library:
            found = [(await library.find(one, Query(trash=trash))).id for one in typed]
        return list(dict.fromkeys(found))

    return asyncio.run(find())


async def _count_trash() -> int:
    from sessions.library import Library
    from sessions.summary import Query

    async with Library.open() as library:
        return await library.count(Query(trash=True))


def _tell(session: str, as_json: bool) -> None:
    """Tell a session's tags and note."""

    async def look() -> None:
        from console.safe import clean_line
        from sessions.library import Library

        async with Library.open() as library:
            summary = await library.find(session)
        if as_json:
            write_json(summary)
        else:
            words = " ".join(summary.tags) or "no tags"
            click.echo(clean_line(f"{session}  {words}  {summary.note}".rstrip()))

    asyncio.run(look())


def _report(found: Sequence[str], as_json: bool, words: str) -> None:
    if as_json:
        write_json(found)
    else:
        click.echo(f"{' '.join(found)} {words}", err=True)
