"""`driftty payload`: exactly what the model was sent, and what is wrong with it."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from console.view.inspected import Inspected
    from console.view.payload import PayloadView
    from engine.lint.finding import Finding


@click.command()
@click.argument("session", default="last")
@click.option("--turn", type=click.IntRange(min=1), help="Of which turn; the last by default.")
@click.option("--ids", is_flag=True, help="Only the token ids, in order.")
@click.option("--text", is_flag=True, help="Only the text, control tokens by their names.")
@click.option("--against", type=click.IntRange(min=1), help="Compare with the prompt of this turn.")
@click.option("--beside", metavar="SESSION", help="Compare with a prompt of another session.")
@click.option("--lint", "linted", is_flag=True, help="What is wrong with it, rule by rule.")
@click.option("--rules", is_flag=True, help="Every rule, and why it is one.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    session: str,
    turn: int | None,
    ids: bool,
    text: bool,
    against: int | None,
    beside: str | None,
    linted: bool,
    rules: bool,
    as_json: bool,
) -> None:
    """Show a prompt of a recorded session exactly as it was sent: every token and its origin.

    SESSION is an id, its beginning where that is unique, or `last`. With --lint, the exit status is 1
    where something is an error.

    \b
      driftty payload                            the last prompt of the last session
      driftty payload last --turn 2 --ids        its second turn, as token ids
      driftty payload last --turn 3 --against 2  what a turn added to the one before
      driftty payload A --beside B               what two sessions were sent otherwise
      driftty payload last --lint                what is wrong with it
      driftty payload --rules                    what could be wrong
    """
    compared = against is not None or beside is not None
    if sum((ids, text, linted, compared)) > 1:
        raise click.UsageError("--ids, --text, --against/--beside and --lint exclude one another.")
    if rules:
        _tell_rules(as_json)
        return
    view = asyncio.run(_read(session))
    shown = _prompt(view, turn)
    if linted:
        if _tell_findings(shown, as_json):
            ctx.exit(1)
    elif compared:
        there = asyncio.run(_read(beside)) if beside else view
        _tell_changes(_prompt(there, against or shown.sent.turn), shown, as_json)
    elif ids:
        _tell_ids(shown, as_json)
    elif text:
        click.echo(_clean("".join(_texts(shown))))
    elif as_json:
        write_json(_document(view, shown))
    else:
        _show(view, shown)


async def _read(session: str) -> "PayloadView":
    from console.view.payload import PayloadView
    from sessions.library import Library

    view = PayloadView()
    async with Library.holding(session) as library:
        summary = await library.find(session)
        async for event in library.events(summary.id):
            view.apply(event)
    return view


def _prompt(view: "PayloadView", turn: int | None) -> "Inspected":
    """A turn's prompt. Raises `DrifttyError` where none was sent for it."""
    from engine.errors import DrifttyError

    index = -1 if turn is None else view.index_of(turn)
    shown = view.inspected(index) if index is not None else None
    if shown is None:
        which = f"for turn {turn}" if turn is not None else "in this session"
        turns = sorted({asked.prompt.turn for asked in view.asked})
        there = f"; it has the turns {turns[0]} to {turns[-1]}" if turns else ""
        raise DrifttyError(f"No prompt was sent {which}{there}.")
    return shown


def _document(view: "PayloadView", shown: "Inspected") -> dict[str, Any]:
    sent = shown.sent
    return {
        "session": view.session,
        "turn": sent.turn,
        "window": sent.window,
        "seam": sent.seam,
        "cached": sent.cached,
        "model": sent.provenance,
        "sampling": sent.sampling,
        "counts": [count._asdict() for count in shown.counts],
        "inserted": [stretch.text for stretch in shown.inserted],
        "shortened": sent.shortened,
        "tokens": [token._asdict() for token in shown.tokens()],
    }


