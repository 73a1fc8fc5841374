"""What the console remembers of a person's taste, in `settings.toml` of the config folder."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from console.wholefile import whole_file
from engine import folders
from engine.errors import DrifttyError, SettingsError


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person's settings."""

    theme: str = "dark"
    keep_days: int = 0
    """Recordings older than this are removed when the console opens, but those with a tag or a note;
    0 keeps them."""
    keep_megabytes: int = 0
    """The oldest are removed, but those, while all together take more; 0 sets no bound."""
    keep_home_megabytes: int = 4
    """The operator's scratch home is kept with every turn of a run that is watched, while all of its
    files take no more; 0 keeps none."""


def largest_home() -> int:
    """Bytes of the largest scratch home that is kept; as by default where no settings can be read."""
    try:
        settings = read_settings()
    except SettingsError:
        # The console says so where it reads them for itself; a run need not fail for it.
        settings = Settings()
    return max(0, settings.keep_home_megabytes) * 1_000_000


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


def read_theme(known: Collection[str]) -> str:
    """The theme that is set; raises `SettingsError` also where it is none of `known`."""
    theme = read_settings().theme
    if theme not in known:
        raise SettingsError(f"settings.toml: there is no theme `{theme}`.")
    return theme


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
        with whole_file(target) as file:
            file.write(text.encode())
    except OSError as error:
        raise SettingsError(f"{target}: the settings cannot be written: {error}.") from error
    except DrifttyError as error:
        raise SettingsError(f"The settings are not kept: {error}") from error
