"""Sessions and experiments in one list, as long as it may be: its keys at once, its rows by the page.

The runs of an experiment are folded under one row. Keys are two small numbers, so that a list of tens
of thousands is had in a moment and any place of it can be jumped to; rows are read for what is in view.
"""

from collections.abc import Iterable, Sequence

import msgspec

from sessions import conditions
from sessions.library import Library, summary_of
from sessions.summary import EVERYTHING, NEWEST, Order, Query, Summary


class Key(msgspec.Struct, frozen=True):
    """What stands in one row: a session, a run of an experiment, or an experiment."""

    session: int = 0
    """The number of a session; 0 for an experiment's own row."""
    experiment: int = 0
    """The number of the experiment it belongs to or is; 0 for none."""
    runs: int = 0
    """For an experiment: how many of its runs are asked for."""


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


Row = Summary | Trial


class Listing:
    """Reads one library for lists."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def keys(
        self, query: Query = EVERYTHING, order: Order = NEWEST, unfolded: Iterable[int] = ()
    ) -> list[Key]:
        """The keys of all rows in order. `unfolded`: the experiments whose runs are listed below them.

        An experiment stands where the first of its runs would. Raises `StoreError`.
        """
        where, values = conditions.where(query)
        found = await self._library.fetch(
            f"SELECT number, coalesce(trial, 0) FROM ({await self._library.summaries()}) {where}"
            f" {conditions.order_by(order)}",
            values,
        )
        runs: dict[int, list[int]] = {}
        alone: list[tuple[int, int]] = []
        for session, trial in found:
            if trial and (place := runs.get(trial)) is not None:
                place.append(session)
                continue
            if trial:
                runs[trial] = [session]
            alone.append((session, trial))
        opened = set(unfolded)
        keys: list[Key] = []
        if query == EVERYTHING and order == NEWEST:
            # Nothing of it is recorded yet: it has only just begun.
            keys += [Key(0, number) for number in await self._without_runs()]
        for session, trial in alone:
            if not trial:
                keys.append(Key(session))
                continue
            keys.append(Key(0, trial, len(runs[trial])))
            if trial in opened:
                keys += [Key(one, trial) for one in runs[trial]]
        return keys

    async def rows(self, keys: Sequence[Key]) -> dict[Key, Row]:
        """What the rows of these keys say; without those that are gone since."""
        by_session = {key.session: key for key in keys if key.session}
        by_trial = {key.experiment: key for key in keys if not key.session}
        rows: dict[Key, Row] = {}
        if by_session:
            found = await self._library.fetch(
                f"SELECT * FROM ({await self._library.summaries()}) WHERE number IN"
                f" ({', '.join(map(str, by_session))})"
            )
            rows |= {by_session[row["number"]]: summary_of(row) for row in found}
        if by_trial:
            rows |= {by_trial[number]: row for number, row in await self._trials(list(by_trial))}
        return rows

    async def disk(self) -> tuple[int, int]:
        """Bytes that events take in the store: of all sessions, and of those in the trash."""
        found = await self._library.fetch(
            "SELECT coalesce(sum(bytes), 0), coalesce(sum(bytes) FILTER (WHERE deleted IS NOT NULL), 0)"
            " FROM sessions"
        )
        return (int(found[0][0]), int(found[0][1])) if found else (0, 0)

    async def _without_runs(self) -> list[int]:
        found = await self._library.fetch(
            "SELECT number FROM experiments WHERE NOT EXISTS"
            " (SELECT 1 FROM experiment_runs WHERE experiment = number) ORDER BY number DESC"
        )
        return [int(row[0]) for row in found]

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
            for name in ("configs", "tasks"):
                fields[name] = msgspec.json.decode(fields[name], type=tuple[str, ...])
            trials.append((number, msgspec.convert(fields, Trial)))
        return trials
