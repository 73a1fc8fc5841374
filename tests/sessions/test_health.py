"""What is said of the store before anything is recorded."""

from pathlib import Path

import pytest

from engine.errors import StoreError
from sessions.health import describe_store


async def test_a_store_that_could_be_made_is_told_and_not_made(tmp_path: Path) -> None:
    told = await describe_store(tmp_path / "new" / "driftty.db")
    assert told.startswith("nothing recorded yet")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("place", ["file/driftty.db", "file/deeper/driftty.db"])
async def test_a_place_where_no_store_can_be_made_is_found_by_trying(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be made: .*/file cannot be written"):
        await describe_store(tmp_path / place)
