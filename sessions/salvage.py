"""What can still be read of a damaged store, saved into a new one.

Events are picked out of the file's pages one by one, and out of the write-ahead log's, whether or not
SQLite can still find its way to them. The hash chain says which of them are whole and belong together.

For one thread: none of this may run on an event loop.
"""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from engine.errors import StoreError
from engine.events import AnyEvent, SessionStarted
from sessions import packing
from sessions.chain import LINK_BYTES, first_link, next_link
from sessions.journal import Entry, Journal
from sessions.pages import Pages, Value

Found = dict[int, dict[int, set[tuple[bytes, bytes]]]]
"""By session number and place: links and bodies, more than one where old pages lie about."""


class Salvaged(msgspec.Struct, frozen=True):
    """A session that was saved."""

    session: str
    events: int
    lost: int
    """Events of it that are there and hang in the air, for one before them is gone."""


def salvage(damaged: Path, saved: Path) -> list[Salvaged]:
    """Save what can be read of the store at `damaged` into a new one at `saved`.

    A session is saved up to the first event that is gone. Raises `StoreError` where `saved` exists,
    or nothing can be read.
    """
    if saved.exists():
        raise StoreError(f"{saved} is there already; name another file for what can be saved.")
    try:
        found = _collect(Pages(damaged).records())
    except OSError as error:
        raise StoreError(f"{damaged} cannot be read: {error.strerror or error}.") from error
    saved_sessions = []
    with ExitStack() as stack:
        journal: Journal | None = None
        for _, places in sorted(found.items()):
            entries = _follow(places)
            if not entries:
                continue
            if journal is None:
                journal = stack.enter_context(closing(Journal(saved, live=False)))
            journal.write(entries)
            session = entries[0].session
            saved_sessions.append(Salvaged(session, len(entries), len(places) - len(entries)))
    if not saved_sessions:
        raise StoreError(f"Nothing that was recorded can be read in {damaged}.")
    return saved_sessions


def _collect(records: Iterable[tuple[Value, ...]]) -> Found:
    """The records that are events."""
    found: Found = {}
    for record in records:
        match record:
            case (int(session), int(seq), int(), str(), int(how), bytes(link), bytes(stored)) if (
                len(link) == LINK_BYTES and session > 0 and seq >= 0
            ):
                try:
                    body = packing.unpack(how, stored)
                except StoreError:
                    continue
                found.setdefault(session, {}).setdefault(seq, set()).add((link, body))
            case _:
                pass
    return found


def _follow(places: dict[int, set[tuple[bytes, bytes]]]) -> list[Entry]:
    """The events of a session, from its beginning as far as the chain holds."""
    for link, body in places.get(0, ()):
        started = _decode(body)
        if isinstance(started, SessionStarted):
            session = started.session
            if next_link(first_link(session), body) == link:
                break
    else:
        return []
    entries = [Entry(session, started, body)]
    while True:
        for candidate, body in places.get(len(entries), ()):
            event = _decode(body)
            if event is not None and next_link(link, body) == candidate:
                entries.append(Entry(session, event, body))
                link = candidate
                break
        else:
            return entries


def _decode(body: bytes) -> AnyEvent | None:
    try:
        return packing.decode(body)
    except StoreError:
        return None
