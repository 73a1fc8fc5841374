"""Write a store of the current version to keep: `python -m tests.sessions.freeze`.

To be run once, before a migration is added; what is frozen is never made anew.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from engine.experiment import cells
from sessions.experiments import Experiments, Placement
from sessions.recorder import Recorder
from sessions.schema import SCHEMA_VERSION
from tests.sessions.made import make_session
from tests.sessions.madeexperiments import make_experiment, make_kept

FROZEN = Path(__file__).parent / "frozen"
SESSIONS = ("6ahrnqk1az5h", "6ahrnqk1cm8c")
"""The second breaks off."""


async def _record(path: Path) -> None:
    async with Recorder.open(path) as recorder:
        for session, cut in zip(SESSIONS, (-1, None), strict=True):
            for event in make_session(session)[:cut]:
                recorder.record(session, event)


def _experiment(path: Path) -> None:
    """One with a run that counts, a fault, and cells that are still to be run."""
    planned, experiments = make_experiment(), Experiments(path)
    experiments.begin(planned, Placement(factorial="operator"))
    first, second = list(cells(planned))[:2]
    experiments.add(
        planned.id,
        [
            make_kept(first, session=SESSIONS[0]),
            make_kept(second, "fault", 2, session=SESSIONS[1]),
        ],
    )
    experiments.leave(planned.id)


def main() -> None:
    """Freeze, unless it was done."""
    frozen = FROZEN / f"v{SCHEMA_VERSION}.db"
    if frozen.exists():
        sys.exit(f"{frozen} is frozen already")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "driftty.db"
        asyncio.run(_record(path))
        _experiment(path)
        shutil.copy(path, frozen)


if __name__ == "__main__":
    main()
