"""Trees of forks, and what is found out about sessions later."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from engine.errors import StoreError
from engine.events import AnyEvent, SessionStarted
from engine.start import Start
from sessions import database
from sessions.export.jsonl import Recording
from sessions.findings import Findings
from sessions.intake import take_in
from sessions.library import Library
from sessions.lineage import lineage, trees
from sessions.shelf import Shelf
from tests.sessions.made import begin, end, make_spec

PATH = "driftty.db"


def keep(path: Path, session: str, parent: str = "", turn: int = 0, experiment: str = "") -> None:
    """A session in the store, forked where a parent is given."""
    spec = make_spec()
    if parent:
        start = Start(session=parent, turn=turn, turns=(), numbers=())
        spec = msgspec.structs.replace(spec, start=start)
    events: list[AnyEvent] = [
        msgspec.structs.replace(
            begin(session, spec, parent), parent_turn=turn, experiment=experiment
        ),
        end(session),
    ]
    take_in(Recording(session=session), events, path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / PATH
    keep(path, "root")
    keep(path, "late", "root", 5)
    keep(path, "early", "root", 2)
    keep(path, "grandchild", "early", 3)
    keep(path, "alone")
    return path


def test_a_tree_is_the_same_from_wherever_in_it_one_asks(path: Path) -> None:
    for session in ("root", "late", "early", "grandchild"):
        root = lineage(session, path)
        assert root is not None
        assert [(depth, branch.session, branch.turn) for depth, branch in root.walk()] == [
            (0, "root", 0),
            (1, "early", 2),
            (2, "grandchild", 3),
            (1, "late", 5),
        ]
        assert root.descendants == 3


def test_a_session_that_nothing_was_forked_from_is_a_tree_of_one(path: Path) -> None:
    root = lineage("alone", path)
    assert root is not None
    assert (root.session, root.forks) == ("alone", ())
    assert lineage("nowhere", path) is None
    assert [tree.session for tree in trees(path)] == ["root"]


def test_what_is_in_the_trash_is_in_no_tree_and_its_forks_are_roots(path: Path) -> None:
    Shelf(path).delete(["early"])
    assert [tree.session for tree in trees(path)] == ["grandchild", "root"]
    orphan = lineage("grandchild", path)
    assert orphan is not None
    assert (orphan.session, orphan.parent, orphan.turn) == ("grandchild", "early", 3)


async def test_the_row_of_a_fork_names_its_start_and_leaves_the_scrollback_to_its_event(
    path: Path,
) -> None:
    async with Library.open(path) as library:
        spec = await library.spec("early")
        first = await anext(library.events("early"))
    assert spec.start is not None
    assert isinstance(first, SessionStarted)
    assert (first.parent, first.parent_turn) == ("root", 2)
    with closing(database.connect(path, read_only=True)) as connection:
        (row,) = connection.execute("SELECT spec FROM sessions WHERE id = 'early'").fetchall()
    assert msgspec.json.decode(row[0])["start"] == {
            "session": "root", "turn": 2, "change": ""
        }  # fmt: skip


def test_a_finding_is_kept_beside_a_session_and_gives_way_to_a_later_one_of_the_same(
    path: Path,
) -> None:
    findings = Findings(path)
    findings.keep("root", "judged", "judge 1", {"lines": 3})
    findings.keep("root", "judged", "judge 2", {"lines": 4})
    findings.keep("root", "judged", "judge 1", {"lines": 5})
    findings.keep("root", "verified", "here", [])
    kept = {(one.kind, one.by): one.read(dict[str, int]) for one in findings.of("root", "judged")}
    assert kept == {("judged", "judge 1"): {"lines": 5}, ("judged", "judge 2"): {"lines": 4}}
    assert len(findings.of("root")) == 3
    assert findings.of("late") == []
    with pytest.raises(StoreError, match="no session nowhere"):
        findings.keep("nowhere", "judged", "judge 1", {})
    with pytest.raises(StoreError, match="cannot be read"):
        findings.of("root", "verified")[0].read(dict[str, int])


def test_findings_go_when_their_session_goes_for_good(path: Path) -> None:
    findings = Findings(path)
    findings.keep("alone", "judged", "judge 1", {})
    Shelf(path).delete(["alone"])
    Shelf(path).empty_trash()
    assert findings.of("alone") == []
