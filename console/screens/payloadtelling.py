"""What the Payload screen says of the prompt in view, tab by tab; worked out once for each prompt."""

from collections.abc import Callable
from itertools import chain
from typing import Literal, TypeAlias

from msgspec.structs import replace
from rich.text import Text

from console.inspecting import Inspecting
from console.view.inspectcompletion import completion_lines
from console.view.inspectdiff import difference_lines
from console.view.inspected import Inspected
from console.view.inspectfacts import facts
from console.view.inspectlint import by_rule, count_words, finding_line, findings, rule_lines
from console.view.inspectmatters import note
from console.view.line import Line, line
from console.view.payload import PayloadView
from engine.events import PromptSent
from engine.figures import number
from engine.influence import Influence
from engine.lint.finding import Finding

Tab: TypeAlias = Literal["payload", "difference", "completion", "lint"]
TABS: tuple[Tab, ...] = ("payload", "difference", "completion", "lint")


class Tells:
    """One prompt taken apart, compared, scored and looked over; each when it is asked for."""

    def __init__(self, inspecting: Inspecting, exists: Callable[[str], bool] | None = None) -> None:
        self.version = 0
        """Grows when something was found out about the prompt in view."""
        self.shown: Inspected | None = None
        self.facts: list[Line] = []
        self.findings: tuple[Finding, ...] = ()
        self.against: int | None = None
        """Which prompt it is compared with; none for the one before, or of the same turn."""
        self.beside: PayloadView | None = None
        """Another session, with whose prompts it is compared; none for those of its own."""
        self.asking = ""
        """What the model is asked just now, and how far it is."""
        self.asked: PromptSent | None = None
        """The prompt whose completion was last asked to be scored."""
        self.partly: tuple[Influence, ...] = ()
        """Influences found so far, while they are asked for."""
        self.laid: object = None
        """What the tokens' pane was last laid out for."""
        self._inspecting, self._exists = inspecting, exists
        self._view: PayloadView | None = None
        self._place = -1
        self.prompt: PromptSent | None = None
        """The prompt in view, as its event tells it."""
        self._finding = 0
        self._differs: tuple[object, list[Line]] = (None, [])

    def look_at(self, view: PayloadView, place: int) -> Inspected | None:
        """Take a prompt in view; the one that is, is not taken apart again."""
        asked = view.asked[place] if 0 <= place < len(view) else None
        if asked is None:
            self.shown, self.facts, self.findings, self.prompt = None, [], (), None
            return None
        if self.shown is not None and asked.prompt is self.prompt and view is self._view:
            if asked.wrote is not self.shown.sent.wrote:
                sent = replace(self.shown.sent, wrote=asked.wrote)
                self.shown = replace(self.shown, sent=sent)
            return self.shown
        self._view, self._place, self.prompt = view, place, asked.prompt
        self.shown = view.inspected(place)
        assert self.shown is not None  # there is a prompt of that place
        previous = view.sent(place - 1) if place > 0 else None
        self.facts = facts(self.shown, len(previous.ids) if previous else None)
        found = by_rule(findings(self.shown.sent, self._exists))
        self.findings = tuple(chain.from_iterable(found))
        self._finding = 0
        return self.shown

    @property
    def weights(self) -> tuple[Influence, ...]:
        """How much each turn matters, as far as that is known."""
        known = self._inspecting.weights(self.shown.sent) if self.shown else ()
        return known or self.partly

    @property
    def notes(self) -> dict[int, str]:
        """What is said beside a turn's heading, by its index in the scrollback."""
        return {one.turn: note(one) for one in self.weights}

    @property
    def chosen(self) -> Finding | None:
        """The finding that the cursor is on."""
        return self.findings[self._finding] if self._finding < len(self.findings) else None

    def choose(self, by: int) -> None:
        """Go to another finding."""
        if self.findings:
            self._finding = min(len(self.findings) - 1, max(0, self._finding + by))
            self.version += 1

    def put_beside(self, view: PayloadView | None) -> None:
        """Compare with the prompts of another session, or with its own again."""
        self.beside, self.against = view, None
        self.version += 1

    def move_other(self, by: int) -> None:
        """Compare with the prompt before, or after, the one compared with now."""
        there = self.beside or self._view
        if there is None:
            return
        now = self._other(there)
        others = [one for one in range(len(there)) if there is self.beside or one != self._place]
        ahead = [one for one in others if (one > now if by > 0 else one < now)]
        if ahead:
            self.against = ahead[0] if by > 0 else ahead[-1]
            self.version += 1

    def _other(self, there: PayloadView) -> int:
        """Which prompt is compared with; -1 for none."""
        if self.against is not None:
            return self.against
        if there is self._view or self.prompt is None:
            return self._place - 1
        same = there.index_of(self.prompt.turn)
        return len(there) - 1 if same is None else same

    def lines(self, tab: Tab) -> tuple[list[Line], int | None]:
        """A tab's lines, and which of them is to be in view; none where that stays."""
        if self.shown is None:
            return [line(("Nothing was sent yet.", "note"))], None
        if tab == "lint":
            return self._lint()
        if tab == "completion":
            sent = self.shown.sent
            missing = self._inspecting.missing(sent)
            if not missing:
                ended = bool(sent.wrote.reason)
                missing = "the model is asked …" if ended else "asked when it has ended"
            return completion_lines(sent.wrote, self._inspecting.scored(sent), missing), None
        return self._difference(), None

    def _difference(self) -> list[Line]:
        assert self.shown is not None  # as the caller saw
        there = self.beside or self._view
        assert there is not None  # something is shown
        other = self._other(there)
        if other < 0:
            words = "This is the first prompt: there is none before it. o takes another session."
            return [line((words if there is self._view else "It was sent no prompt.", "note"))]
        key = (self.prompt, id(there), other)
        if self._differs[0] != key:
            left = there.inspected(other)
            assert left is not None  # it is one of the prompts there are
            whose = f"session {there.session}, " if there is self.beside else ""
            title = line(
                ("compared with ", "note"),
                (f"{whose}turn {left.sent.turn}, prompt {other + 1} of {len(there)}", "heading"),
                ("  , and . choose another, o another session", "note"),
            )
            self._differs = (key, [title, line(""), *difference_lines(left, self.shown)])
        return self._differs[1]

    def _lint(self) -> tuple[list[Line], int | None]:
        if not self.findings:
            return [line(("✓ ", "good"), "No rule finds anything wrong with this payload.")], None
        assert self.shown is not None  # as the caller saw
        turns = self.shown.sent.turns
        lines, top = [line((count_words(self.findings), "heading")), line("")], 0
        for found in by_rule(self.findings):
            lines += rule_lines(found)
            for one in found:
                chosen = one is self.chosen
                top = len(lines) if chosen else top
                lines.append(finding_line(one, turns, chosen))
            lines.append(line(""))
        return lines, top


def tab_words(tab: Tab, tells: Tells) -> Text:
    """The tabs in a row, the one in view in brackets."""
    words = Text(no_wrap=True)
    for at, name in enumerate(TABS, 1):
        label: str = name
        if name == "lint" and tells.findings:
            worst = tells.findings[0].severity
            label = f"lint {len(tells.findings)} ({worst})"
        words.append(f"[{at} {label}]" if name == tab else f" {at} {label} ",
                     "bold reverse" if name == tab else "")  # fmt: skip
        words.append(" ")
    if tells.asking:
        words.append(f"  {tells.asking}", "bold")
    elif tells.weights:
        words.append(f"  {number(len(tells.weights), 'turn')} weighed", "dim")
    return words
