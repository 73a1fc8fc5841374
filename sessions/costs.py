"""What runs have cost so far, by model and config: from recordings, for an estimate of what comes.

For one thread: none of this may run on an event loop.
"""

from pathlib import Path

import msgspec

from sessions import database
from sessions.changing import reading
from sessions.kept import Stretch

_STRETCH = Stretch.__struct_fields__
_LATEST = 2000
"""Sessions looked at, the latest: older ones tell of other machines and other versions."""


class Cost(msgspec.Struct, frozen=True):
    """What runs of one config came to, on average."""

    runs: int
    tokens: float
    """Sampled in a run."""
    seconds: float
    """From its start to its end, whatever ran beside it."""


class Costs(msgspec.Struct, frozen=True):
    """What is known of one model in this store."""

    model: str
    """As asked for."""
    stretches: tuple[Stretch, ...] = ()
    """In which experiments ran on it, the latest first."""
    configs: dict[str, Cost] = {}
    """By a config's hash; runs by themselves and of experiments."""
    alone: Cost | None = None
    """Runs by themselves, whatever their config."""


def costs_of(model: str, path: Path | None = None) -> Costs:
    """What runs on a model have cost; nothing known where there is no store. Raises `StoreError`."""
    path = path or database.default_path()
    if not database.is_there(path):
        return Costs(model)
    with reading(path, f"There is no store at {path}.") as run:
        stretches = run.execute(
            f"SELECT {', '.join(_STRETCH)} FROM experiment_stretches WHERE model = ? AND runs > 0"
            " ORDER BY experiment DESC, stretch DESC LIMIT 200",
            (model,),
        ).fetchall()
        latest = (
            "(SELECT config, experiment, tokens, took FROM sessions WHERE model = ?"
            " AND outcome IN ('clean', 'drift', 'no-exit') ORDER BY number DESC LIMIT ?)"
        )
        configs = run.execute(
            "SELECT hash, count(*), avg(tokens), avg(took) / 1e9"
            f" FROM {latest} JOIN configs ON configs.number = config GROUP BY hash",
            (model, _LATEST),
        ).fetchall()
        alone = run.execute(
            f"SELECT count(*), avg(tokens), avg(took) / 1e9 FROM {latest} WHERE experiment = ''",
            (model, _LATEST),
        ).fetchone()
    return Costs(
        model,
        tuple(
            msgspec.convert(dict(zip(_STRETCH, row, strict=True)), type=Stretch)
            for row in stretches
        ),
        {hash_: Cost(*cost) for hash_, *cost in configs},
        Cost(*alone) if alone[0] else None,
    )
