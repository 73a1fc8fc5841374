"""Write a store of the current version to keep: `python -m tests.sessions.freeze`.

To be run once, before a migration is added; what is frozen is never made anew.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from sessions.recorder import Recorder
from sessions.schema import SCHEMA_VERSION
from tests.sessions.made import make_session

FROZEN = Path(__file__).parent / "frozen"


async def _record(path: Path) -> None:
    async with Recorder.open(path) as recorder:
        for session, cut in (("6ahrnqk1az5h", -1), ("6ahrnqk1cm8c", None)):
            for event in make_session(session)[:cut]:
                recorder.record(session, event)


def main() -> None:
    """Freeze, unless it was done."""
    frozen = FROZEN / f"v{SCHEMA_VERSION}.db"
    if frozen.exists():
        sys.exit(f"{frozen} is frozen already")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "driftty.db"
        asyncio.run(_record(path))
        shutil.copy(path, frozen)


if __name__ == "__main__":
    main()
