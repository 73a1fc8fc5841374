"""Queries and orders as SQL over summaries."""

from collections.abc import Iterable

import msgspec

from sessions.asking import FIELDS
from sessions.summary import Column, Order, Query, Term

SqlValue = str | float
"""What stands for a `?`."""

_SIGNS = {"is": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ORDERS: dict[Column, str] = {
    "when": "number",
    "outcome": "outcome",
    "config": "config",
    "model": "model",
    "task": "task",
    "turns": "turns",
    "drift": "drift_turn",
    "length": "took",
    "tokens": "tokens",
    "size": "bytes",
    "tags": "nullif(tags, '[]')",
}


def where(query: Query) -> tuple[str, list[SqlValue]]:
    """A `WHERE` clause and its values."""
    parts: list[tuple[str, list[SqlValue]]] = [
        (f"deleted {'<>' if query.trash else '='} ''", []),
        *_fields(query),
        *(_term(term) for term in query.terms),
    ]
    values = [value for _, given in parts for value in given]
    return f"WHERE {' AND '.join(text for text, _ in parts)}", values


def order_by(order: Order) -> str:
    """An `ORDER BY` clause."""
    column, way = _ORDERS[order.column], "DESC" if order.down else "ASC"
    if order.column == "when":
        return f"ORDER BY number {way}"
    return f"ORDER BY {column} IS NULL, {column} {way}, number DESC"


def _fields(query: Query) -> Iterable[tuple[str, list[SqlValue]]]:
    terms = {
        "outcome = ?": query.outcome or "",
        "? IN (config, seed)": query.config,
        "model = ?": query.model,
        "instr(lower(task), lower(?))": query.task,
        "EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)": query.tag,
        "experiment = ?": query.experiment,
    }
    for term, value in terms.items():
        if value:
            yield term, [value]
    if query.alone:
        yield "trial IS NULL", []
    if query.among is not None:
        # One value however many there are: SQLite takes a bounded number of them.
        ids = msgspec.json.encode(query.among).decode()
        yield "id IN (SELECT value FROM json_each(?))", [ids]


def _term(term: Term) -> tuple[str, list[SqlValue]]:
    text, values = _comparison(term)
    return (f"NOT coalesce({text}, 0)" if term.negated else text), values


def _comparison(term: Term) -> tuple[str, list[SqlValue]]:
    column, kind, _ = FIELDS[term.field]
    value = term.value
    if term.relation == "any":
        return ("tags <> '[]'" if kind == "tags" else f"coalesce({column}, '') <> ''"), []
    if kind == "tags":
        same = "value = ?" if term.relation == "is" else "instr(value, lower(?))"
        return f"EXISTS (SELECT 1 FROM json_each(tags) WHERE {same})", [value]
    if kind == "id":
        return f"substr({column}, 1, length(?)) = lower(?)", [value, value]
    if kind in ("time", "age"):
        # To the second, without the zone: all are UTC.
        moment = f"substr({column}, 1, 19)"
        if term.relation == "from":
            start, stop = str(value).split()
            return f"({moment} >= ? AND {moment} < ?)", [start, stop]
        return f"{moment} {_SIGNS[term.relation]} ?", [value]
    if term.relation == "in":
        return f"instr(lower({column}), lower(?))", [value]
    if term.field == "config":
        return "? IN (config, seed)", [value]
    return f"{column} {_SIGNS[term.relation]} ?", [value]
