"""What ends a report: examples, caveats, where it came from, and how to do it again."""

from collections.abc import Iterator

from console.report.blocks import (
    Block,
    Bullets,
    Column,
    Exchange,
    Fold,
    Heading,
    Line,
    Listing,
    Paragraph,
    Table,
    code,
    line,
    listed,
)
from console.report.findings import Findings
from console.report.material import Example, Material
from console.report.reproduce import forked, own_seeds, own_tasks, reproduce
from console.tallytable import task_name
from engine.drift.misjudging import MEASURED
from engine.figures import number
from engine.version import VERSION

_MOST_LINES = 12
"""Of one passage of an example."""
_MOST_CHARACTERS = 600
_MOST_PASSAGES = 40
_ENOUGH = 8
"""Runs on a task, from which on a difference between tasks is worth a remark."""
_SMALL_MODEL = 1_000_000_000
"""Parameters below which it is said that other models do other things."""


def examples(found: Findings, material: Material) -> Iterator[Block]:
    """A clean run, and one of each way not to be."""
    yield Heading("Examples")
    if not material.examples:
        yield Paragraph(line("No run counts yet."))
        return
    yield Paragraph(
        line(
            "The first in planned order of each kind, and the first clean run of more than one turn; "
            "they show what the words mean and not how often it happens. Secrets are masked, control "
            "characters shown, long passages cut."
        )
    )
    for example in material.examples:
        yield Fold(_heading(found, example), tuple(_told(found, example)))


def _heading(found: Findings, example: Example) -> str:
    result = example.result
    task = found.tasks[result.task]
    kind = example.kind if example.kind in ("clean", "no-exit") else f"drift: {example.kind}"
    return (
        f"{kind} · {found.arms[result.config].name} · {task_name(task.name, task.text)} · "
        f"session {result.session}"
    )


def _told(found: Findings, example: Example) -> Iterator[Block]:
    result = example.result
    yield Paragraph(
        line(
            "Session ",
            code(result.session),
            f", replicate {result.replicate + 1}, {number(result.turns, 'turn')}, "
            f"{number(result.tokens, 'token')}"
            + (f"; {number(example.masked, 'secret')} masked" if example.masked else "")
            + ".",
        )
    )
    if not example.passages:
        yield Paragraph(line("Its recording is no longer in the store."))
        return
    shown = example.passages[:_MOST_PASSAGES]
    turns = tuple(
        (f"{passage.kind} {passage.label}".strip(), _shortened(passage.text)) for passage in shown
    )
    if len(example.passages) > len(shown):
        turns = (*turns, ("…", f"{len(example.passages) - len(shown)} passages more"))
    yield Exchange(turns)


def _shortened(text: str) -> str:
    lines = text.rstrip("\n").split("\n")
    kept = "\n".join(lines[:_MOST_LINES])[:_MOST_CHARACTERS]
    left = len(text.rstrip("\n")) - len(kept)
    return f"{kept}…\n({left:,} characters more)" if left else kept


def caveats(found: Findings, material: Material) -> Iterator[Block]:
    """What these numbers do not say."""
    yield Heading("Caveats")
    yield Bullets(tuple(_caveats(found, material)))


def _caveats(found: Findings, material: Material) -> Iterator[Line]:
    known = [provenance for provenance, _ in material.origins.models if provenance is not None]
    for provenance in {each.model: each for each in known}.values():
        small = provenance.parameters and provenance.parameters < _SMALL_MODEL
        yield line(
            "One model: ",
            code(provenance.model),
            f", {provenance.parameters / 1e6:,.0f} million parameters. "
            + (
                "What it does tells little about larger ones."
                if small
                else "Others may do otherwise."
            ),
        )
    tasks = number(len(found.tasks), "task")
    yield line(
        f"{tasks}: the rates are means over just these, and few tasks are to tasks what few runs are "
        "to runs." + _uneven(found)
    )
    judge = MEASURED[0]
    yield line(
        "Commands and drift are told by a judge that errs: on held-out lines it missed "
        f"{judge.missed} of {judge.commands:,} commands and took {judge.accepted} of {judge.others:,} "
        "other lines for commands; on lines of this kind of model it may err more. The corrected "
        "bounds stand beside the rates."
    )
    yield line(
        "Clean is not useful: a run is clean if it issued only commands and exited, whatever they did."
    )
    if found.experiment.template.drift == "stop":
        yield line(
            "A run ends at its first drift, so one that drifted could not exit any more: a low share "
            "of exits beside a low share of operating says little about exits."
        )
    yield from _of_design(found)
    yield from _of_machine(found, material, [each.dtype for each in known])


def _uneven(found: Findings) -> str:
    spread = 0.0
    for arm in found.arms:
        rates = [on.clean / on.n for on in arm.tasks if on.n >= _ENOUGH]
        spread = max(spread, max(rates, default=0.0) - min(rates, default=0.0))
    if spread < 0.5 or len(found.tasks) < 2:
        return ""
    return " Here they differ much: some config's clean rates lie more than .5 apart from task to task."


