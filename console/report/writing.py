"""A report onto disk: each file whole or not at all, and none written over unasked."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

import msgspec

from console.report import as_json
from console.report.as_csv import csv_lines
from console.report.as_html import html
from console.report.as_markdown import markdown
from console.report.blocks import Block, Document, Figure, Fold
from console.report.document import document
from console.report.findings import Findings, findings
from console.report.material import Material, gather
from console.wholefile import whole_file
from engine.errors import DrifttyError

Form: TypeAlias = Literal["html", "md", "csv", "json"]
FORMS: tuple[Form, ...] = get_args(Form)

Step = Callable[[str], None]
"""Told what is being done."""


class Report:
    """A report that can be written in any form; gathered and computed once."""

    def __init__(
        self, found: Findings, material: Material, *, title: str = "", question: str = ""
    ) -> None:
        """Use `make`."""
        self.found = found
        self._material = material
        self._title = title
        self._question = question

    @classmethod
    async def make(
        cls,
        experiment: str,
        *,
        store: Path | None = None,
        title: str = "",
        question: str = "",
        on_step: Step = lambda _: None,
    ) -> "Report":
        """Of an experiment in the store; `experiment`: the beginning of its id, or `last`.

        Nothing here holds up an event loop. Raises `StoreError`.
        """
        on_step("reading the runs")
        material = await gather(experiment, store)
        on_step("computing what may be concluded")
        found = await asyncio.to_thread(findings, material.kept)
        return cls(found, material, title=title, question=question)

    def text(self, form: Form) -> Iterator[str]:
        """The report in a form, piece by piece; Markdown without figures."""
        match form:
            case "html":
                yield from html(self._document, self._data())
            case "md":
                yield from markdown(self._document)
            case "csv":
                yield from csv_lines(self.found)
            case "json":
                yield msgspec.json.format(self._json()).decode() + "\n"

    def files(self, path: Path) -> Iterator["File"]:
        """What is written for a path: the report, and beside a Markdown its figures."""
        form = form_of(path)
        if form != "md":
            yield File(path, self.text(form))
            return
        made = self._document
        figures = tuple(_figures(made.blocks))
        names = {figure.name: f"{path.stem}-{figure.name}.svg" for figure in figures}
        yield File(path, markdown(made, lambda figure: names[figure.name]))
        for figure in figures:
            drawn = figure.drawing.svg(figure.name, alone=True)
            yield File(path.with_name(names[figure.name]), (drawn, "\n"))

    def _json(self) -> bytes:
        return msgspec.json.encode(as_json.document(self.found, self._material))

    @property
    def _document(self) -> Document:
        return document(self.found, self._material, title=self._title, question=self._question)

    def _data(self) -> Sequence[tuple[str, str, bytes]]:
        name = f"experiment-{self.found.experiment.id}"
        return (
            (f"{name}.csv", "text/csv", "".join(self.text("csv")).encode()),
            (f"{name}.json", "application/json", self._json()),
        )


class File(NamedTuple):
    """One file to be written."""

    path: Path
    pieces: Iterable[str]


def form_of(path: Path) -> Form:
    """The form that a file's name asks for. Raises `DrifttyError` for a name that asks for none."""
    ending = path.suffix.lower().removeprefix(".")
    ending = {"markdown": "md", "htm": "html"}.get(ending, ending)
    for form in FORMS:
        if ending == form:
            return form
    raise DrifttyError(
        f"{path}: a report is written as .{', .'.join(FORMS[:-1])} or .{FORMS[-1]}; the name's ending "
        "says which."
    )


def check(paths: Iterable[Path], *, force: bool) -> None:
    """See that reports may be written there.

    Raises `DrifttyError` for a name that asks for no form, and for a file that is there unless `force`.
    """
    for path in paths:
        form_of(path)
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise DrifttyError(f"{', '.join(there)}: there already; --force writes over it.")


def save(report: Report, paths: Sequence[Path], *, force: bool = False) -> tuple[Path, ...]:
    """Write a report to files, by the form each name asks for; returns all that were written.

    Raises `DrifttyError`, before anything is written, for a name that asks for no form and for a file
    that is there unless `force`; and where one cannot be written.
    """
    files = [file for path in paths for file in report.files(path)]
    there = [str(file.path) for file in files if file.path.exists()]
    if there and not force:
        raise DrifttyError(f"{', '.join(there)}: there already; --force writes over it.")
    for file in files:
        _write(file)
    return tuple(file.path.absolute() for file in files)


async def write(
    experiment_id: str,
    path: Path,
    *,
    force: bool = False,
    store: Path | None = None,
    title: str = "",
    question: str = "",
    on_step: Step = lambda _: None,
) -> Path:
    """Write the report on an experiment to a file, as its name's ending says: html, md, csv or json.

    Returns the file's absolute path. For an event loop: everything slow is done in threads, in
    seconds. Raises `DrifttyError` where the file is there (unless `force`), has no such ending or
    cannot be written, and `StoreError` where there is no such experiment.
    """
    await asyncio.to_thread(check, [path], force=force)
    report = await Report.make(
        experiment_id, store=store, title=title, question=question, on_step=on_step
    )
    on_step("writing")
    written = await asyncio.to_thread(save, report, [path], force=force)
    return written[0]


def _figures(blocks: Iterable[Block]) -> Iterator[Figure]:
    for block in blocks:
        if isinstance(block, Figure):
            yield block
        elif isinstance(block, Fold):
            yield from _figures(block.blocks)


def _write(file: File) -> None:
    with whole_file(file.path.absolute()) as written:
        written.writelines(piece.encode() for piece in file.pieces)
