"""`driftty seeds`: what can prime the model, looked at, checked, compared and edited."""

from typing import TYPE_CHECKING

import click

from console.cli.editing import Files, write_json, write_source

if TYPE_CHECKING:
    from engine.seeds.library import SeedLibrary
    from engine.seeds.seed import Seed
    from engine.tomlfile import Problem


@click.group()
def command() -> None:
    """Seeds: the synthetic scrollback that a model is primed with.

    A seed has elements, and each can be switched off: `system`, `instruction`, `history`
    (demonstrated success), `recovery` (demonstrated errors), `exit` (demonstrated exits),
    `reasoning` (thinks before it types), `prompt` (the shell's prompt after every output). A seed
    with a choice of elements is a config: `operator` takes the seed's defaults,
    `operator+history+exit` exactly these two, `operator+none` none.

    \b
      driftty seeds list                             what there is
      driftty seeds show operator+history+exit       the scrollback as the model gets it
      driftty seeds diff operator operator+none      what a choice changes
      driftty seeds edit mine --from operator        a seed of your own
      driftty run --config mine                      and how it does
    """


@command.command("list", short_help="What there is: elements, defaults, whose it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_seeds(as_json: bool) -> None:
    """List every seed with its elements; those that are on by default are marked."""
    library = _library()
    seeds = [library.seed(name) for name in library.names()]
    if as_json:
        write_json(
            [
                {
                    "name": seed.name,
                    "version": seed.version,
                    "summary": seed.summary,
                    "elements": seed.elements,
                    "default": seed.default,
                    "yours": seed.yours,
                    "overrides": seed.overrides,
                    "path": seed.path,
                }
                for seed in seeds
            ]
        )
        return
    from console.cli.seedview import seed_table

    seed_table(seeds)
    _files().tell_broken()


@command.command("show", short_help="The scrollback of a config, turn by turn.")
@click.argument("config")
@click.option("--source", is_flag=True, help="The seed's file instead of what it renders to.")
@click.option("--json", "as_json", is_flag=True, help="The config with its turns as JSON.")
def show(config: str, source: bool, as_json: bool) -> None:
    """Show a config's scrollback, turn by turn, as the model gets it.

    CONFIG is a seed's name, or one with elements: `operator+history+exit`. Each turn is headed by its
    role and the element that laid it; the task that a run begins with follows after the last.
    """
    from engine.seeds.config import parse_config

    library = _library()
    chosen = parse_config(config, library)
    seed = library.seed(chosen.seed)
    if source:
        write_source(chosen.source)
    elif as_json:
        write_json(
            {
                "name": chosen.name,
                "seed": seed.name,
                "version": seed.version,
                "summary": seed.summary,
                "available": seed.elements,
                "elements": chosen.elements,
                "prompt": chosen.prompt,
                "hash": chosen.hash,
                "turns": [
                    {"role": turn.role, "element": turn.element, "text": turn.text}
                    for turn in chosen.turns
                ],
                "yours": seed.yours,
                "path": seed.path,
            }
        )
    else:
        from console.cli.seedview import scrollback

        scrollback(seed, chosen)


@command.command("lint", short_help="Every problem, with file and line.")
@click.argument("names", nargs=-1, metavar="[NAME|FILE]…")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of problems.")
@click.pass_context
def lint(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Check seeds, all or the named; every problem is told with its file and line.

    What a seed renders to is looked at as well, by the rules of `driftty payload --rules`: with its
    default elements, and with all. What a seed breaks on purpose it says itself, in its field `meant`,
    and is not told of.

    Exits 1 where there is an error; a warning is worth a look, and no more.
    """
    if not _files().lint(names, as_json):
        ctx.exit(1)


@command.command("diff", short_help="What tells two configs apart, turn by turn.")
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of turns, each with its mark.")
def diff(a: str, b: str, as_json: bool) -> None:
    """Compare what two configs render to, turn by turn.

    A turn only in A is marked -, a turn only in B +, and what both have is left as it is.

    \b
      driftty seeds diff operator operator+history+exit
      driftty seeds diff operator operator-thinks
    """
    from console.cli.seedview import compared, comparison
    from engine.seeds.config import parse_config

    library = _library()
    left, right = parse_config(a, library), parse_config(b, library)
    if as_json:
        write_json(
            [
                {"mark": mark, "role": turn.role, "element": turn.element, "text": turn.text}
                for mark, turn in compared(left.turns, right.turns)
            ]
        )
    else:
        comparison(left, right)


@command.command("edit", short_help="Change a seed, or begin one of your own.")
@click.argument("name")
@click.option("--from", "origin", metavar="SEED", help="Begin a new seed NAME as a copy of SEED.")
@click.pass_context
def edit(ctx: click.Context, name: str, origin: str | None) -> None:
    """Edit a seed in your editor; a built-in one is copied into your own folder first.

    Your copy then stands in for the built-in of its name: remove the file and the built-in is back.
    The file is checked when the editor closes; where it is wrong, you are told what and where, and
    your text is kept.

    \b
      driftty seeds edit operator                    change a built-in, for yourself
      driftty seeds edit terse --from operator       begin a seed of your own
    """
    if not _files().edit(name, origin):
        ctx.exit(1)


def _library() -> "SeedLibrary":
    from engine.seeds.library import SeedLibrary

    return SeedLibrary()


def _files() -> Files:
    from engine.seeds.parse import parse_seed

    return Files("seed", _library(), parse_seed, _look)


def _look(seed: "Seed") -> "list[Problem]":
    """What is wrong with what a seed renders to, as warnings: its file is right in itself."""
    from console.linting import lint_seed
    from engine.shell.commands import in_sandbox
    from engine.tomlfile import Problem

    return [
        Problem(
            seed.path,
            0,
            f"{config.name}, turn {found.span.turn + 1} as rendered",
            f"{found.message.removesuffix('.')} ({found.rule})",
            f"{found.fix[:1].lower()}{found.fix[1:].removesuffix('.')}",
            "warning",
        )
        for config, found in lint_seed(seed, in_sandbox)
        # The parser has told those already, with their lines.
        if found.severity != "note" and found.rule not in {"literal-role-tags", *seed.meant}
    ]
