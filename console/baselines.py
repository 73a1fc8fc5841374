"""Baselines: sessions that were run again and came out the same, to be held against later versions.

The tag says which they are; when and on what they were verified is kept as a finding.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import DrifttyError, StoreError
from engine.events import Provenance
from engine.rerun.finding import Verification
from engine.version import VERSION
from sessions import shipped
from sessions.findings import Findings
from sessions.shelf import Shelf, read_tag

BASELINE = "verified-baseline"
"""The tag that is kept for baselines; nobody gives it by hand."""


def read_tags(typed: Iterable[str]) -> list[str]:
    """The tags that a person gives by hand. Raises `DrifttyError` for what cannot be one of those."""
    tags = [read_tag(word) for word in typed]
    if BASELINE in tags:
        raise DrifttyError(
            f"The tag {BASELINE} is for sessions that came out the same when they were run again: "
            "`driftty sessions baseline`, or b after a verification, gives it."
        )
    return tags


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification came to, as it is kept."""

    verdict: Literal["identical", "near-tie", "different", "nothing"]
    version: str
    """Of the driftty that verified."""
    tokens: int
    divergences: int
    deviation: float
    """In nats: the largest difference between the log-probabilities of equal tokens."""
    first: tuple[int, int] | None
    """Turn and position of the first divergence."""
    world_same: bool | None
    """Whether the shell did the same again; none where it was not asked to."""
    provenance: Provenance
    """Who answered."""


def keep_verified(found: Verification, provenance: Provenance, path: Path | None = None) -> str:
    """Keep what a verification came to; returns why it could not be kept, or nothing."""
    first = found.divergences[0] if found.divergences else None
    document = Verified(
        verdict=found.verdict,
        version=VERSION,
        tokens=found.tokens,
        divergences=len(found.divergences),
        deviation=found.deviation,
        first=(first.turn, first.position) if first else None,
        world_same=found.world_same if found.world is not None else None,
        provenance=provenance,
    )
    by = f"{VERSION} {provenance.device} {provenance.dtype}"
    try:
        Findings(path).keep(found.session, "verified", by, document)
    except StoreError as error:
        return str(error)
    return ""


def tag_baseline(session: str, path: Path | None = None) -> None:
    """Tag a session as a baseline. Raises `StoreError`, for one that only ships too."""
    try:
        Shelf(path).tag(session, [BASELINE])
    except StoreError as error:
        name = shipped.name_of(session)
        if name is None:
            raise
        raise StoreError(
            f"{shipped.PREFIX}{name} came with driftty and stays as it is: its tags do too."
        ) from error


def verifications(session: str, path: Path | None = None) -> list[tuple[str, Verified]]:
    """When a session was verified, and what that came to; the latest first. Raises `StoreError`."""
    return [(each.at, each.read(Verified)) for each in Findings(path).of(session, "verified")]
