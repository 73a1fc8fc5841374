"""Secrets in a recording, found and masked before it leaves the machine.

The patterns are those of detect-secrets (https://github.com/Yelp/detect-secrets): keys and tokens of
many makers, passwords in URLs, values assigned to names such as `API_KEY`. What is found anywhere is
masked everywhere, also where it came in pieces: bytes of the terminal, tokens, growing parts. Masks
have the length of what they hide, so that nothing moves.

Token ids spell out the text again: where anything was masked, all ids are zeroed, the texts of prompts'
tokens are masked whole, and the copy can be read and played back but not run again.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from engine.events import AnyEvent, KeysTyped, PartGrew, ShellWrote, TokensNamed, TokensSampled

MASK = "*"
_FEWEST_CHARACTERS = 8
"""What is shorter and was only found by the name it is assigned to, is likelier no secret."""
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL
)
_WINDOW, _OVERLAP = 4000, 1000
"""Characters of a line looked at together: some of the patterns take time by the square of it."""
_ASSIGNED = re.compile(
    r"[\w.-]{0,32}(?:pass|pwd|secret|key|token|auth|cred)[\w.-]{0,32}[\"']?\s{0,3}[=:]",
    re.IGNORECASE,
)
_LONGEST_VALUE = 200
_MOST_ASSIGNED = 64
"""Assignments looked at in one window, for the same reason."""
_BETWEEN = r"(?:\s?\r\n?|\n|\x1b\[[0-?]*[ -/]*[@-~])*"
"""What a terminal puts between two characters of one word: a wrapped line, a colour."""
_NOT_SECRET = {"Public IP (ipv4)", "Private Key"}
"""Left to others: addresses are no secrets, and of a key's block its first line is none."""

Place = tuple[int, int]
"""Which event, and which of its pieces."""


class Secret(msgspec.Struct, frozen=True, order=True):
    """Something that should not leave the machine."""

    kind: str
    """What it looks like, in words: `GitHub Token`."""
    text: str

    @property
    def shown(self) -> str:
        """Enough of it to tell which one it is."""
        return f"{self.text[:4]}… ({len(self.text)} characters)"


def redact(events: Sequence[AnyEvent]) -> tuple[list[AnyEvent], list[Secret]]:
    """The events with every secret masked, and the secrets; the same events where there is none."""
    secrets = find_secrets(events)
    if not secrets:
        return list(events), []
    pieces = {
        place: text
        for stream in _streams(events).values()
        for place, text in _mask_stream(stream, secrets)
    }
    return [_mask_event(at, event, pieces, secrets) for at, event in enumerate(events)], secrets


def find_secrets(events: Sequence[AnyEvent]) -> list[Secret]:
    """Every secret in a session's events, each once."""
    texts = {
        text
        for event in events
        for text in _strings(msgspec.to_builtins(event, builtin_types=(bytes,)))
    }
    for stream in _streams(events).values():
        texts.add("".join(text for _, text in stream))
    found = {secret for text in texts for secret in _in_key_blocks(text)}
    lines = {line for text in texts for line in re.split(r"[\r\n]+", text)}
    for line in lines:
        for start in range(0, max(1, len(line) - _OVERLAP), _WINDOW - _OVERLAP):
            found.update(_in_line(line[start : start + _WINDOW]))
    return sorted(found)


def _in_key_blocks(text: str) -> Iterator[Secret]:
    for block in _KEY_BLOCK.finditer(text):
        for line in re.split(r"[\r\n]+", block[0])[1:]:
            if line.strip() and not line.startswith("-----"):
                yield Secret("Private Key", line.strip())


def _in_line(line: str) -> Iterator[Secret]:
    patterns, named = _detectors()
    for kind, pattern in patterns:
        for match in pattern.finditer(line):
            yield Secret(kind, match[0].strip())
    for assigned in islice(_ASSIGNED.finditer(line), _MOST_ASSIGNED):
        for value in named(line[assigned.start() : assigned.end() + _LONGEST_VALUE]):
            word = value.split()[0] if value.split() else ""
            if len(word) >= _FEWEST_CHARACTERS and any(one.isdigit() for one in word):
                yield Secret("Secret Keyword", word)


