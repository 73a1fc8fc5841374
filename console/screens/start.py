"""The dialog that starts a run: what is asked, of which config, with which dice, for how long."""

from typing import get_args

from msgspec.structs import replace
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Select, Static

from console.panes.footer import Hints
from console.safe import clean_line
from console.screens.dialog import number_of, whole_of
from console.screens.form import Form
from engine.run import Channel, CommandPolicy, DriftPolicy, RunSpec, StuckPolicy, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary, plain

MOST_TURNS = 1000

POLICIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("drift", "on drift", get_args(DriftPolicy)),
    ("policy", "commands", get_args(CommandPolicy)),
    ("stuck", "when stuck", get_args(StuckPolicy)),
    ("channel", "channel", get_args(Channel)),
)
"""Field of the spec, its words, its values."""


class StartDialog(Form[RunSpec]):
    """Everything of a run that a person chooses; it opens with what ran or was planned last."""

    def __init__(self, spec: RunSpec, seeds: SeedLibrary, tasks: TaskLibrary) -> None:
        super().__init__()
        self._spec, self._seeds, self._tasks = spec, seeds, tasks

    def compose(self) -> ComposeResult:
        """Task and config over numbers and policies."""
        spec = self._spec
        with Vertical(classes="dialog"):
            yield Label(Text("New run", "bold"), classes="heading")
            with Grid(id="start-what"):
                yield Label("task", classes="field")
                yield Input(
                    clean_line(spec.task.name or spec.task.text),
                    id="task",
                    placeholder="a task's name, or what to do in your own words",
                    suggester=SuggestFromList(self._tasks.names(), case_sensitive=False),
                    compact=True,
                )
                yield Label("", classes="field")
                yield Select(
                    [(Text(clean_line(name)), name) for name in self._tasks.names()],
                    prompt="a task from the library…",
                    id="library",
                    compact=True,
                )
                yield Label("", classes="field")
                yield Static(id="task-words", classes="hint")
                yield Label("config", classes="field")
                yield Input(
                    spec.config.name,
                    id="config",
                    placeholder="seed+element+element",
                    suggester=SuggestFromList(self._configs(), case_sensitive=False),
                    compact=True,
                )
            with Horizontal(id="start-numbers"):
                yield Label("temperature", classes="field")
                yield Input(f"{spec.sampling.temperature:g}", id="temperature", compact=True)
                yield Label("rng", classes="field")
                yield Input(str(spec.rng), id="rng", type="integer", compact=True)
                yield Label("turns", classes="field")
                yield Input(str(spec.turns), id="turns", type="integer", compact=True)
            with Grid(id="start-policies"):
                for field, words, values in POLICIES:
                    yield Label(words, classes="field")
                    yield Select(
                        [(value, value) for value in values],
                        value=getattr(spec, field),
                        allow_blank=False,
                        id=field,
                        compact=True,
                    )
            yield from self.ending("Start")
        yield Hints()

    def on_mount(self) -> None:
        """Say what the task is."""
        self._describe(self.query_one("#task", Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the task is as it is typed."""
        if event.input.id == "task":
            self._describe(event.value)

    def on_select_changed(self, event: Select.Changed) -> None:
        """A task of the library takes the place of what was typed."""
        if event.select.id == "library" and isinstance(event.value, str):
            self.query_one("#task", Input).value = event.value

    def read(self) -> RunSpec:
        """The spec as entered. Raises `DrifttyError` or `ValueError` with a sentence."""
        value = self.entered()
        temperature = number_of(value["temperature"], "temperature", 0, 2)
        chosen = {field: self.query_one(f"#{field}", Select).value for field, _, _ in POLICIES}
        return replace(
            self._spec,
            task=self._asked(value["task"]),
            config=parse_config(value["config"], self._seeds),
            sampling=replace(self._spec.sampling, temperature=temperature),
            rng=whole_of(value["rng"], "rng", 0, 2**63 - 1),
            turns=whole_of(value["turns"], "turns", 1, MOST_TURNS),
            **chosen,
        )

    def _configs(self) -> list[str]:
        names = self._seeds.names()
        return [*(parse_config(name, self._seeds).name for name in names), *names]

    def _describe(self, task: str) -> None:
        names = self._tasks.names()
        if task in names:
            words = self._tasks.task(task).text
        else:
            words = "in your own words; no check will say whether it got done"
        self.query_one("#task-words", Static).update(Text(clean_line(words)))

    def _asked(self, text: str) -> Task:
        return self._tasks.task(text) if text in self._tasks.names() else plain(text)
