"""Which session was forked from which, and at what turn: a tree.

For one thread: none of this may run on an event loop.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from engine.errors import StoreError
from sessions import database, shipped

_FORKS = """
    SELECT sessions.id, parent, coalesce(json_extract(spec, '$.start.turn'), 0),
           coalesce(outcome, 'unfinished'), drift_turn, turns, configs.name, model, experiment,
           json_extract(spec, '$.sampling.temperature'), json_extract(spec, '$.rng'),
           coalesce(json_extract(spec, '$.start.change'), '')
    FROM sessions JOIN configs ON configs.number = sessions.config
    WHERE deleted IS NULL AND sessions.number IN (
        SELECT number FROM sessions WHERE parent <> ''
        UNION SELECT number FROM sessions WHERE id IN
            (SELECT parent FROM sessions WHERE parent <> '' AND deleted IS NULL)
        UNION SELECT number FROM sessions WHERE id = ?)
    ORDER BY sessions.number
"""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A session, and what was forked from it."""

    session: str
    parent: str
    """The session it was forked from; empty for none, and that may have been deleted since."""
    turn: int
    """The first turn that it wrote anew; 0 where it is no fork, or that was not recorded."""
    outcome: str
    drift_turn: int | None
    turns: int
    config: str
    model: str
    temperature: float
    rng: int
    experiment: str
    """The experiment that it is a run of; empty for none."""
    change: str = ""
    """What was done otherwise in it, in a clause; empty where only dice differ."""
    forks: tuple["Branch", ...] = ()
    """In the order of their turns, and then of their recording."""

    @property
    def descendants(self) -> int:
        """How many sessions come from it, over all generations."""
        return sum(1 + fork.descendants for fork in self.forks)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Branch"]]:
        """It and all that comes from it, with their depths."""
        yield depth, self
        for fork in self.forks:
            yield from fork.walk(depth + 1)


def lineage(session: str, path: Path | None = None) -> Branch | None:
    """The whole tree that a session is in, from the one that is no fork; its own id in full.

    None where there is no such session. A session whose parent was deleted is a root. Raises
    `StoreError`.
    """
    branches = _branches(path, session)
    if session not in branches:
        return None
    root = branches[session]
    seen = {session}
    while root.parent in branches and root.parent not in seen:
        seen.add(root.parent)
        root = branches[root.parent]
    return _grown(root, _children(branches), frozenset())


def trees(path: Path | None = None) -> list[Branch]:
    """Every tree of more than one session, the one begun last first. Raises `StoreError`."""
    branches = _branches(path, "")
    children = _children(branches)
    roots = [each for each in branches.values() if each.parent not in branches]
    return [_grown(root, children, frozenset()) for root in reversed(roots)]


def _children(branches: dict[str, Branch]) -> dict[str, list[Branch]]:
    children: dict[str, list[Branch]] = defaultdict(list)
    for branch in branches.values():
        children[branch.parent].append(branch)
    return children


def _grown(branch: Branch, children: dict[str, list[Branch]], above: frozenset[str]) -> Branch:
    above |= {branch.session}
    forks = sorted(children.get(branch.session, ()), key=lambda fork: fork.turn)
    return msgspec.structs.replace(
        branch,
        forks=tuple(_grown(fork, children, above) for fork in forks if fork.session not in above),
    )


def _branches(path: Path | None, session: str) -> dict[str, Branch]:
    """Every session that is a fork or was forked, those that ship too, and the one named."""
    branches = _read(path or database.default_path(), session)
    named = dict.fromkeys((session, *(branch.parent for branch in branches.values())))
    for one in named:
        if one not in branches and shipped.name_of(one):
            branches = _read(shipped.store(), one) | branches
    return branches


def _read(path: Path, session: str) -> dict[str, Branch]:
    if not database.is_there(path):
        return {}
    database.bring_up_to_date(path)
    try:
        with closing(database.connect(path, read_only=True)) as connection:
            rows = connection.execute(_FORKS, (session,)).fetchall()
    except sqlite3.Error as error:
        raise database.explain(error, path) from error
    return {row[0]: _branch(row) for row in rows}


def _branch(row: tuple[object, ...]) -> Branch:
    names = (
        *("session", "parent", "turn", "outcome", "drift_turn", "turns", "config", "model"),
        *("experiment", "temperature", "rng", "change"),
    )
    try:
        return msgspec.convert(dict(zip(names, row, strict=True)), Branch, strict=False)
    except msgspec.ValidationError as error:
        raise StoreError(
            f"What session {row[0]} was forked from cannot be read: {error}."
        ) from error