def _of_design(found: Findings) -> Iterator[Line]:
    if found.design is not None and found.design.aliases:
        yield line(
            "The factorial is a fraction: main effects stand apart from interactions of two only if "
            "those of three and more are none, and interactions of two hide in each other."
        )
    if found.design is not None:
        yield line(
            "An element's effect is an average over what the others were; exits and recoveries belong "
            "to demonstrations, and where those are off an element may show the model nothing."
        )
    if found.kept.placement.until_decided:
        yield line(
            "Runs were stopped by a race: rates of configs that it dropped rest on fewer runs, and "
            "what holds for one look (differences with their p, effects) was looked at when the race "
            "ended, which flatters. Intervals and e-values hold."
        )
    waiting = found.planned - found.settled
    if waiting:
        yield line(f"{number(waiting, 'run')} of the plan are missing or do not count.")


def _of_machine(found: Findings, material: Material, dtypes: list[str]) -> Iterator[Line]:
    for said in found.kept.mixture:
        yield line(f"The runs are of more than one kind: {said}.")
    low = sorted({dtype for dtype in dtypes if dtype != "float32"})
    if low:
        measured = material.divergence
        yield line(
            f"In {', '.join(low)} a run's tokens may depend, by rounding, on which runs shared its "
            "batch: single runs need not repeat exactly, though rates should. ",
            "How often that happened here was not measured."
            if measured is None
            else measured.sentence,
        )
    elif dtypes:
        yield line(
            "In float32 a run's tokens do not depend on what else ran: it repeats token for token."
        )
    gone = len(found.results) - material.origins.runs
    if gone > 0:
        yield line(f"The recordings of {number(gone, 'run')} are no longer in the store.")


def provenance(found: Findings, material: Material) -> Iterator[Block]:
    """With what it was made, and when."""
    yield Heading("Provenance")
    rows: list[tuple[str, Line]] = [("experiment", line(code(found.experiment.id)))]
    rows += [
        (
            "run by",
            line(
                f"driftty {program.version}, {number(program.runs, 'run')}, "
                f"{_minute(program.first)} to {_minute(program.last)} UTC"
            ),
        )
        for program in material.origins.programs
    ]
    for stretch in found.kept.stretches:
        if stretch.runs:
            pace = stretch.runs / stretch.seconds * 60 if stretch.seconds else 0
            rows.append(
                (
                    "in one go",
                    line(
                        f"{number(stretch.runs, 'run')} in {stretch.seconds / 60:.1f} minutes "
                        f"({pace:.0f} a minute), at most {stretch.at_once} at once"
                    ),
                )
            )
    for known, runs in material.origins.models:
        if known is None:
            rows.append(("model", line(f"unknown in {number(runs, 'run')}: no model had answered")))
            continue
        rows += [
            (
                "model",
                line(
                    code(known.model), f", {known.parameters:,} parameters, {number(runs, 'run')}"
                ),
            ),
            ("weights, SHA-256", line(code(known.weights or "unknown"))),
            ("tokenizer, SHA-256", line(code(known.tokenizer))),
            ("chat template, SHA-256", line(code(known.template))),
            ("device", line(f"{known.device}, {known.dtype}")),
            *([("forward", line(known.forward))] if known.forward else []),
            (
                "libraries",
                line(", ".join(f"{name} {version}" for name, version in known.libraries.items())),
            ),
        ]
    boxes = dict.fromkeys(example.sandbox for example in material.examples if example.sandbox)
    rows += [("shell", line(box)) for box in boxes]
    rows.append(("this report", line(f"driftty {VERSION}")))
    yield Table(
        (Column("what"), Column("which")), tuple((line(name), value) for name, value in rows)
    )


def _minute(at: str) -> str:
    """An ISO 8601 time to the minute."""
    return at[:16].replace("T", " ")


def again(found: Findings, material: Material) -> Iterator[Block]:
    """The one command, and what it needs."""
    yield Heading("How to reproduce")
    if forked(found):
        yield Paragraph(
            line(
                "Its arms are forks of a recording, which has to be there: the plan is in the JSON."
            )
        )
        return
    dtypes = {each.dtype for each, _ in material.origins.models if each is not None}
    used = dtypes.pop() if len(dtypes) == 1 else ""
    yield Listing(reproduce(found, used), "sh")
    yield Paragraph(
        line(
            "On another machine the shell's output differs (names, sizes, times), and so do runs from "
            "there on; rates should agree within their intervals. Go on with more runs with ",
            code(f"driftty tally --resume {found.experiment.id} -n …"),
            ", write this report anew with ",
            code(f"driftty report {found.experiment.id} -o report.html"),
            ".",
        )
    )
    for kind, folder, own in (
        ("seed", "seeds", own_seeds(found)),
        ("task", "tasks", own_tasks(found)),
    ):
        if own:
            yield Paragraph(
                line(
                    "First put ",
                    listed([code(f"{name}.toml") for name in own]),
                    f", which {'does' if len(own) == 1 else 'do'} not ship with driftty, into the ",
                    "folder ",
                    code(folder),
                    " of its configuration (",
                    code(f"driftty {kind}s list"),
                    " shows whether it is there). What is in them stands above.",
                )
            )
