"""The script of a scripted model: what it says, at which pace, and what goes wrong."""

import re
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import ModelError
from engine.held import Held
from engine.scrollback import Turn


class ScriptedCompletion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One completion. What is not given is the plain case: said at once, without failure."""

    text: str
    when: str = ""
    """A regular expression that must be found in the last user turn; empty: always."""
    rng: tuple[int, ...] = ()
    """Said only in runs with one of these run seeds; empty: in all."""
    ends: Literal["end", "control"] = "end"
    """How it ends where no line, length or failure ends it: by the end of the turn, or by a control
    token that ends none."""
    first_ms: float = 0.0
    """From the request to the first token."""
    token_ms: tuple[float, ...] = (0.0,)
    """From each token to the next; the last one goes on for the rest."""
    logprobs: tuple[float, ...] = ()
    """Of the first tokens; the rest get one that depends on the token alone."""
    commands: tuple[float, ...] = ()
    """How likely a command was, at each place where a line could begin; the rest get one by what
    comes there."""
    leads: tuple[float, ...] = ()
    """By how many logits the first tokens lay ahead of another, where they are scored; the rest get
    one that depends on the token alone."""
    held: Held | None = None
    """What the model says it holds when it has ended."""
    gone_at: int | None = None
    """The worker goes away before this token, once in a run: asked again, it is said whole."""
    hangs_at: int | None = None
    """Nothing comes from this token on, until the completion is cancelled."""
    fails: str = ""
    """The request is refused with this sentence."""
    fails_as: Literal["prompt", "window", "internal"] = "internal"


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scripted model does in every run, from the beginning in each."""

    completions: tuple[ScriptedCompletion, ...]
    """In order; of those not yet said in a run, the first that fits is said."""
    otherwise: ScriptedCompletion | None = None
    """Said whenever none of them fits; without it, that is an error."""
    load_ms: float = 0.0
    load_fails: str = ""
    """Loading fails with this sentence, after `load_ms`."""
    rows: int = 8
    """How many completions run at once; more wait."""
    window: int = 8192
    """Context length in tokens."""


def read_script(path: Path) -> Script:
    """A script from a TOML file. Raises `ModelError`, naming file and field."""
    try:
        script = msgspec.toml.decode(path.read_bytes(), type=Script)
        for completion in (*script.completions, script.otherwise):
            if completion is not None:
                re.compile(completion.when)
    except OSError as error:
        raise ModelError(f"The script {path} cannot be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, re.error) as error:
        raise ModelError(f"The script {path} is wrong: {error}.") from error
    return script


def demo_script() -> Script:
    """The demonstration's: eight turns with reasoning, a mistake mended, and a drift at the end."""
    return read_script(Path(__file__).with_name("demo.toml"))


class Reading:
    """Where one run is in a script."""

    def __init__(self, script: Script, turn: int = 1, rng: int = 0) -> None:
        """`turn`: the first that it is asked for; a fork goes on where its recording had got to."""
        own = (n for n, each in enumerate(script.completions) if not each.rng or rng in each.rng)
        self._script = script
        self._said: set[int] = {number for number, _ in zip(own, range(turn - 1), strict=False)}
        self._gone: set[int] = set()

    def next(self, turns: tuple[Turn, ...], rng: int) -> tuple[int, ScriptedCompletion]:
        """The completion that comes now, and its number. Raises `ModelError` where there is none."""
        shown = next((turn.text for turn in reversed(turns) if turn.role == "user"), "")
        for number, completion in enumerate(self._script.completions):
            if number in self._said or (completion.rng and rng not in completion.rng):
                continue
            if re.search(completion.when, shown):
                return number, completion
        if self._script.otherwise is None:
            raise ModelError(
                f"The script has nothing to say any more: {len(self._said)} of its"
                f" {len(self._script.completions)} completions are said and no other fits."
            )
        return -1, self._script.otherwise

    def at(self, shown: str, rng: int, turn: int) -> ScriptedCompletion:
        """The completion that a run which reads the script in order has at this turn, from 1.

        Changes nothing. Raises `ModelError` where there is none.
        """
        completions = self._script.completions
        fitting = [
            number
            for number, each in enumerate(completions)
            if not (each.rng and rng not in each.rng) and re.search(each.when, shown)
        ]
        # Those that were said before are told by their number: a turn each.
        number = next((each for each in fitting if each >= turn - 1), None)
        found = self._script.otherwise if number is None else completions[number]
        if found is None:
            raise ModelError(
                "The script has nothing to say at this prompt, so nothing to score by."
            )
        return found

    def said(self, number: int) -> None:
        """A completion came to its end, so that the next comes next."""
        self._said.add(number)

    def goes(self, number: int) -> bool:
        """Whether the worker goes away in this completion now: the first time it is asked."""
        first = number not in self._gone
        self._gone.add(number)
        return first
