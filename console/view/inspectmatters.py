"""How much a turn matters, as a bar and in words."""

from engine.influence import Influence

CELLS = 6
_EIGHTHS = "▁▂▃▄▅▆▇█"
SLIGHT = 0.005
"""Below it a turn is not told to do anything."""


def note(one: Influence) -> str:
    """Beside a turn's heading: `matters ▇▇▁▁▁▁ −31 points`, of a command's probability, without it."""
    if one.why:
        return "cannot be left out"
    full = min(CELLS, round(CELLS * abs(one.weight)))
    bar = "▇" * full + "▁" * (CELLS - full)
    if abs(one.weight) < SLIGHT:
        return f"matters {bar} no difference"
    sign = "−" if one.weight > 0 else "+"
    return f"matters {bar} {sign}{abs(one.weight) * 100:.0f} points"


def small(one: Influence) -> tuple[str, str]:
    """One cell and its style: how much a turn carries; `▽` where commands are likelier without it."""
    if one.why or abs(one.weight) < SLIGHT:
        return "·", "faint"
    if one.weight < 0:
        return "▽", "warn"
    return _EIGHTHS[min(len(_EIGHTHS) - 1, int(one.weight * len(_EIGHTHS)))], "good"
