"""The forms of a report: what a reader needs is there, and what is hostile is not obeyed."""

import csv
import io
import re
from html.parser import HTMLParser

import msgspec
import pytest

from console.report.answer import answer
from console.report.as_html import html
from console.report.as_markdown import markdown
from console.report.blocks import Bullets, Document, Fold, Paragraph, Table
from console.report.document import document
from console.report.findings import findings
from console.report.material import Example, Material
from console.report.writing import Report
from engine.run import Task
from sessions.experiments import Kept
from sessions.transcript import Passage
from tests.console.report.results import HOSTILE, TASKS, experiment, kept, origins


def material(results: Kept, said: str = "Let me see.") -> Material:
    drifted = next(run.result for run in results.runs if run.result.outcome == "drift")
    example = Example(
        result=drifted,
        kind="narration",
        passages=(Passage("turn", "", "1"), Passage("prose", said), Passage("note", said)),
        masked=1,
        sandbox="bwrap: no network",
    )
    return Material(kept=results, origins=origins(len(results.runs)), examples=(example,))


def report(results: Kept, said: str = "Let me see.") -> Report:
    return Report(findings(results), material(results, said))


def hostile() -> Report:
    tasks = (*TASKS, Task(text=f"{HOSTILE}, then exit.", check="true"))
    return report(kept(*experiment(tasks=tasks), fault=f"={HOSTILE}"), HOSTILE)


