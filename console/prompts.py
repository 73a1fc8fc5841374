"""Every prompt of a recording, read at a stretch."""

from console.view.payload import FOLDED, PayloadView
from sessions.playbackreader import Recording


async def prompts_of(session: str) -> PayloadView:
    """What a recorded session was sent. Raises `StoreError` where it cannot be read."""
    view = PayloadView()
    async with Recording.open(session) as recording:
        async for event in recording.only(FOLDED):
            view.apply(event)
    return view
