"""Names for sessions: short, sortable by when they began, and typeable.

Twelve characters of Crockford's base 32 in lower case (no i, l, o, u): eight of milliseconds since
2020, four of chance. Ids made in one process always ascend, also when the clock is set back.
"""

import secrets
import threading
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 12
EPOCH_MS = 1_577_836_800_000
"""2020-01-01 UTC. Forty bits of milliseconds from there last until 2054."""

_CHANCE_BITS = 20
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A name that no other session has."""
    global _last
    milliseconds = time.time_ns() // 1_000_000 - EPOCH_MS
    value = (max(milliseconds, 0) << _CHANCE_BITS) | secrets.randbits(_CHANCE_BITS)
    with _lock:
        _last = max(value, _last + 1)
        return _spell(_last)


def read_prefix(typed: str) -> str:
    """What a person typed, as the beginning of an id: case and look-alikes do not matter."""
    return typed.strip().lower().translate(str.maketrans("ilo", "110"))


def _spell(value: int) -> str:
    return "".join(ALPHABET[(value >> 5 * place) & 31] for place in reversed(range(LENGTH)))
