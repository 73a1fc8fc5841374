"""Numbers as a person reads them: short, with their unit, never more precise than they are."""


def duration(nanoseconds: int) -> str:
    """A span of time: `420 µs`, `96 ms`, `1.4 s`, `3 min 05 s`."""
    microseconds = max(0, nanoseconds) / 1000
    if microseconds < 999.5:
        return f"{microseconds:.0f} µs"
    if microseconds < 9_950:
        return f"{microseconds / 1e3:.1f} ms"
    if microseconds < 999_500:
        return f"{microseconds / 1e3:.0f} ms"
    if microseconds < 59_950_000:
        return f"{microseconds / 1e6:.1f} s"
    minutes, seconds = divmod(round(microseconds / 1e6), 60)
    return f"{minutes} min {seconds:02} s"


def rate(tokens: int, nanoseconds: int) -> str:
    """Tokens a second: `18 tok/s`; a dash where it cannot be told."""
    if tokens <= 0 or nanoseconds <= 0:
        return "– tok/s"
    return speed(tokens / (nanoseconds / 1e9))


def speed(per_second: float) -> str:
    """So many tokens a second: `7.3 tok/s`, `18 tok/s`."""
    return f"{per_second:.1f} tok/s" if per_second < 10 else f"{per_second:,.0f} tok/s"


def size(count: int) -> str:
    """A number of bytes, decimal, as disks are sold: `512 B`, `1.2 kB`, `3.4 MB`, `270 MB`."""
    if count < 1000:
        return f"{count} B"
    unit, scale = "GB", 1e9
    for smaller, bytes_in in (("kB", 1e3), ("MB", 1e6)):
        if count < bytes_in * 999.5:
            unit, scale = smaller, bytes_in
            break
    whole = count / scale
    return f"{whole:.1f} {unit}" if whole < 99.95 else f"{whole:.0f} {unit}"


def number(count: int, word: str, plural: str = "") -> str:
    """A count with its noun: `1 run`, `3 runs`."""
    return f"{count:,} {word if count == 1 else plural or word + 's'}"


def config_name(name: str, cells: int) -> str:
    """A config's name in so many cells: elements at its end are left out whole, with a `…`."""
    if len(name) <= cells:
        return name
    words = name.split("+")
    while len(words) > 1 and len("+".join(words)) + 2 > cells:
        words.pop()
    return "+".join([*words, "…"])
