"""Parts by a tokenizer's own response template, for models that say how their reasoning looks.

Such a template names regions of what the model writes (`thinking`, `content`, `tool_calls`) and
how each begins and ends; transformers (5.13 and later) parses them while they stream. Regions of
reasoning become parts of that kind; what stands in any other is told apart by line, as everywhere.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from engine.model.protocol import PartDelta
from engine.prompt.parts import PartParser, PartWriter, ReasoningTags
from engine.run import CommandPolicy

REASONING_FIELDS = frozenset({"thinking", "reasoning", "reasoning_content", "analysis", "thoughts"})
"""Names that response templates give to a region of reasoning."""

_NAMED_GROUP = re.compile(r"\(\?P<\w+>")


class Parts(Protocol):
    """Makes parts of what the operator writes, while it writes."""

    @property
    def line_served(self) -> bool:
        """Whether the policy `first-line` has its line."""
        ...

    def feed(self, text: str) -> list[PartDelta]:
        """Take what was written next."""
        ...

    def close(self) -> list[PartDelta]:
        """The completion is over."""
        ...


class ResponseParser(Protocol):
    """The streaming parser of transformers; an event is a dict with `type`, `field`, `text`."""

    initial_events: list[dict[str, Any]]
    """Of regions that the prompt has opened already."""

    def feed(self, text: str) -> list[dict[str, Any]]:
        """Take what was written next."""
        ...

    def finalize(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The completion is over; the message, and the last events."""
        ...


def part_parser(tokenizer: Any, policy: CommandPolicy, opening: str) -> Parts:
    """Whatever tells this model's parts best: its response template, else think tags.

    `opening` is the end of the prompt as text, from the last turn's content on. Raises `ValueError`
    for a response template that is none.
    """
    template = getattr(tokenizer, "response_template", None)
    if not template or not hasattr(tokenizer, "get_response_parser"):
        return PartParser(policy, opening)
    parser = tokenizer.get_response_parser(as_text(template), prefix=opening)
    return ResponseParts(policy, parser)


def as_text(template: Mapping[str, Any]) -> dict[str, Any]:
    """The same regions with nothing but text in them.

    Else a tool call that is no JSON would be an exception in the middle of a completion, and a
    region that a template demands and the model did not write one at its end.
    """
    fields = {}
    for name, field in template["fields"].items():
        edges = {edge: field[edge] for edge in ("open", "close") if edge in field}
        for edge in ("open_pattern", "close_pattern"):
            if edge in field:
                # A group with a name would have to be used by the transform that is left out.
                edges[edge] = _NAMED_GROUP.sub("(", field[edge])
        fields[name] = {**edges, "content": "text", "optional": True, "repeats": True}
    return {**template, "fields": fields, "defaults": {}}


class ResponseParts:
    """Parts of one completion, by the events of a response parser.

    The same interface as `PartParser`. A region ends the line it begins in. Reasoning
    that the end of the completion closed is marked incomplete.
    """

    def __init__(self, policy: CommandPolicy, parser: ResponseParser) -> None:
        self._parser = parser
        self._writer = PartWriter()
        self._lines = PartParser(policy, reasoning=ReasoningTags(pairs=()), writer=self._writer)
        self._told = self._handle(parser.initial_events, ended=False)

    @property
    def line_served(self) -> bool:
        """Whether the policy `first-line` has its line: later text is ignored. Else always false."""
        return self._lines.line_served

    def feed(self, text: str) -> list[PartDelta]:
        """Take what the model wrote next; returns what that did to the parts."""
        told, self._told = self._told, []
        if not self.line_served:
            told += self._handle(self._parser.feed(text), ended=False)
        return told

    def close(self) -> list[PartDelta]:
        """The completion is over: returns the end of what was still open, marked incomplete."""
        told, self._told = self._told, []
        if not self.line_served:
            told += self._handle(self._parser.finalize()[1], ended=True)
        return told + self._lines.close()

    def _handle(self, events: list[dict[str, Any]], ended: bool) -> list[PartDelta]:
        """Both writers of parts share one queue of deltas, so that taking it keeps their order."""
        told: list[PartDelta] = []
        for event in events:
            reasoning = event["field"] in REASONING_FIELDS
            match event["type"]:
                case "region_open":
                    told += self._lines.feed("\n")
                case "region_chunk" if reasoning:
                    self._writer.muse(event["text"])
                case "region_chunk":
                    told += self._lines.feed(event["text"])
                case "region_close" if reasoning:
                    self._end_reasoning(complete=not ended)
            if self.line_served:
                break
        return told + self._writer.take()

    def _end_reasoning(self, complete: bool) -> None:
        if self._writer.kind is None and not complete:
            self._writer.open("reasoning")
        if self._writer.kind is not None:
            self._writer.close(complete)
