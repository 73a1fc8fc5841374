"""The hash chain that makes lost, changed or reordered events noticed.

Every recorded event carries a link: SHA-256 over the link before it and its own body, cut to 16
bytes. The first link hangs on the session's id; the last is kept with the session, so that a missing
tail is noticed as well as a missing middle. Bodies are hashed before they are compressed.
"""

import hashlib

LINK_BYTES = 16


def first_link(session: str) -> bytes:
    """What the first event of a session is linked to."""
    return hashlib.sha256(b"driftty session " + session.encode()).digest()[:LINK_BYTES]


def next_link(link: bytes, body: bytes) -> bytes:
    """The link of an event with this body after an event with that link."""
    return hashlib.sha256(link + body).digest()[:LINK_BYTES]
