"""The line with which a person asks for sessions: `outcome:drift turns>3 -tag:seen "not found"`.

Every word is a term or a word to search for. A term is a field, a relation and a value; `-` before it
turns it round; double quotes keep blanks together. Text is compared by `:` (is in it) and `=` (is it),
numbers, times and spans by `:` or `=`, `<`, `<=`, `>`, `>=`, and `:2..5` for a range. `*` is any value
that is there. Words that are no terms are looked for in commands, output and reasoning.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, get_args

from engine.errors import StoreError
from engine.events import DriftKind, Outcome
from engine.run import Channel, SandboxPolicy
from sessions.summary import Query, Relation, Term


class Field(NamedTuple):
    """Something that can be asked for."""

    column: str
    """Of the summaries, or an expression over them."""
    kind: str
    """`text`, `id`, `number`, `span`, `size`, `time`, `age` or `tags`."""
    words: str
    """For help."""


FIELDS: dict[str, Field] = {
    "outcome": Field("outcome", "text", "clean, drift, no-exit, fault, stopped, interrupted …"),
    "config": Field("config", "text", "the config; config=operator is all of that seed's"),
    "model": Field("model", "text", "the model"),
    "task": Field("task", "text", "the task's name or text"),
    "drift": Field("drift_kind", "text", "the kind of drift; drift:* is any"),
    "drift-turn": Field("drift_turn", "number", "the turn of the first drift"),
    "turns": Field("turns", "number", "how many turns: turns>3, turns:2..5"),
    "tokens": Field("tokens", "number", "how many tokens the operator wrote"),
    "events": Field("events", "number", "how many events"),
    "length": Field("took", "span", "how long it lasted: length>90s"),
    "size": Field("bytes", "size", "what it takes on disk: size>1MB"),
    "when": Field("began", "time", "when it began: when:2026-11, when>=2026-11-20"),
    "age": Field("began", "age", "how long ago it began: age<7d"),
    "tag": Field("tags", "tags", "a tag; tag:* is any"),
    "note": Field("note", "text", "its note"),
    "id": Field("id", "id", "the beginning of its id"),
    "experiment": Field("experiment", "id", "the experiment it is a run of; * is any"),
    "parent": Field("parent", "id", "the session it was forked from; * is any"),
    "change": Field("change", "text", "what was done otherwise in a fork: change:mask"),
    "why": Field("why", "text", "what ended it"),
    "version": Field("version", "text", "of the driftty that recorded it"),
    "rng": Field("json_extract(spec, '$.rng')", "number", "the run seed"),
    "temperature": Field("json_extract(spec, '$.sampling.temperature')", "number", "as asked"),
    "channel": Field("json_extract(spec, '$.channel')", "text", "cooked or fragmented"),
    "sandbox": Field("json_extract(spec, '$.sandbox')", "text", "as asked"),
}
"""Everything a term can name."""

_KNOWN: dict[str, tuple[str, ...]] = {
    "outcome": (*get_args(Outcome), "recording", "interrupted"),
    "drift": get_args(DriftKind),
    "channel": get_args(Channel),
    "sandbox": get_args(SandboxPolicy),
}
"""Fields that have few values: what is in none of these is a slip of the hand."""

_HEAD = r"-?[a-z-]+(?:<=|>=|[:=<>])"
_WORD = re.compile(rf'({_HEAD})(?=\s|$)|({_HEAD})?(?:"([^"]*)"?|(\S+))')
_SPANS = {
    "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86_400 * 10**9, "w": 7 * 86_400 * 10**9, "y": 365 * 86_400 * 10**9,
}  # fmt: skip
"""Nanoseconds by unit."""
_SIZES = {"b": 1, "kb": 10**3, "k": 10**3, "mb": 10**6, "m": 10**6, "gb": 10**9, "g": 10**9}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_TIME = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?)(?:T(\d\d?):(\d\d))?)?)?")


def read_query(text: str, now: datetime | None = None) -> Query:
    """What a person typed, as a query. `now` is what ages are counted from.

    Raises `StoreError` naming the term that cannot be understood.
    """
    terms, words = [], []
    for empty, named, quoted, bare in _WORD.findall(text):
        head = named or empty
        if not head:
            words.append(bare or f'"{quoted}"')
            continue
        found = re.fullmatch(r"(-?)([a-z-]+)(<=|>=|[:=<>])", head)
        assert found is not None
        minus, field, relation = found.groups()
        value = quoted or bare
        if field in FIELDS:
            terms.extend(_terms(field, relation, value, bool(minus), now or datetime.now(UTC)))
        elif bare.startswith("//") or not value:
            words.append(head + value)  # an address, or a colon after a word
        else:
            raise StoreError(
                f"There is no field “{field}” to ask for. There is: {', '.join(FIELDS)}. To search "
                f'for the text, put it in quotes: "{field}{relation}{value}".'
            )
    return Query(terms=tuple(terms), words=" ".join(words))


def _terms(field: str, relation: str, value: str, negated: bool, now: datetime) -> list[Term]:
    """The terms that one word makes; none while its value is still missing."""
    if not value:
        return []
    kind = FIELDS[field].kind
    if value == "*":
        return [Term(field, "any", "", negated)]
    if kind in ("text", "id", "tags"):
        if relation not in (":", "="):
            raise StoreError(f"“{field}” is text: ask with {field}:{value} or {field}={value}.")
        known_values = _KNOWN.get(field, (value.lower(),))
        if not any(value.lower() in one for one in known_values):
            there_is = ", ".join(known_values)
            raise StoreError(f"No {field} is “{value}”. There is: {there_is}.")
        return [Term(field, "in" if relation == ":" else "is", value, negated)]
    if kind == "time":
        return [_between(field, relation, *_day(value), negated)]
    if kind == "age":
        moment = _iso(now - timedelta(microseconds=_number(field, value, _SPANS) / 1000))
        older = relation in (">", ">=")
        return [Term(field, "<" if older else ">=", moment, negated)]
    units = {"span": _SPANS, "size": _SIZES}.get(kind, {})
    low, dots, high = value.partition("..")
    if dots and relation in (":", "="):
        ends = []
        for end, sign in ((low, ">="), (high, "<=")):
            if end:
                ends.append(Term(field, sign, _number(field, end, units)))  # type: ignore[arg-type]  # the two signs above
        if negated and len(ends) == 2:
            raise StoreError(f"A range cannot be turned round: -{field}:{value}; ask for one end.")
        return [Term(one.field, one.relation, one.value, negated) for one in ends]
    known: dict[str, Relation] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return [Term(field, known.get(relation, "is"), _number(field, value, units), negated)]


def _between(field: str, relation: str, start: str, stop: str, negated: bool) -> Term:
    match relation:
        case "<":
            return Term(field, "<", start, negated)
        case "<=":
            return Term(field, "<", stop, negated)
        case ">":
            return Term(field, ">=", stop, negated)
        case ">=":
            return Term(field, ">=", start, negated)
        case _:
            return Term(field, "from", f"{start} {stop}", negated)


def _number(field: str, value: str, units: dict[str, int]) -> float:
    found = _QUANTITY.fullmatch(value)
    unit = found[2].lower() if found else ""
    if found is None or (unit and unit not in units):
        like = {"s": "90s", "b": "1MB"}
        example = next((text for name, text in like.items() if name in units), "3")
        raise StoreError(f"“{value}” is nothing that {field} can be compared with, like {example}.")
    scale = units.get(unit or ("s" if "s" in units else "b"), 1)
    return float(found[1]) * scale


def _day(value: str) -> tuple[str, str]:
    """The beginning and the end of a year, month, day or minute, both UTC; as on a person's clock."""
    here = datetime.now().astimezone()
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if value in ("today", "yesterday"):
        start = midnight - timedelta(days=value == "yesterday")
        return _iso(start), _iso(start + timedelta(days=1))
    found = _TIME.fullmatch(value)
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute = (int(part) if part else None for part in found.groups())
        assert year is not None
        start = datetime(year, month or 1, day or 1, hour or 0, minute or 0).astimezone()
        return _iso(start), _iso(_after(start, month, day, hour))
    except (ValueError, OverflowError):
        raise StoreError(
            f"“{value}” is no time: say 2026, 2026-11, 2026-11-22, 2026-11-22T09:30, today or "
            "yesterday."
        ) from None


def _after(start: datetime, month: int | None, day: int | None, hour: int | None) -> datetime:
    if hour is not None:
        return start + timedelta(minutes=1)
    if day is not None:
        return start + timedelta(days=1)
    if month is not None:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start.replace(year=start.year + 1)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def quoted(words: str) -> str:
    """One argument of a command line as it stands in a query: in quotes where it has blanks."""
    return f'"{words}"' if " " in words and '"' not in words else words
