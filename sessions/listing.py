"""Sessions and experiments in one list, as long as it may be: its keys at once, its rows by the page.

The runs of an experiment are folded under one row. Keys are two small numbers, so that a list of tens
of thousands is had in a moment and any place of it can be jumped to; rows are read for what is in view.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from engine.errors import StoreError
from engine.events import AnyEvent
from sessions import conditions, packing
from sessions.arms import arm_labels, with_arms
from sessions.library import Library, summary_of
from sessions.summary import EVERYTHING, NEWEST, Order, Query, Summary

KeyKind: TypeAlias = Literal["session", "run", "trial", "shipped", "heading"]
"""`run`: a session listed under its experiment. `trial`: an experiment. `shipped`: a recording that
came with the program."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in one row."""

    kind: KeyKind
    number: int = 0
    """Of the session, or of the experiment for `trial`, in its store."""
    trial: int = 0
    """The number of the experiment a run is of."""
    runs: int = 0
    """For an experiment: how many of its runs are asked for."""


class Listed(msgspec.Struct, frozen=True):
    """A whole list."""

    keys: list[Key]
    sessions: int
    """How many sessions it is of, those in folded experiments too."""
    disk: tuple[int, int]
    """Bytes that events take in the store: of all sessions, and of those in the trash."""
    tagged: bool = False
    """Whether any session has a tag or a note."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment in the list."""

    id: str
    began: str
    configs: tuple[str, ...]
    tasks: tuple[str, ...]
    model: str
    n: int
    """Replicates of each config on each task."""
    clean: int
    drift: int
    finished: int
    """Cells with a result that stands."""
    took: int
    """Nanoseconds of all its runs together."""

    @property
    def planned(self) -> int:
        """Cells."""
        return self.n * len(self.configs) * max(1, len(self.tasks))


class Count(msgspec.Struct, frozen=True):
    """What one arm of an experiment came to."""

    arm: str
    """The config, and what else it was run under."""
    clean: int
    drift: int
    finished: int


Row: TypeAlias = Summary | Trial