class Page(HTMLParser):
    """What tags and attributes a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "data")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "wbr", "line", "circle", "path", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "wbr", "line", "circle", "path", "rect"):
            assert self.open.pop() == tag


def test_nothing_in_a_page_is_obeyed_or_fetched() -> None:
    page = "".join(hostile().text("html"))
    parsed = Page(page)
    assert not parsed.open
    assert not parsed.tags & {"script", "img", "iframe", "link", "object", "base", "form"}
    assert parsed.addresses
    assert all(address.startswith("data:") for address in parsed.addresses)
    assert "default-src 'none'" in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_nothing_hostile_becomes_markup_in_markdown() -> None:
    text = "".join(hostile().text("md"))
    assert "\x1b" not in text
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", outside)
    assert "](javascript" not in outside.replace("\\]", "")
    assert "<script" not in outside.replace("\\<", "")
    for line in outside.splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) >= 3


def test_a_fence_is_longer_than_any_in_it() -> None:
    text = "".join(hostile().text("md"))
    assert "\n````text\n</pre><script>" in text


def test_rows_of_a_table_have_as_many_cells_as_its_head() -> None:
    lines = "".join(hostile().text("md")).splitlines()
    for at, line in enumerate(lines):
        if re.fullmatch(r"\|(-{2,3}:?\|)+", line):
            cells = line.count("|")
            following = at + 1
            while following < len(lines) and lines[following].startswith("|"):
                assert len(re.findall(r"(?<!\\)\|", lines[following])) == cells, lines[following]
                following += 1
            assert following > at + 1


def test_a_line_a_run_and_no_formula_in_csv() -> None:
    made = hostile()
    rows = list(csv.DictReader(io.StringIO("".join(made.text("csv")))))
    assert len(rows) == len(made.found.results)
    assert rows[0]["outcome"] == "fault"
    assert rows[0]["fault"].startswith("'=")
    assert "\x1b" not in rows[0]["fault"]
    assert {row["done"] for row in rows if row["task"] == TASKS[0].text} == {""}
    assert len({row["rng"] for row in rows}) == len(rows)
    good = next(row for row in rows if row["outcome"] == "clean")
    assert (good["operated"], good["exited"], good["drift_turn"]) == ("1", "1", "")
    assert good["margins"] == "0.9 0.5"


def test_json_has_everything_under_stable_names() -> None:
    made = report(kept(*experiment(("bare",), factorial="operator+history+exit")))
    told = msgspec.json.decode("".join(made.text("json")))
    assert told["format"] == "driftty-report/1"
    assert set(told) == {
        *("format", "driftty", "experiment", "began", "planned", "counted", "plan", "placement"),
        *(
            "reproduce",
            "design",
            "tally",
            "arms",
            "pairs",
            "levers",
            "provenance",
            "runs",
            "examples",
        ),
    }
    assert set(told["tally"]) >= {"experiment", "configs", "pairs", "effects"}
    assert len(told["runs"]) == len(made.found.results)
    assert {"rng", "tries", "session", "outcome", "margins"} <= set(told["runs"][0])
    assert told["plan"]["configs"][0]["source"].startswith("#")
    assert set(told["pairs"]) == {"clean", "operated", "exited"}


def test_the_page_says_what_a_reader_needs() -> None:
    made = report(kept(*experiment(n=12), clean=(0.0, 1.0)))
    text = "".join(made.text("md"))
    for needed in (
        "Which of 2 configs",
        "`false-memories` is clean more often than `bare`: separated (E",
        "Not attributable yet” does not mean equal",
        "Task by task",
        "Caveats",
        "driftty tally",
        "--dtype float32",
        "ab" * 32,
        "Session `6s",
        "whoami",
        "cmp a b",
        "1 secret masked",
    ):
        assert needed in text, needed


def test_what_is_not_decided_is_said_with_what_it_would_take() -> None:
    found = findings(kept(*experiment(n=3), clean=(0.34, 1.0)))
    said = "".join(
        span.text
        for block in answer(found)
        if isinstance(block, Bullets)
        for item in block.items
        for span in item
    )
    assert "more pair" in said
    assert "is clean more often" not in said


def test_one_config_and_no_run_make_a_report_too() -> None:
    alone = kept(*experiment(("bare",), n=1))
    assert "How often does this config" in "".join(report(alone).text("md"))
    nothing = kept(*experiment(), finished=0)
    empty = Material(kept=nothing, origins=origins(0, None), examples=())
    text = "".join(Report(findings(nothing), empty).text("html"))
    assert "No run has counted yet." in text
    assert "None" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)


def test_without_figures_a_caption_does_not_stand_alone() -> None:
    found = findings(kept(*experiment()))
    made = document(found, material(found.kept))
    assert "![" not in "".join(markdown(made))
    assert "![" in "".join(markdown(made, lambda figure: f"{figure.name}.svg"))


@pytest.mark.parametrize(
    "text", ["a | b", "`", "``x`` | y", "- x", "1. x", "<b>", "*a* _b_ #", "&amp;"]
)
def test_any_text_survives_a_cell_and_a_paragraph(text: str) -> None:
    from console.report.blocks import Column, code, line

    made = Document(
        "t",
        line(text),
        (
            Paragraph(line(text)),
            Table((Column("a"), Column("b")), ((line(code(text)), line(text)),)),
        ),
    )
    row = next(
        each
        for each in "".join(markdown(made)).splitlines()
        if each.endswith(" |") and "---" not in each and not each.startswith("| a ")
    )
    assert len(re.findall(r"(?<!\\)\|", row)) == 3
    assert not Page("".join(html(made))).open


@pytest.mark.parametrize(
    ("clean", "said"),
    [
        ((0.0, 0.0), "No config was clean in any run. Of 1 pair of configs, none are separated."),
        ((0.5, 0.5), "`bare` and `false-memories` were clean most often, each .50"),
        (
            (0.0, 1.0),
            "It is separated from every other config. Of 1 pair of configs, 1 is separated.",
        ),
    ],
)
def test_the_answer_is_right_at_the_ends(clean: tuple[float, float], said: str) -> None:
    assert said in "".join(report(kept(*experiment(n=12), clean=clean)).text("md"))


def test_of_several_pairs_the_least_that_their_evidence_reached_is_told() -> None:
    configs = ("bare", "imperative", "false-memories")
    results = kept(*experiment(configs, n=12), clean=(0.0, 0.0, 1.0))
    peaks = [pair.tally.peak for pair in findings(results).pairs["clean"] if pair.tally.decided]
    assert len(peaks) == 2
    text = "".join(report(results).text("md"))
    assert "clean more often than `bare` and `imperative`: separated (E passed 10,000)." in text
    assert min(peaks) > 10_000
    results = kept(*experiment(configs, n=3), clean=(0.0, 0.0, 1.0))
    peaks = [pair.tally.peak for pair in findings(results).pairs["clean"] if pair.tally.decided]
    text = "".join(report(results).text("md"))
    assert f"separated (E reached {int(min(peaks))} at least)." in text


def test_after_a_race_what_holds_for_one_look_is_said_to_flatter() -> None:
    made, placement = experiment(n=6)
    assert "which flatters" not in "".join(report(kept(made, placement)).text("md"))
    raced = msgspec.structs.replace(placement, until_decided=True)
    assert "which flatters" in "".join(report(kept(made, raced)).text("md"))


def test_title_and_question_can_be_a_persons_own() -> None:
    results = kept(*experiment())
    made = Report(findings(results), material(results), title="What helps?", question="Does it?")
    text = "".join(made.text("md"))
    assert text.startswith("# What helps?\n")
    assert "**Question.** Does it?" in text


def test_folds_hold_what_only_some_read() -> None:
    found = findings(kept(*experiment()))
    folds = [
        block for block in document(found, material(found.kept)).blocks if isinstance(block, Fold)
    ]
    assert any("as the model gets them" in fold.summary for fold in folds)
    assert any(fold.summary.endswith("the seed's file") for fold in folds)
