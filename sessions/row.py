"""A session's own row: what a list shows of it without reading its events.

Everything here follows from the events and could be had from them again.
"""

import json
import sqlite3
from hashlib import sha256
from typing import Any

import msgspec

from engine.events import (
    AnyEvent,
    CompletionEnded,
    DriftSeen,
    ModelReady,
    RunEnded,
    SessionStarted,
    TurnStarted,
)
from engine.run import Config
from sessions.chain import first_link


class SessionRow(msgspec.Struct):
    """The row of a session that is being recorded, as the next transaction will leave it."""

    number: int
    head: bytes
    """The last event's link in the hash chain."""
    events: int = 0
    """How many are recorded; the next one's place."""
    bytes: int = 0
    """That the bodies take in the store."""
    took: int = 0
    """Nanoseconds from the session's start to its last event."""
    turns: int = 0
    tokens: int = 0
    """That the operator wrote."""
    provenance: int | None = None
    outcome: str | None = None
    operated: bool | None = None
    exited: bool | None = None
    done: bool | None = None
    drift_turn: int | None = None
    drift_kind: str | None = None
    why: str = ""

    def absorb(self, event: AnyEvent, connection: sqlite3.Connection) -> None:
        """Take in what an event changes."""
        self.took = max(self.took, event.at)
        match event:
            case TurnStarted():
                self.turns = event.turn
            case CompletionEnded():
                self.tokens += event.tokens
            case ModelReady():
                self.provenance = _provenance(connection, event)
            case DriftSeen() if self.drift_turn is None:
                self.drift_turn, self.drift_kind = event.turn, event.kind
            case RunEnded():
                self.outcome, self.why = event.outcome, event.why
                self.operated, self.exited, self.done = event.operated, event.exited, event.done
                self.drift_turn, self.drift_kind = event.drift_turn, event.drift_kind
                self.turns = event.turns
            case _:
                pass

    def save(self, connection: sqlite3.Connection) -> None:
        """Write the row as it is now; whoever writes is alive, so the session is not interrupted."""
        fields = msgspec.structs.asdict(self)
        settings = ", ".join(f"{name} = :{name}" for name in fields if name != "number")
        connection.execute(
            f"UPDATE sessions SET {settings}, interrupted = 0 WHERE number = :number", fields
        )


def add_session(
    connection: sqlite3.Connection, started: SessionStarted, recorder: int | None
) -> SessionRow:
    """Make the row of a new session.

    Raises `sqlite3.IntegrityError` where the store has a session of that id.
    """
    spec = started.spec
    head = first_link(started.session)
    fields: dict[str, Any] = {
        "id": started.session,
        "began": started.began,
        "version": started.version,
        "parent": started.parent,
        "experiment": started.experiment,
        "recorder": recorder,
        "config": _config(connection, spec.config),
        "model": spec.model,
        "task": spec.task.name or spec.task.text,
        "head": head,
        "spec": _spec_without_config(started),
    }
    cursor = connection.execute(
        f"INSERT INTO sessions ({', '.join(fields)}) VALUES (:{', :'.join(fields)})", fields
    )
    assert cursor.lastrowid is not None
    return SessionRow(number=cursor.lastrowid, head=head)


def _config(connection: sqlite3.Connection, config: Config) -> int:
    """The number of a config, with its seed's full text; added where it is new."""
    digest = sha256(msgspec.json.encode(config)).hexdigest()
    known = connection.execute("SELECT number FROM configs WHERE digest = ?", (digest,)).fetchone()
    if known is not None:
        number: int = known[0]
        return number
    source = sha256(config.source.encode()).hexdigest()
    connection.execute(
        "INSERT OR IGNORE INTO seeds (hash, text) VALUES (?, ?)", (source, config.source)
    )
    cursor = connection.execute(
        "INSERT INTO configs (digest, hash, name, seed, source, elements, prompt, scrollback)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            digest,
            config.hash,
            config.name,
            config.seed,
            source,
            json.dumps(config.elements),
            config.prompt,
            msgspec.json.encode(config.turns).decode(),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _provenance(connection: sqlite3.Connection, ready: ModelReady) -> int:
    text = msgspec.json.encode(ready.provenance, order="sorted").decode()
    connection.execute("INSERT OR IGNORE INTO provenances (json) VALUES (?)", (text,))
    number: int = connection.execute(
        "SELECT number FROM provenances WHERE json = ?", (text,)
    ).fetchone()[0]
    return number


def _spec_without_config(started: SessionStarted) -> str:
    """What was asked for, less what the config's own row says and a fork's scrollback."""
    spec: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(started.spec, start=None))
    del spec["config"], spec["start"]
    if started.spec.start is not None:
        spec["start"] = {
            "session": started.parent,
            "turn": started.parent_turn,
            "change": started.spec.start.change,
        }
    return json.dumps(spec)
