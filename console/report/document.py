"""A report as a document: its sections, in the order in which a reader wants them."""

from console.report.answer import answer
from console.report.blocks import Document, line
from console.report.closing import again, caveats, examples, provenance
from console.report.findings import Findings
from console.report.material import Material
from console.report.results import results
from console.report.setup import setup
from engine.figures import number


def document(
    found: Findings, material: Material, *, title: str = "", question: str = ""
) -> Document:
    """The whole report; `title` and `question`: a person's own words in the place of ours."""
    return Document(
        title=title or f"Experiment {found.experiment.id}",
        lead=line(
            f"{number(found.settled, 'run')} of {number(len(found.arms), 'config')} on "
            f"{number(len(found.tasks), 'task')}, begun {found.kept.began[:10]} · experiment "
            f"{found.experiment.id}"
        ),
        blocks=(
            *answer(found, question),
            *results(found, material),
            *setup(found),
            *examples(found, material),
            *caveats(found, material),
            *provenance(found, material),
            *again(found, material),
        ),
    )