class Listing:
    """Reads one library for lists."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def listed(
        self, query: Query = EVERYTHING, order: Order = NEWEST, unfolded: Iterable[int] = ()
    ) -> Listed:
        """A list in order. `unfolded`: the experiments whose runs are listed below them.

        An experiment stands where the first of its runs would. Raises `StoreError`.
        """
        where, values = conditions.where(query)
        found = await self._library.fetch(
            f"SELECT number, coalesce(trial, 0) FROM ({await self._library.summaries()}) {where}"
            f" {conditions.order_by(order)}",
            values,
        )
        keys: list[Key] = []
        if query == EVERYTHING and order == NEWEST:
            keys += await self._just_begun()
        keys += _folded([(number, trial) for number, trial in found], set(unfolded))
        return Listed(keys, len(found), *await self._figures())

    async def rows(self, keys: Sequence[Key]) -> dict[Key, Row]:
        """What the rows of these keys say; without those that are gone since."""
        sessions = {key.number: key for key in keys if key.kind in ("session", "run", "shipped")}
        trials = {key.number: key for key in keys if key.kind == "trial"}
        rows: dict[Key, Row] = {}
        if sessions:
            found = await self._library.fetch(
                f"SELECT * FROM ({await self._library.summaries()}) WHERE number IN"
                f" ({', '.join(map(str, sessions))})"
            )
            told = await with_arms(self._library, [summary_of(row) for row in found])
            keyed = zip(found, told, strict=True)
            rows |= {sessions[row["number"]]: summary for row, summary in keyed}
        if trials:
            rows |= {trials[number]: row for number, row in await self._trials(list(trials))}
        return rows

    async def counts(self, trial: int) -> list[Count]:
        """What each arm of an experiment came to, in the order they were named."""
        found = await self._library.fetch(
            "SELECT json_extract(value, '$.name'),"
            " count(outcome) FILTER (WHERE outcome = 'clean'),"
            " count(outcome) FILTER (WHERE outcome = 'drift'),"
            " count(outcome) FILTER (WHERE outcome NOT IN ('fault', 'stopped'))"
            " FROM experiments, json_each(document, '$.configs')"
            " LEFT JOIN experiment_runs ON experiment = number AND config = key"
            " WHERE number = ? GROUP BY key ORDER BY key",
            (trial,),
        )
        named = await self._library.fetch("SELECT id FROM experiments WHERE number = ?", (trial,))
        arms = await arm_labels(self._library, [str(row[0]) for row in named])
        labels = next(iter(arms.values()), ("",) * len(found))
        return [
            Count(f"{config} · {label}" if label else config, *counts)
            for (config, *counts), label in zip(found, labels, strict=True)
        ]

    async def sessions_of(self, trials: Sequence[int], query: Query) -> list[str]:
        """The ids of the recorded runs of experiments that a query asks for."""
        where, values = conditions.where(query)
        found = await self._library.fetch(
            f"SELECT id FROM ({await self._library.summaries()}) {where}"
            f" AND trial IN ({', '.join(map(str, trials))})",
            values,
        )
        return [str(row[0]) for row in found]

    async def last_events(
        self, session: str, only: Sequence[str], most: int, turn: int | None = None
    ) -> list[AnyEvent]:
        """The last events of these types, in order; with `turn`, those up to the end of that turn."""
        until = (
            "coalesce((SELECT min(seq) FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS turn"
            " FROM events WHERE session = ?1 AND type = 'TurnStarted') WHERE turn > ?2), 1 << 62)"
        )
        number = await self._library.fetch("SELECT number FROM sessions WHERE id = ?", (session,))
        if not number:
            return []
        found = await self._library.fetch(
            "SELECT packing, body FROM events WHERE session = ?1"
            f" AND seq < {until} AND type IN ({', '.join(repr(name) for name in only)})"
            " ORDER BY seq DESC LIMIT ?3",
            (number[0][0], 1 << 30 if turn is None else turn, most),
        )
        return [packing.decode(packing.unpack(*row)) for row in reversed(found)]

    async def _figures(self) -> tuple[tuple[int, int], bool]:
        """Disk use, and whether anything is tagged."""
        found = await self._library.fetch(
            "SELECT coalesce(sum(bytes), 0),"
            " coalesce(sum(bytes) FILTER (WHERE deleted IS NOT NULL), 0),"
            " max(note <> '') OR EXISTS (SELECT 1 FROM tags) FROM sessions"
        )
        return ((found[0][0], found[0][1]), bool(found[0][2])) if found else ((0, 0), False)

    async def _just_begun(self) -> list[Key]:
        """Experiments of which nothing is recorded yet."""
        found = await self._library.fetch(
            "SELECT number FROM experiments WHERE NOT EXISTS"
            " (SELECT 1 FROM experiment_runs WHERE experiment = number) ORDER BY number DESC"
        )
        return [Key(kind="trial", number=row[0]) for row in found]

    async def _trials(self, numbers: Sequence[int]) -> list[tuple[int, Trial]]:
        found = await self._library.fetch(
            "SELECT number, id, began, n, coalesce(json_extract(document, '$.template.model'), '') AS"
            " model, (SELECT json_group_array(json_extract(value, '$.name'))"
            "  FROM json_each(document, '$.configs')) AS configs,"
            " (SELECT json_group_array(coalesce(nullif(json_extract(value, '$.name'), ''),"
            "  json_extract(value, '$.text'))) FROM json_each(document, '$.tasks')) AS tasks,"
            " count(outcome) FILTER (WHERE outcome = 'clean') AS clean,"
            " count(outcome) FILTER (WHERE outcome = 'drift') AS drift,"
            " count(outcome) FILTER (WHERE outcome NOT IN ('fault', 'stopped')) AS finished,"
            " coalesce(sum(took), 0) AS took"
            " FROM experiments LEFT JOIN experiment_runs ON experiment = number"
            f" WHERE number IN ({', '.join(map(str, numbers))}) GROUP BY number"
        )
        trials = []
        for row in found:
            fields = dict(row)
            number = fields.pop("number")
            try:
                for name in ("configs", "tasks"):
                    fields[name] = msgspec.json.decode(fields[name], type=tuple[str, ...])
                trials.append((number, msgspec.convert(fields, Trial)))
            except msgspec.MsgspecError as error:
                raise StoreError(
                    f"What is kept about experiment {row['id']} is damaged ({error}). "
                    "`driftty sessions recover` saves what can be read of the store."
                ) from error
        return trials


def _folded(found: Sequence[tuple[int, int]], unfolded: set[int]) -> list[Key]:
    """Keys of sessions in order, each with the number of its experiment or 0: runs under theirs."""
    runs: dict[int, list[int]] = {}
    for number, trial in found:
        if trial:
            runs.setdefault(trial, []).append(number)
    keys: list[Key] = []
    told: set[int] = set()
    for number, trial in found:
        if not trial:
            keys.append(Key(kind="session", number=number))
        elif trial not in told:
            told.add(trial)
            keys.append(Key(kind="trial", number=trial, runs=len(runs[trial])))
            if trial in unfolded:
                keys += [Key(kind="run", number=run, trial=trial) for run in runs[trial]]
    return keys
