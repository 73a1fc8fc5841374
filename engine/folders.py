"""Where driftty keeps things: caches, settings, recorded sessions, and sockets while it runs.

Each follows the platform's convention and can be moved by an environment variable, which is also how
tests keep out of a person's own folders.
"""

import os
import warnings
from pathlib import Path

import platformdirs


def cache() -> Path:
    """What can be fetched or computed again: models (`DRIFTTY_CACHE_DIR`)."""
    return _folder("DRIFTTY_CACHE_DIR", platformdirs.user_cache_path("driftty"))


def config() -> Path:
    """What the person wrote: seeds, tasks, themes, keymap, settings (`DRIFTTY_CONFIG_DIR`)."""
    return _folder("DRIFTTY_CONFIG_DIR", platformdirs.user_config_path("driftty"))


def data() -> Path:
    """What must not be lost: the database of sessions (`DRIFTTY_DATA_DIR`)."""
    return _folder("DRIFTTY_DATA_DIR", platformdirs.user_data_path("driftty"))


def runtime() -> Path:
    """What lives as long as a process does: status sockets (`DRIFTTY_RUNTIME_DIR`)."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR a temporary folder serves as well, and nobody has to be warned.
        warnings.simplefilter("ignore")
        return _folder("DRIFTTY_RUNTIME_DIR", platformdirs.user_runtime_path("driftty"))


def _folder(variable: str, default: Path) -> Path:
    chosen = os.environ.get(variable)
    return Path(chosen).expanduser() if chosen else default
