"""A recording that was changed afterwards is told from one that was not."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from engine.events import AnyEvent
from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage
from tests.sessions.made import make_session


@asynccontextmanager
async def recorded(path: Path) -> AsyncIterator[tuple[Library, str, list[AnyEvent]]]:
    session = new_id()
    async with Recorder.open(path) as recorder:
        for event in make_session(session):
            recorder.record(session, event)
    async with Library.open(path) as library:
        yield library, session, make_session(session)


PLANTED = {
    "UPDATE events SET body = x'00' WHERE seq = 5": "event 5 is not what was recorded",
    "DELETE FROM events WHERE seq = 7": "events 7 to 7 are missing",
    "DELETE FROM events WHERE seq >= 10": "the last .* are missing",
    "DELETE FROM events": "the last .* are missing",
    "UPDATE events SET seq = 1000 WHERE seq = 0": "events 0 to 0 are missing",
    "UPDATE sessions SET head = x'00'": "is not the last one that was recorded",
    "UPDATE sessions SET id = 'another'": "event 0 is not what was recorded",
    "UPDATE events SET body = x'aa' WHERE packing = 1": "cannot be read",
}


@pytest.mark.parametrize("change", PLANTED)
async def test_the_hash_chain_notices(tmp_path: Path, change: str) -> None:
    path = tmp_path / "driftty.db"
    async with recorded(path) as (library, session, _):
        assert await find_damage(library, session) == ""
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(change)
            connection.commit()
        session = (await library.find("last")).id
        damage = await find_damage(library, session)
    assert damage

    assert re.search(PLANTED[change], damage)
