"""Whether a recording is whole: every event there, in its place, as it was written."""

from engine.errors import StoreError
from sessions.chain import first_link, next_link
from sessions.library import Library

LOST_LOG = "the store was used without the write-ahead log (-wal) that they were in"


async def find_damage(library: Library, session: str) -> str:
    """What is wrong with a session's recording, as a clause; empty where it is whole.

    Follows the hash chain from the session's id to the link that the session keeps as its last. A
    session that is being recorded may only have more events than it said when this began.
    """
    said, head = await library.head(session)
    link, place = first_link(session), 0
    try:
        async for stored in library.stored(session):
            if stored.seq != place:
                return f"events {place} to {stored.seq - 1} are missing"
            link = next_link(link, stored.body)
            if link != stored.link:
                return f"event {place} is not what was recorded there"
            place += 1
            if place == said and link != head:
                return f"event {place - 1} is not the last one that was recorded"
    except StoreError as error:
        return f"event {place} cannot be read: {error}"
    if place < said:
        return f"the last {said - place} of {said} events are missing"
    had = (await losses(library)).get(session, 0)
    if place < had:
        return f"the last {had - place} of {had} events are missing: {LOST_LOG}"
    return ""


async def losses(library: Library) -> dict[str, int]:
    """Sessions of which acknowledged events are gone, and how many events they once had."""
    rows = await library.fetch(
        "SELECT session, losses.events FROM losses LEFT JOIN sessions ON id = session"
        " WHERE losses.events > coalesce(sessions.events, 0)"
    )
    return {session: int(events) for session, events in rows}
