"""The dialog that forks a recording: at which turn, with what changed, once or many times."""

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Select, Static

from console.forking import SPARE_TURNS, Asked, sampling_at, shell_words
from console.panes.footer import Hints
from console.safe import clean_line
from console.screens.dialog import number_of, whole_of
from console.screens.form import Form
from console.screens.start import MOST_TURNS
from engine.figures import number
from engine.fork import INTERVENTIONS, Intervention, typed_lines
from engine.rerun.past import Past
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary

KEPT, AGAIN = "kept", "again"
SHELLS = {KEPT: "its home as it was kept", AGAIN: "every command done again"}
"""How the fork's shell is brought to where it was."""
EDIT = "edit"
ALL = "all"
MOST_RUNS = 10_000
WORDS: dict[str, str] = {
    "rewind": "the model writes the turn anew",
    "none": "the turn stays, its words are typed into the shell, and the run goes on",
    "recovery": "it stays; after the shell's answer the operator is shown to type a command again",
    "anchor": "it stays; after the shell's answer the task is said once more",
    "mask": "its prose is taken out, so that the operator does not read what it wrote",
    EDIT: "the turn is said as below, and typed into the shell",
    ALL: "each of these by itself, as the arms of an experiment",
}
"""What may be done about the turn."""
CHOICES = ("rewind", EDIT, *(each for each in INTERVENTIONS if each != "rewind"), ALL)


class Forked(msgspec.Struct, frozen=True):
    """What a person asked for."""

    asked: Asked
    interventions: tuple[Intervention, ...]
    """The arms, where there are many runs."""
    n: int
    """Runs of each; 1 with one arm is a run of its own, on the Operate screen."""

    @property
    def many(self) -> bool:
        """Whether it is an experiment."""
        return self.n > 1 or len(self.interventions) > 1


class ForkDialog(Form[Forked]):
    """Turn and what is done about it, over what is changed and how often it is run."""

    def __init__(self, past: Past, turn: int, seeds: SeedLibrary, here: str) -> None:
        """`turn`: where the person was in the recording; `here`: the model that is loaded."""
        super().__init__()
        self._past, self._turn, self._seeds, self._here = past, turn, seeds, here
        # Untouched, each turn goes on with its own, which a person may have changed on the way.
        self._temperature = f"{sampling_at(past, turn).temperature:g}"

    def compose(self) -> ComposeResult:
        """The fields over the buttons; other dice, as with the same the turn would be the same."""
        spec, names = self._past.spec, self._seeds.names()
        configs = [*(parse_config(name, self._seeds).name for name in names), *names]
        with Vertical(classes="dialog"):
            heading = f"Fork session {self._past.started.session}"
            yield Label(Text(clean_line(heading), "bold"), classes="heading")
            with Grid(id="fork-what"):
                yield Label("at turn", classes="field")
                yield Input(str(self._turn), id="turn", type="integer", compact=True)
                yield Label("", classes="field")
                yield Static(id="fork-restored", classes="hint")
                yield Label("shell", classes="field")
                yield Select(
                    [(words, value) for value, words in SHELLS.items()],
                    value=KEPT if self._past.homes else AGAIN,
                    allow_blank=False,
                    disabled=not self._past.homes,
                    id="shell",
                    compact=True,
                )
                yield Label("about it", classes="field")
                yield Select(
                    [(choice, choice) for choice in CHOICES],
                    value="rewind",
                    allow_blank=False,
                    id="intervention",
                    compact=True,
                )
                yield Label("", classes="field")
                yield Static(Text(WORDS["rewind"]), id="fork-words", classes="hint")
                yield Label("said instead", classes="field")
                yield Input(self._said(self._turn), id="edited", compact=True, disabled=True)
                yield Label("config", classes="field")
                yield Input(
                    spec.config.name,
                    id="config",
                    suggester=SuggestFromList(configs, case_sensitive=False),
                    compact=True,
                )
                yield Label("model", classes="field")
                yield Input(
                    spec.model,
                    id="model",
                    suggester=SuggestFromList([spec.model, self._here], case_sensitive=False),
                    compact=True,
                )
            with Horizontal(classes="fork-numbers"):
                for label, name, value in (
                    ("temperature", "temperature", self._temperature),
                    ("rng", "rng", str(spec.rng + 1)),
                    ("turns", "turns", str(max(spec.turns, self._turn + SPARE_TURNS - 1))),
                    ("runs", "runs", "1"),
                ):
                    yield Label(label, classes="field")
                    yield Input(value, id=name, compact=True)
            yield from self.ending("Fork")
        yield Hints()

    def on_mount(self) -> None:
        """Say what will be restored; the turn is what a person changes first."""
        self._describe()
        self.query_one("#turn", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another turn has other words, and other things before it."""
        if event.input.id == "turn":
            self._describe()
            turn = self._chosen_turn()
            if turn is not None and self.query_one("#edited", Input).disabled:
                self.query_one("#edited", Input).value = self._said(turn)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Say what is done about the turn; only for an edit are there words to be said."""
        if event.select.id == "shell":
            self._describe()
            return
        choice = str(event.value)
        self.query_one("#fork-words", Static).update(Text(WORDS[choice]))
        self.query_one("#edited", Input).disabled = choice != EDIT
        runs = self.query_one("#runs", Input)
        if choice == ALL and runs.value == "1":
            runs.value = "20"

    def read(self) -> Forked:
        """What was entered. Raises `DrifttyError` or `ValueError` with a sentence."""
        value = self.entered()
        choice = str(self.query_one("#intervention", Select).value)
        turn = whole_of(value["turn"], "turn", 1, MOST_TURNS)
        asked = Asked(
            turn=turn,
            config=parse_config(value["config"], self._seeds)
            if value["config"] != self._past.spec.config.name
            else None,
            model=value["model"],
            temperature=None
            if value["temperature"] == self._temperature
            else number_of(value["temperature"], "temperature", 0, 2),
            rng=whole_of(value["rng"], "rng", 0, 2**63 - 1),
            turns=whole_of(value["turns"], "turns", turn, MOST_TURNS),
            edited=value["edited"] if choice == EDIT else None,
            home=self.query_one("#shell", Select).value == KEPT,
            intervention=next((each for each in INTERVENTIONS if each == choice), None),
        )
        arms = INTERVENTIONS if choice == ALL else tuple(
            each for each in INTERVENTIONS if each == choice
        )  # fmt: skip
        return Forked(asked, arms, whole_of(value["runs"], "runs", 1, MOST_RUNS))

    def _describe(self) -> None:
        turn = self._chosen_turn()
        attempt = self._past.attempt(turn) if turn is not None else None
        if attempt is None:
            last = max((each.turn for each in self._past.attempts), default=0)
            words = f"the recording has turns 1 to {last}" if last else "it has no turns"
        else:
            told = len(attempt.scrollback) - self._past.seed_turns
            home = self.query_one("#shell", Select).value == KEPT
            shell = shell_words(self._past, attempt.turn, home=home)
            words = f"{number(told, 'turn')} of the scrollback restored; {shell}"
            if any(at == turn for at, _ in self._past.drifts):
                words += "; it drifted here"
        self.query_one("#fork-restored", Static).update(Text(clean_line(words)))

    def _chosen_turn(self) -> int | None:
        typed = self.query_one("#turn", Input).value
        return int(typed) if typed.isdecimal() else None

    def _said(self, turn: int) -> str:
        attempt = self._past.attempt(turn)
        text = "".join(attempt.texts).strip() if attempt else ""
        lines = typed_lines(text, self._past.spec.policy)
        return clean_line(lines[0] if lines else "")
