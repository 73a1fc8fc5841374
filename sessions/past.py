"""Recordings, read from the library for running them again."""

from engine.rerun.past import Past, PastReader
from sessions.library import Library


async def open_past(typed: str) -> Past:
    """The recording that a person named, one of those that ship among them. Raises `StoreError`."""
    async with Library.holding(typed) as library:
        return await read_past(library, typed)


async def read_past(library: Library, typed: str) -> Past:
    """The session whose id begins so, or `last`; raises `StoreError` where there is none such."""
    summary = await library.find(typed)
    reader = PastReader()
    async for event in library.events(summary.id):
        reader.feed(event)
    return reader.past
