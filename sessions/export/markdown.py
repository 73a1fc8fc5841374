"""A recording as a Markdown document: what a person would put into a report or an issue.

All text that others wrote stands in code blocks whose fence is longer than any in it, or is escaped:
nothing in a recording becomes a heading, a link or an image of the document.
"""

import re
from collections.abc import Iterator

from engine.events import AnyEvent, ModelReady, SessionStarted
from sessions.export import Clean
from sessions.transcript import Passage, Transcript

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class Markdown:
    """Makes a Markdown transcript of a session's events."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean
        self._transcript = Transcript()
        self._seed: list[Passage] = []

    def tell(self, event: AnyEvent) -> Iterator[str]:
        """See `Exporter`."""
        match event:
            case SessionStarted():
                yield from self._title(event)
            case ModelReady(provenance=provenance):
                yield (
                    f"- model: {self._plain(provenance.model)}, {self._plain(provenance.device)}, "
                    f"{provenance.dtype}, weights `{provenance.weights[:12] or 'unknown'}`\n"
                )
            case _:
                pass
        for passage in self._transcript.tell(event):
            yield from self._passage(passage)

    def close(self) -> Iterator[str]:
        """See `Exporter`."""
        yield from self._seed_turns()
        for passage in self._transcript.close():
            yield from self._passage(passage)

    def _title(self, started: SessionStarted) -> Iterator[str]:
        spec = started.spec
        yield f"# Session {started.session}\n\n"
        yield f"- began: {self._plain(started.began)}, driftty {self._plain(started.version)}\n"
        if started.parent:
            yield f"- forked from: {self._plain(started.parent)}\n"
        yield f"- config: {self._plain(spec.config.name)}, hash `{spec.config.hash[:12]}`\n"
        yield f"- task: {self._plain(spec.task.text)}\n"
        yield (
            f"- asked of: {self._plain(spec.model)}, temperature {spec.sampling.temperature:g}, "
            f"rng {spec.rng}, {spec.turns} turns at most, {spec.channel} channel\n"
        )

    def _passage(self, passage: Passage) -> Iterator[str]:
        if passage.kind == "seed":
            self._seed.append(passage)
            return
        if passage.kind == "turn":
            yield from self._seed_turns()
            yield f"\n## Turn {passage.label}\n"
            return
        text = self._clean(passage.text)
        match passage.kind:
            case "command":
                by = " (typed by a person)" if passage.label == "person" else ""
                yield f"\n**Command**{by}\n\n{_block(text, 'sh')}"
            case "output":
                yield f"\n{_block(text, 'text')}"
            case "prose":
                yield f"\n**Wrote**\n\n{_block(text, 'text')}"
            case "reasoning" | "comment":
                cut = f" ({passage.label})" if passage.label else ""
                yield f"\n{_quoted(_escaped(text))}{cut}\n"
            case "told":
                yield f"\n**A person said**\n\n{_block(text, 'text')}"
            case "drift":
                yield f"\n**▲ Drift:** {self._plain(passage.text)}\n"
            case "fault":
                yield f"\n**✗ Fault:** {self._plain(passage.text)}\n"
            case "end":
                yield f"\n## End\n\n{self._plain(passage.text)}\n"
            case _:
                yield f"\n- {self._plain(passage.text)}\n"

    def _seed_turns(self) -> Iterator[str]:
        """The seed's turns, folded away: a reader comes for what followed."""
        if not self._seed:
            return
        yield f"\n<details><summary>Seed: {len(self._seed)} turns</summary>\n"
        for passage in self._seed:
            yield f"\n{self._plain(passage.label)}\n\n{_block(self._clean(passage.text), 'text')}"
        yield "\n</details>\n"
        self._seed.clear()

    def _plain(self, text: str) -> str:
        """Text within a line of the document."""
        return _escaped(" ".join(self._clean(text).split()))


def _escaped(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip("\n").split("\n"))


def _block(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"