def _show(view: "PayloadView", shown: "Inspected") -> None:
    from engine.figures import number

    sent = shown.sent
    room = f" of {sent.window:,}" if sent.window else ""
    click.echo(
        f"turn {sent.turn} of {view.asked[-1].prompt.turn} · {number(len(sent.ids), 'token')}{room}"
        f" · {sent.cached:,} cached · {len(sent.ids) - sent.cached:,} prefilled"
    )
    for count in shown.counts:
        click.echo(f"  {count.origin:<9} {count.tokens:>7,}  {count.of_prompt:>4.0%} of the prompt")
    for index, stretch in enumerate(shown.stretches):
        if stretch.origin == "skeleton" and not stretch.own:
            continue
        whose = "the template's own" if stretch.own else f"{stretch.role} · {stretch.label}"
        told = [f"{stretch.start}–{stretch.stop}", whose, stretch.element]
        told += ["cached"] if stretch.cached == len(stretch) else []
        click.secho(f"── {_clean(' · '.join(part for part in told if part))} ──", dim=True)
        click.echo(_clean("".join(shown.texts(index)) or stretch.text))


def _texts(shown: "Inspected") -> Sequence[str]:
    """The text of every token. Raises `DrifttyError` where the recording does not name them."""
    from engine.errors import DrifttyError

    if not shown.named:
        raise DrifttyError(
            "This recording is of a version that did not name its tokens; --ids shows them, and "
            "without an option the turns."
        )
    return [token.text for token in shown.tokens()]


def _tell_ids(shown: "Inspected", as_json: bool) -> None:
    if as_json:
        write_json(shown.sent.ids)
    else:
        click.echo(" ".join(map(str, shown.sent.ids)))


def _tell_changes(before: "Inspected", now: "Inspected", as_json: bool) -> None:
    """What tells two prompts apart, stretch by stretch: gone, new, moved, there twice."""
    from console.view.inspectdiff import between, difference_lines

    if as_json:
        one, other = before.sent, now.sent
        write_json(
            [
                {"kind": each.kind, "before": each.left, "now": each.right,
                 "ids_before": one.ids[slice(*each.left)], "ids_now": other.ids[slice(*each.right)],
                 "also": each.also if each.also >= 0 else None}
                for each in between(before, now)[0]
            ]
        )  # fmt: skip
        return
    colours = {"−": "red", "+": "green", "⇄": "cyan", "⟳": "yellow"}
    for each in difference_lines(before, now):
        click.secho(_clean(each.text), fg=colours.get(each.text[:1]))


def _tell_findings(shown: "Inspected", as_json: bool) -> bool:
    """Tell what is wrong; returns whether something is an error."""
    from console.view.inspectlint import by_rule, count_words, findings
    from engine.lint.lint import BY_ID
    from engine.shell.commands import in_sandbox

    found = findings(shown.sent, in_sandbox)
    if as_json:
        write_json(
            [
                {
                    "rule": each.rule,
                    "severity": each.severity,
                    "message": each.message,
                    "span": each.span,
                    "fix": each.fix,
                    "explanation": BY_ID[each.rule].explanation,
                }
                for each in found
            ]
        )
    else:
        for group in by_rule(found):
            _tell_rule(shown, group)
        words = count_words(found) if found else "Nothing is wrong with this prompt"
        click.echo(f"{words}.", err=True)
    return any(each.severity == "error" for each in found)


def _tell_rule(shown: "Inspected", found: "Sequence[Finding]") -> None:
    from console.view.inspectlint import excerpt

    one = found[0]
    colour = {"error": "red", "warning": "yellow", "note": "cyan"}[one.severity]
    click.secho(f"{one.severity}: {one.rule}", fg=colour, bold=True)
    for each in found:
        where = f"turn {each.span.turn + 1} of the scrollback: " if each.span.turn >= 0 else ""
        quoted = excerpt(each, shown.sent.turns)
        click.echo(f"  {where}{_clean(each.message)}" + (f" “{_clean(quoted)}”" if quoted else ""))
    if one.fix:
        click.secho(f"  {one.fix}", dim=True)


def _tell_rules(as_json: bool) -> None:
    from engine.lint.lint import RULES

    if as_json:
        write_json(
            [
                {"rule": rule.id, "severity": rule.severity, "explanation": rule.explanation,
                 "fix": rule.fix}
                for rule in RULES
            ]
        )  # fmt: skip
        return
    for rule in RULES:
        click.secho(f"{rule.id} ({rule.severity})", bold=True)
        click.echo(f"  {rule.explanation}\n  {rule.fix}")


def _clean(text: str) -> str:
    from console.safe import clean

    return clean(text)
