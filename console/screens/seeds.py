"""The seeds: choose one, see the scrollback it makes, and switch its elements before taking it."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from console.keymap import bindings
from console.panes.footer import Hints
from console.panes.priming import ElementSwitches, PrimingPane, Toggled
from console.safe import clean, clean_line
from console.screens.dialog import Dialog
from console.view.priming import PrimingView
from engine.errors import SeedError
from engine.figures import number
from engine.run import Config
from engine.scrollback import Turn
from engine.seeds.config import configure
from engine.seeds.library import SeedLibrary


class SeedList(OptionList):
    """The names; Enter takes the one in view."""

    BINDINGS = bindings("seeds")

    def action_take(self) -> None:
        """Take the seed as it is shown."""
        self.screen.action_accept()  # type: ignore[attr-defined]  # only ever in a SeedsScreen


class SeedsScreen(Dialog[Config | None]):
    """Seeds on the left, on the right what the one in view would prime with."""

    def __init__(self, seeds: SeedLibrary, config: Config, first: Turn) -> None:
        """`config`: the one in use. `first`: the live turn that follows the seed's."""
        super().__init__()
        self._seeds, self._config, self._first = seeds, config, first
        self._view = PrimingView()

    def compose(self) -> ComposeResult:
        """The list, and the preview beside it."""
        switches = ElementSwitches(self._view)
        preview = PrimingPane(self._view, switches)
        preview.following = False
        with Vertical(classes="dialog full"):
            yield Label(Text("Seeds", "bold"), classes="heading")
            with Horizontal():
                yield SeedList(
                    *(Option(self._prompt(name), id=name) for name in self._names()), id="seed-list"
                )
                with Vertical(id="seed-preview"):
                    yield Static(id="seed-words")
                    yield switches
                    yield preview
        yield Hints()

    def on_mount(self) -> None:
        """Begin with the seed in use."""
        names = self._names()
        listed = self.query_one(SeedList)
        if self._config.seed in names:
            listed.highlighted = names.index(self._config.seed)
        self._show(self._config)
        listed.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Preview the seed the cursor is on, with its default elements."""
        name = event.option.id or ""
        if name == self._config.seed:
            self._show(self._config)
            return
        try:
            seed = self._seeds.seed(name)
            self._show(configure(seed, seed.default))
        except SeedError as error:
            self.query_one("#seed-words", Static).update(Text(f"✗ {clean(str(error))}"))

    def on_toggled(self, event: Toggled) -> None:
        """Switch an element of the seed in view."""
        config = self._view.config
        if config is not None:
            on = set(config.elements) ^ {event.element}
            self._show(configure(self._seeds.seed(config.seed), on))

    def action_accept(self) -> None:
        """Take the config in view."""
        self.dismiss(self._view.config)

    def _names(self) -> list[str]:
        return list(self._seeds.entries())

    def _prompt(self, name: str) -> Text:
        entry = self._seeds.entries()[name]
        text = Text(clean_line(name), "bold" if name == self._config.seed else "")
        if entry.parsed.value is None:
            text = Text("✗ ") + text + Text(" broken")
        elif entry.yours:
            text.append("  yours")
        return text

    def _show(self, config: Config) -> None:
        seed = self._seeds.seed(config.seed)
        self._view.preview(config, seed.elements, self._first)
        words = Text(clean_line(seed.summary))
        words.append(
            f"\n{config.name}  ·  {number(len(config.turns), 'turn')}  ·  {config.hash[:12]}",
            "bold",
        )
        self.query_one("#seed-words", Static).update(words)
        switches = self.query_one(ElementSwitches)
        switches.styles.height = switches.rows_for(max(20, switches.size.width))
        self.query_one(PrimingPane).sync()
