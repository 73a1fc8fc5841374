"""The last line: the keys that count here and now, as many as fit, none of them cut."""

from collections.abc import Callable

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from console.keymap import known
from console.panes.look import look_of
from console.panes.strips import on, strip_of
from console.view.line import Piece

ORDER = (
    "shell.leave", "proposal.run", "proposal.veto", "seeds.take", "search.next", "search.close",
    "verify.live", "verify.baseline", "dialog.close",
    "sessions.open", "sessions.filter", "sessions.undo", "sessions.sort", "sessions.tag",
    "sessions.fork", "sessions.verify", "sessions.export", "sessions.delete", "sessions.mark",
    "sessions.note", "sessions.back",
    "draft.start", "draft.next", "draft.switch", "draft.add", "draft.factorial", "draft.remove",
    "draft.back",
    "experiments.open", "experiments.new", "experiments.go-on", "experiments.report",
    "experiments.back", "runs.open", "experiment.pause", "experiment.more", "experiment.drop",
    "experiment.stop", "experiment.report", "experiment.back",
    "run.approve", "run.edit", "run.veto", "run.new", "run.pause", "run.step", "run.again",
    "run.stop", "replay.pause", "replay.slower", "replay.faster", "replay.next-turn",
    "replay.next-drift", "replay.fork", "replay.verify", "replay.next-command", "replay.next",
    "replay.go", "replay.find", "replay.against", "replay.export",
    "against.next", "against.next-turn", "against.side",
    "against.payloads", "against.open",
    "payload.jump", "payload.tab", "payload.next", "payload.boundaries", "payload.ids",
    "payload.matters", "payload.beside", "payload.search", "replay.back", "replay.idle",
    "replay.payload", "shell.type", "priming.toggle", "screen.seeds", "screen.payload",
    "screen.experiments", "screen.sessions", "run.mode", "run.inject", "pane.maximise",
    "pane.search", "pane.copy",
    "app.help", "app.palette", "app.quit",
)  # fmt: skip
"""Which keys to show first where there is not room for all."""

NAMES = {
    "space": "space",
    "enter": "⏎",
    "escape": "esc",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "dollar_sign": "$",
    "left": "←",
    "right": "→",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "question_mark": "?",
}

TYPED = ("space", "slash", "plus", "minus", "left_square_bracket", "right_square_bracket")
"""Keys of more than one letter that type a character."""

ALWAYS = ("app.help", "app.quit")
"""Never left out: how to find the rest, and how to leave."""


def key_name(key: str) -> str:
    """A key as a person reads it: `^P`, `F2`, `space`."""
    *held, name = key.split("+")
    text = NAMES.get(name, name.upper() if name[0] == "f" and name[1:].isdigit() else name)
    if "shift" in held:
        text = text.upper() if held == ["shift"] and len(text) == 1 else f"⇧{text}"
    if "alt" in held:
        text = f"alt+{text}"
    if "ctrl" in held:
        text = f"^{text.upper() if len(text) == 1 else text}"
    return text


class Hints(Widget):
    """The keys of the focused pane, the screen and the app, in one row; each can be clicked."""

    def __init__(self, shorts: Callable[[], dict[str, str]] = dict) -> None:
        """`shorts`: words for keys, by id, that differ from the usual ones just now; a key whose word
        is empty is left out.
        """
        super().__init__(id="hints")
        self._shorts = shorts
        self._shown: list[tuple[int, int, Binding]] = []

    def on_mount(self) -> None:
        """Follow what counts."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render_line(self, y: int) -> Strip:
        """The row."""
        width = self.size.width
        pieces: list[Piece] = []
        self._shown = []
        used = 1
        for text, words, binding in self._fitting(width - 2):
            cells = cell_len(text) + 1 + cell_len(words)
            self._shown.append((used, used + cells, binding))
            pieces += [Piece(text, "key"), Piece(f" {words}", "faint"), Piece("  ")]
            used += cells + 2
        return on(strip_of(look_of(self), Piece(" "), *pieces), width, self.rich_style)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked key does."""
        for start, stop, binding in self._shown:
            if start <= event.x < stop:
                await self.app.run_action(binding.action, self._home(binding))

    def _home(self, binding: Binding) -> Widget | None:
        for active in self.screen.active_bindings.values():
            if active.binding is binding:
                return active.node  # type: ignore[return-value]  # an app too has actions
        return None

    def _fitting(self, room: int) -> list[tuple[str, str, Binding]]:
        """Keys in their order of mention, the least important ones left out."""
        shorts = {name: key.short for name, key in known().items()} | self._shorts()
        found: dict[str, tuple[str, str, Binding]] = {}
        writing = isinstance(self.screen.focused, Input)
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if writing and (len(binding.key) == 1 or binding.key in TYPED):
                continue  # the key would be written into the field
            if binding.id and binding.show and active.enabled and binding.id not in found:
                found[binding.id] = (key_name(binding.key), shorts[binding.id], binding)
        ranked = [*ALWAYS, *(name for name in ORDER if name not in ALWAYS)]
        kept: set[str] = set()
        for name in ranked:
            if name in found and found[name][1]:
                text, words, _ = found[name]
                cells = cell_len(text) + cell_len(words) + 3
                if cells <= room + 2:
                    room -= cells
                    kept.add(name)
        return [found[name] for name in ORDER if name in kept]
