"""Sessions brought in from elsewhere: what was exported, recorded again under its own id.

For one thread: none of this may run on an event loop.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from engine.errors import StoreError
from engine.events import AnyEvent, SessionStarted
from sessions import database, packing
from sessions.chain import first_link, next_link
from sessions.export.jsonl import Recording
from sessions.journal import Entry, Journal
from sessions.shelf import Shelf


def take_in(recording: Recording, events: Sequence[AnyEvent], path: Path | None = None) -> bool:
    """Add an exported session to the store at `path`, the person's own by default.

    Returns whether it was new; one that is there already, event for event, is left as it is. Raises
    `StoreError` where it does not begin with its own `SessionStarted`, or another has its id.
    """
    path = path or database.default_path()
    session = recording.session
    if not events or not isinstance(events[0], SessionStarted) or events[0].session != session:
        raise StoreError(f"Session {session} cannot be brought in: its beginning is missing.")
    entries = [Entry(session, *packing.encode(event)) for event in events]
    link = first_link(session)
    for entry in entries:
        link = next_link(link, entry.body)
    there = _head(path, session)
    if there is not None:
        if there != link:
            raise StoreError(
                f"Session {session} cannot be brought in: the store has another of that id, which "
                "may be the same before it went on or before something was masked."
            )
        return False
    with closing(Journal(path, live=False)) as journal:
        journal.write(entries)
    shelf = Shelf(path)
    if recording.tags:
        shelf.tag(session, recording.tags)
    if recording.note:
        shelf.annotate(session, recording.note)
    return True


def _head(path: Path, session: str) -> bytes | None:
    """The last link of a session in the store; none where it is not there."""
    if not database.is_there(path):
        return None
    database.bring_up_to_date(path)
    try:
        with closing(database.connect(path, read_only=True)) as connection:
            row = connection.execute(
                "SELECT head FROM sessions WHERE id = ?", (session,)
            ).fetchone()
    except sqlite3.Error as error:
        raise database.explain(error, path) from error
    return bytes(row[0]) if row else None
