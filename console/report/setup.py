"""What was compared, and how: the design, the configs with their full texts, the tasks."""

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
)
from console.report.findings import Arm, Findings
from console.tallytable import task_name
from engine.figures import number
from engine.seeds.seed import ELEMENTS

HASH = 12
"""Digits of a hash that are shown where all of it stands elsewhere."""


def setup(found: Findings) -> Iterator[Block]:
    """Design, configs and tasks."""
    yield Heading("Design")
    yield Bullets(tuple(_design(found)))
    yield Heading("Configs", 3)
    yield Paragraph(
        line(
            "Each is a seed with a choice of its elements, shown to the model as turns before the "
            "task. The hash is over what the model sees. ● on, ○ off, blank: not in this seed."
        )
    )
    yield _configs(found)
    for arm in _different(found):
        yield Fold(
            f"{arm.config.name}: its {number(len(arm.config.turns), 'turn')}, as the model gets them",
            tuple(_scrollback(arm)),
        )
    yield from _sources(found)
    yield Heading("Tasks", 3)
    yield Paragraph(
        line(
            "Each is a block: every config is run equally often on each, and compared on the same "
            "task. The rates are means over these tasks; of others they say nothing."
        )
    )
    yield _tasks(found)
    for task in found.tasks:
        if task.check or task.files:
            yield Fold(
                f"{task_name(task.name, task.text)}: its files and its check",
                tuple(_task(found, task.text)),
            )


def _design(found: Findings) -> Iterator[Line]:
    experiment, placement = found.experiment, found.kept.placement
    yield line(
        f"{number(len(found.arms), 'config')} × {number(len(found.tasks), 'task')} × "
        f"{number(experiment.n, 'run')} = {number(found.planned, 'run')} planned; "
        f"{found.settled:,} count{_apart(found)}."
    )
    if found.design is not None:
        yield line("Factorial of ", code(placement.factorial), f": {found.design.sentence}")
        if found.design.generators:
            yield line(f"The fraction: {'; '.join(found.design.generators)}.")
        rows = [frozenset(row) for row in found.design.rows]
        made = {
            frozenset(arm.config.elements)
            for arm in found.arms
            if found.elements[arm.place] is not None
        }
        alike = len(rows) - len(made.intersection(rows))
        if alike:
            yield line(
                f"{alike} of its {len(rows)} combinations show the model the same as another and were "
                "run once."
            )
        beside = len(made.difference(rows))
        if beside:
            yield line(
                f"{number(beside, 'config')} of the same seed beside the design "
                f"{'enters' if beside == 1 else 'enter'} the effects too."
            )
    yield line(
        "Stopping: a race; a config that can no longer be the best gets no more runs, and all ends "
        "when it is decided. Effects and differences at one look flatter after that."
        if placement.until_decided
        else "Stopping: a fixed plan. It may have been watched; what holds for one look only is marked."
    )
    yield line(
        f"Every run seed is drawn from the experiment's seed, {experiment.seed}, with the config, the "
        "task and the replicate; the plan goes replicate by replicate, so that any part of it is "
        "balanced."
    )
    template = experiment.template
    sampling = template.sampling
    yield line(
        f"Sampling: temperature {_temperatures(found)}, top-p {sampling.top_p:g}, top-k "
        f"{sampling.top_k or 'off'}, min-p {sampling.min_p:g}, repetition penalty "
        f"{sampling.repetition_penalty:g}, at most {sampling.max_tokens} tokens a completion."
    )
    yield line(
        f"A run: at most {number(template.turns, 'turn')}, channel {template.channel}, commands by "
        f"{template.policy}, on drift {template.drift}, a command that does not come back: "
        f"{template.stuck}."
    )


def _apart(found: Findings) -> str:
    faults = sum(arm.tally.fault for arm in found.arms)
    stopped = sum(arm.tally.stopped for arm in found.arms)
    missing = found.planned - found.settled - faults - stopped
    parts = [
        f"{count:,} {what}"
        for count, what in ((faults, "broke"), (stopped, "were stopped"), (missing, "were not run"))
        if count
    ]
    dropped = len(found.kept.dropped)
    if dropped:
        parts.append(f"{number(dropped, 'config')} stopped early by hand")
    return f", {', '.join(parts)}" if parts else ", none broke"


def _temperatures(found: Findings) -> str:
    experiment = found.experiment
    every = dict.fromkeys(experiment.temperature(arm.place) for arm in found.arms)
    return ", ".join(f"{each:g}" for each in every)


def _configs(found: Findings) -> Table:
    columns = [
        element for element in ELEMENTS if any(element in arm.available for arm in found.arms)
    ]
    return Table(
        (
            Column("#", numbers=True),
            Column("config"),
            *(Column(element) for element in columns),
            Column("turns", numbers=True),
            Column("hash"),
        ),
        tuple(
            (
                line(str(arm.place + 1)),
                line(code(arm.name)),
                *(line(_switch(arm, element)) for element in columns),
                line(str(len(arm.config.turns))),
                line(code(arm.config.hash[:HASH])),
            )
            for arm in found.arms
        ),
    )


def _switch(arm: Arm, element: str) -> str:
    if element not in arm.available:
        return ""
    return "●" if element in arm.config.elements else "○"


def _different(found: Findings) -> Iterator[Arm]:
    """One arm of each config: conditions change no turn."""
    seen: set[str] = set()
    for arm in found.arms:
        if arm.config.hash not in seen:
            seen.add(arm.config.hash)
            yield arm


def _scrollback(arm: Arm) -> Iterator[Block]:
    yield Paragraph(line("SHA-256 ", code(arm.config.hash)))
    turns = tuple(
        (f"{turn.role} · {turn.element}" if turn.element else turn.role, turn.text)
        for turn in arm.config.turns
    )
    yield Exchange((*turns, ("user", f"Task: …\n{arm.config.prompt}".rstrip("\n"))))


def _sources(found: Findings) -> Iterator[Block]:
    named = {arm.config.source: arm.config.seed for arm in found.arms}
    for source, seed in named.items():
        yield Fold(f"{seed}.toml: the seed's file", (Listing(source, "toml"),))


def _tasks(found: Findings) -> Table:
    return Table(
        (Column("task"), Column("text"), Column("files", numbers=True), Column("check")),
        tuple(
            (
                line(code(task.name) if task.name else "–"),
                line(task.text),
                line(str(len(task.files))),
                line("yes" if task.check else "none: only operating and exiting are scored"),
            )
            for task in found.tasks
        ),
    )


def _task(found: Findings, text: str) -> Iterator[Block]:
    task = next(task for task in found.tasks if task.text == text)
    for file in task.files:
        mode = ", executable" if file.executable else ""
        yield Paragraph(line(code(file.path), mode))
        yield Listing(file.text.rstrip("\n"))
    if task.check:
        yield Paragraph(line("Done means that this ends with status 0:"))
        yield Listing(task.check.strip("\n"), "sh")
