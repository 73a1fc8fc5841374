"""Which arm of its experiment a run is of, in words."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from engine.errors import StoreError
from engine.experiment import Experiment
from sessions.summary import Summary

if TYPE_CHECKING:
    from sessions.library import Library


async def with_arms(library: "Library", summaries: Sequence[Summary]) -> list[Summary]:
    """The same, each run with what its arm was run under beside its config.

    One that was broken off counts for no arm; of those, a fork's own change is told. Raises
    `StoreError`.
    """
    runs = [summary for summary in summaries if summary.experiment]
    if not runs:
        return list(summaries)
    labels = await arm_labels(library, {run.experiment for run in runs})
    ids = [run.id for run in runs if run.experiment in labels]
    rows = await library.fetch(
        "SELECT session, config FROM experiment_runs"
        " WHERE session IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(ids).decode(),),
    )
    arms = {str(session): int(arm) for session, arm in rows}
    return [
        msgspec.structs.replace(each, arm=labels[each.experiment][arms[each.id]])
        if each.id in arms
        else msgspec.structs.replace(each, arm=each.change if each.experiment else "")
        for each in summaries
    ]


async def arm_labels(library: "Library", experiments: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What each arm of experiments was run under beside its config, by their ids.

    Raises `StoreError`.
    """
    ids = sorted(experiments)
    rows = await library.fetch(
        "SELECT id, document FROM experiments WHERE id IN (SELECT value FROM json_each(?))"
        " AND json_array_length(document, '$.conditions') > 0",
        (msgspec.json.encode(ids).decode(),),
    )
    try:
        return {
            str(id_): msgspec.json.decode(document, type=Experiment).labels
            for id_, document in rows
        }
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"What is kept about an experiment is damaged ({error}). `driftty sessions recover` saves "
            "what can be read of the store."
        ) from error
