"""What the console remembers of a person's taste, in `settings.toml` of the config folder."""

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from engine import folders
from engine.errors import SettingsError


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person's settings."""

    theme: str = "dark"
    keep_days: int = 0
    """Recordings older than this are removed when the console opens, but those with a tag or a note;
    0 keeps them."""
    keep_megabytes: int = 0
    """The oldest are removed, but those, while all together take more; 0 sets no bound."""


def path() -> Path:
    """Where they are kept."""
    return folders.config() / "settings.toml"


def read_settings() -> Settings:
    """The settings, or the defaults where none were kept.

    Raises `SettingsError` naming the file and what is wrong.
    """
    try:
        return msgspec.toml.decode(path().read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path()}: the settings cannot be read: {error}.") from error


def write_settings(settings: Settings) -> None:
    """Keep the settings; the file is replaced whole. Raises `SettingsError`."""
    text = "".join(
        # A JSON string or number is a TOML one too.
        f"{name} = {msgspec.json.encode(value).decode()}\n"
        for name, value in msgspec.structs.asdict(settings).items()
    )
    target = path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    except OSError as error:
        raise SettingsError(f"{target}: the settings cannot be written: {error}.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise SettingsError(f"{target}: the settings cannot be written: {error}.") from error
