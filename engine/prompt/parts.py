"""What the operator writes, as typed parts while it streams: reasoning, comments and lines.

Text comes in pieces of any size and the parts do not depend on how it was cut. What could still turn
out to be a tag is held back until it is told; nothing but blank space is ever left out.
"""

import re

import msgspec

from engine.events import PartKind
from engine.model.protocol import PartDelta
from engine.run import CommandPolicy

_BLANK = re.compile(r"\s*")
_NO_INDENT = re.compile(r"[^ \t]")


class ReasoningTags(msgspec.Struct, frozen=True):
    """Which tags enclose reasoning, as pairs of opening and closing."""

    pairs: tuple[tuple[str, str], ...] = (
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
    )


THINK_TAGS = ReasoningTags()
"""The tags that models without a response template of their own are known to write."""


class PartWriter:
    """Numbers the parts of one completion and says what happened to them as `PartDelta`s.

    One part is open at a time. Trailing characters of `trim` wait until something follows them, so
    that what a part grew by, joined, is always the text it closes with.
    """

    def __init__(self) -> None:
        self._part = -1
        self._kind: PartKind | None = None
        self._trim: str | None = None
        self._grown: list[str] = []
        self._waiting: list[str] = []
        self._deltas: list[PartDelta] = []

    @property
    def kind(self) -> PartKind | None:
        """Of the open part; none while there is none."""
        return self._kind

    def open(self, kind: PartKind, trim: str | None = None) -> None:
        """Begin a part; `trim` are the characters cut from its end, none meaning any white space."""
        self._part += 1
        self._kind, self._trim = kind, trim
        self._deltas.append(PartDelta(self._part, kind, "open"))

    def grow(self, text: str) -> None:
        """Add text to the open part."""
        if self._kind is None:
            raise ValueError("there is no open part to add text to")
        kept = text.rstrip(self._trim)
        if kept:
            added = "".join([*self._waiting, kept])
            self._waiting.clear()
            self._grown.append(added)
            self._deltas.append(PartDelta(self._part, self._kind, "grow", added))
        if len(kept) < len(text):
            self._waiting.append(text[len(kept) :])

    def muse(self, text: str) -> None:
        """Add text to the reasoning, which opens with its first visible character."""
        if self._kind is None:
            text = text.lstrip()
            if not text:
                return
            self.open("reasoning")
        self.grow(text)

    def close(self, complete: bool) -> None:
        """End the open part."""
        if self._kind is None:
            raise ValueError("there is no open part to close")
        text = "".join(self._grown)
        self._deltas.append(PartDelta(self._part, self._kind, "close", text, complete))
        self._kind = None
        self._grown.clear()
        self._waiting.clear()

    def take(self) -> list[PartDelta]:
        """What happened since this was last asked."""
        taken, self._deltas = self._deltas, []
        return taken


