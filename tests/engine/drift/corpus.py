"""The labelled lines that judging is fitted on and measured against."""

import hashlib
import json
from pathlib import Path

import msgspec

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
"""Beside the repository: labelled lines that are not part of it. Where they are not there, what is
measured on them is skipped; everything else about the judge is tested without."""

OWN = Path(__file__).with_name("model_lines.jsonl")
"""Lines that SmolLM2-135M-Instruct wrote as operator under eight seeds at temperature 0.7: labelled by
an early version of the judge, then read and corrected by hand; the doubtful ones were left out."""


class Pair(msgspec.Struct, frozen=True):
    """A real command and an English sentence that says what it does."""

    command: str
    english: str

    @property
    def held_out(self) -> bool:
        """Whether the pair is kept for measuring: a stable half, by the hash of its English."""
        return hashlib.sha256(self.english.encode()).digest()[0] % 2 == 1


class ModelLine(msgspec.Struct, frozen=True):
    """A line a model wrote as operator."""

    line: str
    label: str
    after: str
    """The end of what the shell had last shown."""


def pairs() -> list[Pair]:
    """NL2Bash's pairs (Lin et al. 2018, arXiv:1802.08979); empty where they are not here."""
    return [Pair(row["command"], row["english"]) for row in _rows(SHARED / "nl2bash.dev.jsonl")]


def shared_model_lines() -> list[ModelLine]:
    """The lines that were labelled by others; empty where they are not here."""
    return _model_lines(SHARED / "model_lines.dev.jsonl")


def own_model_lines() -> list[ModelLine]:
    """The lines that the weights are fitted on, beside the pairs."""
    return _model_lines(OWN)


def lowered(sentence: str) -> str:
    """With its first letter in lower case, as a command would begin."""
    return sentence[:1].lower() + sentence[1:]


def _model_lines(path: Path) -> list[ModelLine]:
    return [ModelLine(row["line"], row["label"], row["after"]) for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
