"""Telling output that really differs from output in which only the clock or a number went on."""

import re

_WORDS = (
    *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    *("january", "february", "march", "april", "june", "july", "august", "september", "october"),
    *("november", "december", "am", "pm"),
)
_HEX = re.compile(r"\b(?:0x)?[0-9a-f]{7,64}\b", re.IGNORECASE)
_DAY_OR_MONTH = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.:,/+-]\d+)*[KMGTkmgt]?(?:i?B\b|%)?")
_GAP = re.compile(r"[ \t]{2,}")


def settled(text: str) -> str:
    """A text with times, dates, numbers and hashes made alike, and columns drawn together."""
    text = _HEX.sub("#", text)
    text = _DAY_OR_MONTH.sub("@", text)
    text = _NUMBER.sub("#", text)
    return _GAP.sub(" ", text)


def only_volatile(before: str, now: str) -> bool:
    """Whether two texts are the same but for what another minute or process would change.

    Line by line, and only where a line has words or punctuation left to be the same: a lone number is
    as likely the answer itself.
    """
    lines, others = before.splitlines(), now.splitlines()
    if len(lines) != len(others):
        return False
    return all(
        one == other or (settled(one) == settled(other) and settled(one).strip("#@ ") != "")
        for one, other in zip(lines, others, strict=True)
    )
