"""The person's rules for how long recordings are kept, applied in the background."""

import asyncio
from typing import TYPE_CHECKING

from console.settings import Settings, read_settings
from engine.errors import DrifttyError, SettingsError
from engine.figures import number, size

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from sessions.retention import Plan, Rules


def rules_of(settings: Settings) -> "Rules":
    """What the settings say. Raises `SettingsError` where that is less than nothing."""
    from sessions.retention import Rules

    if settings.keep_days < 0 or settings.keep_megabytes < 0:
        raise SettingsError("settings.toml: keep_days and keep_megabytes are 0 or more.")
    return Rules(settings.keep_days, settings.keep_megabytes)


def sentence(planned: "Plan", gone: int) -> str:
    """What was done, for the person to read."""
    stay = (
        f"; {number(planned.protected, 'other')} stay, tagged or noted" if planned.protected else ""
    )
    return f"{number(gone, 'recording')} removed by your rules, {size(planned.bytes)}{stay}."


async def retain(app: "DrifttyApp") -> None:
    """Remove what the rules say, and say so; nothing where there are no rules, the usual case."""
    try:
        rules = rules_of(read_settings())
        if not rules:
            return
        from sessions import retention

        planned = await asyncio.to_thread(retention.plan, rules)
        if not planned.due:
            return
        gone = await asyncio.to_thread(retention.carry_out, planned, None, lambda _: app.is_running)
        app.notify(sentence(planned, gone), title="Kept recordings", timeout=8, markup=False)
    except DrifttyError as error:
        app.complain(error)
