"""Numbers to places on paper, and the ticks between."""

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """A straight axis."""

    low: float
    high: float
    start: float
    """Where `low` lies, in pixels."""
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies; one off the scale lies at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def turns(last: int, most: int = 8) -> tuple[int, ...]:
    """Ticks for turns from 1: every one, or every so many that there are not more than `most`."""
    step = 1
    while (last - 1) // step + 1 > most:
        step += 1
    return tuple(range(1, last + 1, step))


def percent(share: float) -> str:
    """A share at an axis, without its sign."""
    return f"{share * 100:.0f}"