class PartParser:
    """Tells reasoning, comments and lines apart in a completion, by tags and by line.

    A `line` is everything else, one part a line, without its newline; blank lines are no parts.
    A `comment` is a line whose first character is `#`; `#!` begins a script, which is a line.
    `reasoning` stands between tags, which are not part of its text, nor is the blank space next to
    them. An opening tag counts only where nothing but blanks precede it on its line, so that
    `echo "<think>"` stays a command, and a closing tag that nothing opened is text as any other.

    `opening` is the end of the prompt: some templates put the opening tag there, and then the model
    writes only the closing one.
    """

    def __init__(
        self,
        policy: CommandPolicy,
        opening: str = "",
        reasoning: ReasoningTags = THINK_TAGS,
        writer: PartWriter | None = None,
    ) -> None:
        """`writer` is given where others write parts of the same completion too."""
        self._first_line_only = policy == "first-line"
        self._closers = dict(reasoning.pairs)
        self._writer = writer or PartWriter()
        self._held = ""
        """What may still become a tag, or a comment; never longer than a tag."""
        self._indent: list[str] = []
        """Blanks at the start of the line under way."""
        self._after_tag = False
        """Whether a closing tag stands before on the line: then blanks separate, and indent nothing."""
        self._closer = next(
            (closer for tag, closer in reasoning.pairs if opening.rstrip().endswith(tag)), ""
        )
        """The tag that ends the reasoning under way; empty outside reasoning."""
        self._served = False

    @property
    def line_served(self) -> bool:
        """Whether the policy `first-line` has its line: later text is ignored. Else always false."""
        return self._served

    def feed(self, text: str) -> list[PartDelta]:
        """Take what the model wrote next; returns what that did to the parts."""
        if not self._served:
            self._parse(self._held + text, final=False)
        return self._writer.take()

    def close(self) -> list[PartDelta]:
        """The completion is over: returns the end of what was still open, marked incomplete."""
        if not self._served:
            self._parse(self._held, final=True)
            if self._closer and self._writer.kind is None:
                self._writer.open("reasoning")
            if self._writer.kind is not None:
                self._writer.close(complete=False)
            self._closer = ""
            self._indent.clear()
        return self._writer.take()

    def _parse(self, text: str, final: bool) -> None:
        """Consume `text`, all of it when `final`, else up to what must be held back."""
        at = 0
        while at < len(text) and not self._served:
            if self._closer:
                at, stuck = self._reason(text, at, final)
            elif self._writer.kind is not None:
                at, stuck = self._go_on(text, at), False
            else:
                at, stuck = self._begin(text, at, final)
            if stuck:
                break
        self._held = "" if self._served else text[at:]

    def _reason(self, text: str, at: int, final: bool) -> tuple[int, bool]:
        """Inside reasoning: up to its closing tag, or as far as none can begin."""
        end = text.find(self._closer, at)
        if end >= 0:
            self._writer.muse(text[at:end])
            if self._writer.kind is not None:
                self._writer.close(complete=True)
            at = end + len(self._closer)
            self._closer, self._after_tag = "", True
            return at, False
        stop = len(text) if final else len(text) - _overlap(text, at, self._closer)
        self._writer.muse(text[at:stop])
        return stop, True

    def _go_on(self, text: str, at: int) -> int:
        """Inside a line or comment: up to its newline, or all of it."""
        end = text.find("\n", at)
        if end < 0:
            self._writer.grow(text[at:])
            return len(text)
        self._writer.grow(text[at:end])
        self._served = self._first_line_only and self._writer.kind == "line"
        self._writer.close(complete=True)
        return end + 1

    def _begin(self, text: str, at: int, final: bool) -> tuple[int, bool]:
        """Between parts: skip blank lines, then tell from its first characters what comes."""
        blank = _BLANK.match(text, at)
        start = blank.end() if blank else at
        newline = text.rfind("\n", at, start)
        if newline >= 0:
            self._indent.clear()
            self._after_tag = False
        if not self._after_tag:
            self._indent.append(text[max(newline + 1, at) : start])
        if start == len(text):
            return start, False
        tags = self._closers
        left = len(text) - start
        if not final and (
            (left == 1 and text[start] == "#")
            or any(len(tag) > left and tag.startswith(text[start:]) for tag in tags)
        ):
            return start, True
        tag = max((tag for tag in tags if text.startswith(tag, start)), key=len, default="")
        if tag:
            self._closer = self._closers[tag]
            self._indent.clear()
            return start + len(tag), False
        comment = text.startswith("#", start) and not text.startswith("#!", start)
        self._writer.open("comment" if comment else "line", trim="\r")
        self._writer.grow(_NO_INDENT.sub("", "".join(self._indent)))
        self._indent.clear()
        self._after_tag = False
        return start, False


def _overlap(text: str, start: int, tag: str) -> int:
    """How many characters at the end of `text[start:]` begin `tag`."""
    longest = min(len(tag) - 1, len(text) - start)
    return next((n for n in range(longest, 0, -1) if text.endswith(tag[:n])), 0)