@cache
def _detectors() -> tuple[list[tuple[str, re.Pattern[str]]], Any]:
    """Patterns with what they find, and what finds values by the name they are assigned to."""
    import detect_secrets.plugins as plugins
    from detect_secrets.plugins import keyword
    from detect_secrets.plugins.base import RegexBasedDetector

    patterns = []
    for module in pkgutil.iter_modules(plugins.__path__):
        held = vars(importlib.import_module(f"{plugins.__name__}.{module.name}"))
        for detector in held.values():
            if not (isinstance(detector, type) and issubclass(detector, RegexBasedDetector)):
                continue
            if not inspect.isabstract(detector):
                finding = detector()
                patterns += [(str(finding.secret_type), one) for one in finding.denylist]

    def named(line: str) -> Iterable[str]:
        return keyword.KeywordDetector().analyze_string(
            line, denylist_regex_to_group=keyword.CONFIG_DENYLIST_REGEX_TO_GROUP
        )

    return [one for one in patterns if one[0] not in _NOT_SECRET], named


def _streams(events: Sequence[AnyEvent]) -> dict[str, list[tuple[Place, str]]]:
    """Texts that came in pieces; bytes as Latin-1, so that a character is a byte."""
    streams: dict[str, list[tuple[Place, str]]] = {}
    for at, event in enumerate(events):
        match event:
            case ShellWrote(data=data):
                streams.setdefault("shell", []).append(((at, 0), data.decode("latin-1")))
            case KeysTyped(data=data):
                streams.setdefault("keys", []).append(((at, 0), data.decode("latin-1")))
            case TokensSampled(turn=turn, texts=texts):
                stream = streams.setdefault(f"tokens {turn}", [])
                stream += [((at, piece), text) for piece, text in enumerate(texts)]
            case PartGrew(turn=turn, part=part, text=text):
                streams.setdefault(f"part {turn} {part}", []).append(((at, 0), text))
            case _:
                pass
    return streams


def _mask_stream(
    stream: list[tuple[Place, str]], secrets: Iterable[Secret]
) -> Iterator[tuple[Place, str]]:
    whole = "".join(text for _, text in stream)
    for secret in secrets:
        for text in {secret.text, secret.text.encode().decode("latin-1")}:
            pattern = re.compile(_BETWEEN.join(map(re.escape, text)))
            whole = pattern.sub(
                lambda match: re.sub(r"[!-~\xa1-\U0010ffff]", MASK, match[0]), whole
            )
    start = 0
    for place, text in stream:
        yield place, whole[start : start + len(text)]
        start += len(text)


def _mask_event(
    at: int, event: AnyEvent, pieces: dict[Place, str], secrets: Iterable[Secret]
) -> AnyEvent:
    match event:
        case ShellWrote() | KeysTyped():
            return msgspec.structs.replace(event, data=pieces[at, 0].encode("latin-1"))
        case PartGrew():
            return msgspec.structs.replace(event, text=pieces[at, 0])
        case TokensSampled(texts=texts):
            masked = tuple(pieces[at, piece] for piece in range(len(texts)))
            return msgspec.structs.replace(event, texts=masked, ids=(0,) * len(event.ids))
        case TokensNamed(texts=texts):
            # Each token once, in the order of the prompt: what was new in it reads on.
            hidden = tuple(MASK * len(text) for text in texts)
            return msgspec.structs.replace(event, texts=hidden, ids=(0,) * len(event.ids))
        case _:
            built = _mask_strings(msgspec.to_builtins(event, builtin_types=(bytes,)), secrets)
            return msgspec.convert(built, type(event))


def _mask_strings(value: Any, secrets: Iterable[Secret]) -> Any:
    match value:
        case str():
            for secret in secrets:
                value = value.replace(secret.text, MASK * len(secret.text))
            return value
        case bytes():
            masked = _mask_strings(value.decode("latin-1"), secrets)
            return masked.encode("latin-1", "replace")
        case dict():
            return {
                key: [0] * len(item) if key == "ids" else _mask_strings(item, secrets)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_mask_strings(item, secrets) for item in value]
        case _:
            return value


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case bytes():
            yield value.decode("latin-1")
        case dict():
            for item in value.values():
                yield from _strings(item)
        case list() | tuple():
            for item in value:
                yield from _strings(item)
        case _:
            pass
