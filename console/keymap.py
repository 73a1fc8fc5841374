"""Every key of the console, once: its id, what it does, and where it counts.

Ids are stable: a person's own keys (`console/ownkeys.py`) are named by them.
"""

from typing import Literal, NamedTuple, TypeAlias

from textual.binding import Binding, BindingType

Place: TypeAlias = Literal[
    "app",
    "operate",
    "replay",
    "against",
    "payload",
    "sessions",
    "experiments",
    "draft",
    "choice",
    "experiment",
    "configs",
    "runs",
    "panes",
    "pane",
    "shell",
    "priming",
    "proposal",
    "search",
    "seeds",
    "verify",
    "dialog",
]
"""Where a key counts; a key of the focused pane goes before one of the screen."""


class Key(NamedTuple):
    """A key and its action."""

    id: str
    keys: str
    """Textual's names, separated by commas."""
    action: str
    words: str
    """For help, a phrase."""
    short: str = ""
    """For the footer, one or two words; empty to leave it out of the footer."""
    priority: bool = False


KEYS: dict[Place, tuple[Key, ...]] = {
    "app": (
        Key("app.palette", "ctrl+p", "command_palette", "every command, by name", "palette", True),
        Key("app.help", "f1", "help", "help for the focused pane", "help", True),
        Key("app.quit", "ctrl+q", "quit", "quit", "quit", True),
    ),
    "operate": (
        Key("run.new", "n", "new_run", "a new run: task, config, sampling", "new run"),
        Key("run.again", "r", "again", "the same run with the next rng", "again"),
        Key("run.repeat", "R", "repeat", "the same run with the same rng; ends one under way"),
        Key("run.pause", "space", "pause", "pause the operator, or let it go on", "pause"),
        Key("run.step", "s", "step", "let it take one turn, then pause", "step"),
        Key("run.mode", "m", "mode", "next mode: watch, confirm, step", "mode"),
        Key("run.stop", "x", "stop", "end the run", "stop"),
        Key("run.inject", "i", "inject", "say something to the operator", "inject"),
        Key("run.warmer", "plus", "warmer(1)", "temperature up by 0.1"),
        Key("run.cooler", "minus", "warmer(-1)", "temperature down by 0.1"),
        Key("run.approve", "a", "approve", "run the proposed command", "approve"),
        Key("run.edit", "e", "edit", "edit the proposed command", "edit"),
        Key("run.veto", "v", "veto", "refuse the proposed command", "veto"),
        Key("screen.seeds", "f2", "seeds", "choose a seed and its elements", "seeds"),
        Key("screen.payload", "f3", "payload", "the exact prompt, id by id", "payload"),
        Key(
            "screen.experiments",
            "f4",
            "app.experiments",
            "experiments: replicate and count",
            "replicate",
        ),
        Key("screen.sessions", "f5", "app.sessions", "recorded sessions, to play back", "sessions"),
    ),
    "sessions": (
        Key("sessions.open", "enter", "open", "play it back; open an experiment", "open"),
        Key("sessions.filter", "slash", "filter", "filter, and search the text", "filter"),
        Key("sessions.mark", "space", "mark", "mark it, or no longer", "mark"),
        Key("sessions.unfold", "right", "fold(True)", "show an experiment's runs"),
        Key("sessions.fold", "left", "fold(False)", "fold an experiment's runs"),
        Key("sessions.sort", "s", "sort", "sort by the next column", "sort"),
        Key("sessions.reverse", "S", "reverse", "sort the other way round"),
        Key("sessions.fork", "f", "fork", "fork it where it drifted", "fork"),
        Key("sessions.verify", "V", "verify", "run it again, and compare every token", "verify"),
        Key("sessions.tag", "t", "tag", "give it tags, or take them away", "tags"),
        Key("sessions.note", "e", "note", "write a note about it", "note"),
        Key("sessions.export", "m", "export", "write it to a file for other programs", "export"),
        Key("sessions.delete", "x,delete", "delete", "put it into the trash", "delete"),
        Key("sessions.undo", "u", "undo", "bring back what was deleted", "undo"),
        Key("sessions.trash", "T", "trash", "what is in the trash, or no longer"),
        Key("sessions.pane", "tab,shift+tab", "other", "to the preview and back"),
        Key("sessions.back", "escape", "back", "undo the filter, then back", "back"),
    ),
    "experiments": (
        Key("experiments.open", "enter", "open", "watch it, or look at what it came to", "open"),
        Key("experiments.new", "n", "new", "a new experiment", "new"),
        Key("experiments.go-on", "space", "go_on", "go on with what is missing", "go on"),
        Key("experiments.report", "r", "report", "write its report", "report"),
        Key("experiments.back", "escape", "back", "back", "back"),
    ),
    "draft": (
        Key("draft.switch", "space", "switch", "switch what the cursor is on", "switch"),
        Key("draft.add", "enter", "add", "change it; add the row as a config", "change"),
        Key("draft.factorial", "f", "factorial", "all combinations of a seed", "factorial"),
        Key("draft.remove", "delete,backspace", "remove", "take the config out", "remove"),
        Key("draft.start", "f10,ctrl+enter", "start", "start the experiment", "start"),
        Key("draft.back", "escape", "back", "back, starting nothing", "back"),
        Key("draft.next", "tab", "section(1)", "next section", "next pane"),
        Key("draft.previous", "shift+tab", "section(-1)", "previous section"),
    ),
    "choice": (
        Key("draft.up", "up", "move(0,-1)", "up"),
        Key("draft.down", "down", "move(0,1)", "down"),
        Key("draft.left", "left", "move(-1,0)", "left, or less"),
        Key("draft.right", "right", "move(1,0)", "right, or more"),
    ),
    "experiment": (
        Key("experiment.pause", "space", "pause", "pause; go on with what is missing", "pause"),
        Key("experiment.more", "plus", "more", "more runs of each config", "more runs"),
        Key("experiment.drop", "d", "drop", "no more runs of the chosen config", "stop config"),
        Key("experiment.stop", "x", "stop", "stop the experiment; it can go on later", "stop"),
        Key("experiment.report", "r", "report", "write its report", "report"),
        *(
            Key(f"experiment.pane-{n}", str(n), f"show({n})", f"pane {n}: {name}")
            for n, name in enumerate(
                ("configs", "runs", "verdicts", "intervals", "survival", "effects", "margin"), 1
            )
        ),
        Key("experiment.back", "escape", "back", "all panes again, then back; it goes on", "back"),
    ),
    "configs": (
        Key("configs.up", "up", "choose(-1)", "the config above"),
        Key("configs.down", "down", "choose(1)", "the config below"),
    ),
    "runs": (
        Key("runs.open", "enter", "open", "open the run's recording, at its drift", "open run"),
        Key("runs.up", "up", "move(0,-1)", "the run above"),
        Key("runs.down", "down", "move(0,1)", "the run below"),
        Key("runs.left", "left", "move(-1,0)", "the run before"),
        Key("runs.right", "right", "move(1,0)", "the run after"),
    ),
    "replay": (
        Key("replay.pause", "space", "play", "play, or pause", "pause"),
        Key(
            "replay.slower", "less_than_sign,minus", "speed(-1)", "slower, down to ×0.25", "slower"
        ),
        Key("replay.faster", "greater_than_sign,plus", "speed(1)", "faster, up to ×32", "faster"),
        Key("replay.next", "right,full_stop", "step('event', 1)", "next event", "event"),
        Key("replay.previous", "left,comma", "step('event', -1)", "previous event"),
        Key("replay.next-turn", "t", "step('turn', 1)", "next turn", "turn"),
        Key("replay.previous-turn", "T", "step('turn', -1)", "previous turn"),
        Key("replay.next-command", "r", "step('command', 1)", "next command that ran", "command"),
        Key("replay.previous-command", "R", "step('command', -1)", "previous command that ran"),
        Key("replay.next-drift", "d", "step('drift', 1)", "next drift", "drift"),
        Key("replay.previous-drift", "D", "step('drift', -1)", "previous drift"),
        Key("replay.start", "home,0", "start", "to the start"),
        Key("replay.end", "end,dollar_sign", "end", "to the end, and follow what is recorded"),
        Key("replay.go", "colon", "go", "go to a turn, a time, an event or a share", "go to"),
        Key("replay.find", "s", "find", "find a text in the whole recording", "find"),
        Key("replay.next-hit", "n", "hit_in_recording(1)", "next place of that text"),
        Key("replay.previous-hit", "N", "hit_in_recording(-1)", "previous place of that text"),
        Key("replay.export", "m", "export", "write it, or a picture of this moment", "export"),
        Key("replay.idle", "i", "idle", "shorten idle time: to 0.5, 1, 2, 5 s, or not", "idle"),
        Key("replay.against", "a", "against", "another session beside this one", "against"),
        Key("replay.fork", "f", "fork", "fork it at this turn", "fork"),
        Key("replay.verify", "V", "verify", "run it again, and compare every token", "verify"),
        Key("replay.payload", "f3", "payload", "the exact prompt, id by id", "payload"),
        Key(
            "replay.back",
            "escape",
            "back",
            "all panes again, then back to where you came from",
            "back",
        ),
    ),
    "against": (
        Key("against.next", "d", "difference(1)", "next turn that differs", "difference"),
        Key("against.previous", "D", "difference(-1)", "previous turn that differs"),
        Key("against.next-turn", "t", "turn(1)", "next turn", "turn"),
        Key("against.previous-turn", "T", "turn(-1)", "previous turn"),
        Key("against.side", "tab,b", "side", "the other side", "side"),
        Key("against.payloads", "f3", "payloads", "how the payloads of a turn differ", "payloads"),
        Key("against.open", "o,enter", "open", "play the left one from this turn", "play"),
    ),
    "payload": (
        Key("payload.next", "right,n", "screen.turn(1)", "the next prompt", "next turn"),
        Key("payload.previous", "left,p", "screen.turn(-1)", "the prompt before"),
        Key("payload.tab", "tab", "screen.tab('next')", "the next tab", "tab"),
        *(
            Key(f"payload.tab-{n}", str(n), f"screen.tab('{name}')", f"tab {n}: {name}")
            for n, name in enumerate(("payload", "difference", "completion", "lint"), 1)
        ),
        Key("payload.boundaries", "b", "screen.boundaries", "where tokens begin; blanks", "tokens"),
        Key("payload.ids", "i", "screen.ids", "the ids of tokens", "ids"),
        Key("payload.matters", "m", "screen.matters", "how much each seed turn matters", "matters"),
        Key("payload.jump", "enter", "screen.jump", "go to what a finding is about", "go there"),
        Key("payload.other-next", "full_stop", "screen.other(1)", "compare with a later prompt"),
        Key("payload.other-previous", "comma", "screen.other(-1)", "compare with an earlier one"),
        Key("payload.beside", "o", "screen.beside", "compare with another recording", "compare"),
        Key("payload.search", "slash", "screen.search", "search in this tab", "search"),
        Key("payload.next-hit", "right_square_bracket", "screen.hit(1)", "next hit of the search"),
        Key("payload.previous-hit", "left_square_bracket", "screen.hit(-1)", "previous hit"),
        Key("payload.copy-text", "t", "screen.copy_as('text')", "copy the prompt as text"),
        Key("payload.copy-messages", "j", "screen.copy_as('messages')", "copy as JSON messages"),
        Key("payload.copy-ids", "I", "screen.copy_as('ids')", "copy the ids"),
        Key("payload.copy-python", "r", "screen.copy_as('python')", "copy as a Python program"),
        Key("payload.copy-curl", "u", "screen.copy_as('curl')", "copy as a curl request"),
    ),
    "panes": (
        Key("pane.next", "tab", "pane(1)", "next pane"),
        Key("pane.previous", "shift+tab", "pane(-1)", "previous pane"),
        Key("pane.maximise", "z,f11", "maximise", "the focused pane on the whole screen", "zoom"),
        Key("pane.restore", "escape", "restore", "all panes again"),
        Key("pane.search", "slash", "search", "search in the focused pane", "search"),
        Key("pane.next-hit", "right_square_bracket", "hit(1)", "next hit of the search"),
        Key("pane.previous-hit", "left_square_bracket", "hit(-1)", "previous hit"),
    ),
    "pane": (
        Key("pane.copy", "c,ctrl+c,ctrl+shift+c", "copy", "copy the selection, or all", "copy"),
        Key("pane.top", "g,home", "top", "to the first line"),
        Key("pane.tail", "G,end", "tail", "to the last line, and follow"),
    ),
    "shell": (
        Key("shell.type", "enter,t", "type", "type into the shell yourself", "type"),
        Key("shell.leave", "ctrl+right_square_bracket,f12", "leave", "stop typing", "leave", True),
    ),
    "priming": (
        Key("priming.left", "left", "element(-1)", "previous element"),
        Key("priming.right", "right", "element(1)", "next element"),
        Key("priming.toggle", "enter", "switch", "switch the element", "switch"),
        *(
            Key(f"priming.toggle-{n}", str(n), f"switch({n})", f"switch element {n}")
            for n in range(1, 8)
        ),
    ),
    "proposal": (
        Key("proposal.run", "enter", "run", "run the command as it stands", "run"),
        Key("proposal.veto", "escape", "veto", "refuse it", "veto"),
    ),
    "search": (
        Key("search.next", "enter", "accept", "next place", "next"),
        Key("search.close", "escape", "close", "close the search", "close"),
    ),
    "seeds": (Key("seeds.take", "enter", "take", "take the seed as shown", "take"),),
    "verify": (
        Key(
            "verify.live",
            "l",
            "live",
            "once more, the commands in a real shell too",
            "with a shell",
        ),
        Key("verify.baseline", "b", "baseline", "hold on to it as a baseline", "baseline"),
    ),
    "dialog": (
        Key("dialog.accept", "f10,ctrl+enter", "accept", "accept"),
        Key("dialog.close", "escape", "close", "close", "close"),
    ),
}
"""By place, in the order in which help and footer name them."""


def bindings(place: Place) -> list[BindingType]:
    """A place's keys, as Textual wants them."""
    return [
        Binding(
            key.keys,
            key.action,
            key.words,
            show=bool(key.short),
            priority=key.priority,
            id=key.id,
        )
        for key in KEYS[place]
    ]


def known() -> dict[str, Key]:
    """Every key by its id."""
    return {key.id: key for keys in KEYS.values() for key in keys}
