"""What every fact of a session has."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """A fact of a session."""

    at: int
    """Nanoseconds since the session's start."""
