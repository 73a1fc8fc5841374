"""Forks: where a run may go on from in a recording, and what may be done there to a drift."""

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import msgspec

from engine.errors import DrifttyError
from engine.home import HomeCopy
from engine.prompt.parts import PartParser
from engine.rerun.doing import Deed, as_act
from engine.rerun.past import Past
from engine.run import CommandPolicy, Config, RunSpec
from engine.scrollback import Turn
from engine.seeds.render import user_text
from engine.start import Act, Start

Intervention: TypeAlias = Literal["none", "rewind", "recovery", "anchor", "mask"]
"""What is done about a turn that drifted. `none`: it is executed and the run goes on, as history did.
`rewind`: it is taken back and drawn anew. `recovery`: after the shell's answer to it, the operator is
shown to have typed a command again. `anchor`: after the shell's answer, the task is said once more.
`mask`: its prose is taken out, so that the operator does not read what it wrote."""

INTERVENTIONS: tuple[Intervention, ...] = get_args(Intervention)

RECOVERY = "pwd"
"""What the operator is shown to have typed after its drift: a command that always works and says where
it is."""
MASKED = ":"
"""What stands in place of a turn of which only prose was there: bash's own word for doing nothing."""


def start_at(past: Past, turn: int, *, edited: str | None = None, home: bool = True) -> Start:
    """Where a run goes on with a turn of a recording, which the model writes anew.

    With `edited`, that turn is said as given, for real, and the model writes the next. The turn after
    the last goes on from the end; there, a last turn that the shell never got is typed first. Without
    `home`, commands are done again even where the home was kept. Raises `DrifttyError` for a turn that
    the recording does not have.
    """
    last = max((attempt.turn for attempt in past.attempts), default=0)
    if past.spec.channel == "fragmented" and edited is not None:
        raise DrifttyError(
            "A turn of the fragmented channel cannot be edited: it has no whole turns."
        )
    attempt = past.attempt(turn)
    if attempt is None and (turn != last + 1 or not last):
        most = f"1 to {last + 1}" if last else "none, since the model was never asked"
        raise DrifttyError(
            f"Session {past.started.session} cannot be forked at turn {turn}: its turns are {most}."
        )
    if attempt is not None:
        start = _before(past, turn, home)
        if edited is None:
            return start
        said = Turn(role="assistant", text=edited.rstrip("\n"), origin="person")
        return _followed(start, (said,), f"turn {turn} edited")
    if not past.scrollback or past.scrollback[-1].role != "assistant":
        _see_it_lives(past)
        return _all(past, turn, home)
    return _followed(_before(past, last, home), (_said(past, last),), "")


def intervene(past: Past, turn: int, intervention: Intervention, *, home: bool = True) -> Start:
    """Where a run goes on after something was done about a turn that drifted.

    `home` as of `start_at`. Raises `DrifttyError` for a turn that the recording does not have.
    """
    before = start_at(past, turn, home=home)
    if intervention == "rewind":
        return msgspec.structs.replace(before, change=f"rewind at {turn}")
    said = _said(past, turn)
    spec = past.spec
    if intervention == "mask":
        drifted = [line for number, line in past.drifts if number == turn]
        masked = _masked(said, drifted or typed_lines(said.text, spec.policy), spec.policy)
        return _followed(before, (masked,), f"mask at {turn}")
    if intervention == "recovery":
        shown = Turn(role="assistant", text=RECOVERY, origin="person")
        return _followed(before, (said, shown), f"recovery at {turn}")
    if intervention == "anchor":
        text = user_text(f"Task: {spec.task.text}", spec.config.prompt)
        anchor = Turn(role="user", text=text, origin="person")
        return _followed(before, (said, anchor), f"anchor at {turn}")
    return _followed(before, (said,), f"nothing at {turn}")


def fork_spec(parent: RunSpec, start: Start, **changes: object) -> RunSpec:
    """The run that goes on from there, with what is changed: `config`, `model`, `sampling` …

    Under another prompt, the restored turns end in it; for another model, the operator's turns go back
    as text, since another tokenizer wrote their ids. Raises `DrifttyError` where the turn limit leaves
    no turn to be taken.
    """
    spec = msgspec.structs.replace(parent, **changes)
    if start.turn > spec.turns:
        raise DrifttyError(
            f"The turn limit of {spec.turns} leaves nothing to do from turn {start.turn} on; raise it "
            "with --turns."
        )
    if spec.config.prompt != parent.config.prompt:
        start = _prompted(start, parent.config, spec.config)
    if spec.model != parent.model:
        start = msgspec.structs.replace(
            start, turns=_without_ids(start.turns), then=_without_ids(start.then)
        )
    return msgspec.structs.replace(spec, start=start)


def typed_lines(text: str, policy: CommandPolicy) -> tuple[str, ...]:
    """The lines of an operator's turn that go to the shell."""
    parser = PartParser(policy)
    kinds = ("line", "comment") if policy == "whole-turn" else ("line",)
    deltas = [*parser.feed(f"{text}\n"), *parser.close()]
    return tuple(each.text for each in deltas if each.state == "close" and each.kind in kinds)


def _before(past: Past, turn: int, home: bool) -> Start:
    attempt = past.attempt(turn)
    assert attempt is not None
    return Start(
        session=past.started.session,
        turn=turn,
        turns=attempt.scrollback[past.seed_turns :],
        numbers=attempt.numbers,
        lines=past.lines[: attempt.lines],
        **_world(past, turn, past.deeds[: attempt.deeds], home)._asdict(),
    )


def _all(past: Past, turn: int, home: bool) -> Start:
    return Start(
        session=past.started.session,
        turn=turn,
        turns=past.scrollback[past.seed_turns :],
        numbers=past.numbers,
        lines=past.lines,
        **_world(past, turn, past.deeds, home)._asdict(),
    )


class _World(NamedTuple):
    """What brings a fresh shell to where a recorded one was; fields as of `Start`."""

    acts: tuple[Act, ...]
    home: HomeCopy | None
    why: str


def _world(past: Past, turn: int, deeds: Sequence[Deed], home: bool) -> _World:
    """The home as it was kept before a turn; where it was not, what the shell began with, and deeds."""
    earlier = past.spec.start
    done = [deed for deed in deeds if deed.finished]
    if home and turn in past.homes:
        sizes = [(act.columns, act.rows) for act in (earlier.acts if earlier else ())]
        sizes += [(deed.columns, deed.rows) for deed in done]
        # A terminal's size is no part of a home, and programs lay their output out by it.
        last = [each for each in sizes if each[0]][-1:]
        acts = tuple(Act(turn=turn - 1, columns=wide, rows=high) for wide, high in last)
        return _World(acts, past.homes[turn], "")
    return _World(
        (*(earlier.acts if earlier else ()), *(as_act(deed, past.spec) for deed in done)),
        earlier.home if earlier else None,
        past.unkept.get(turn, "") if home else "",
    )


def _see_it_lives(past: Past) -> None:
    died = next((deed for deed in past.deeds if deed.observation.state == "died"), None)
    if died is not None:
        raise DrifttyError(
            f"Session {past.started.session} ended with `{died.observation.command}`, which left its "
            f"shell; fork it at turn {died.turn} or before."
        )


def _said(past: Past, turn: int) -> Turn:
    """What the operator said in a turn. Raises `DrifttyError` where nothing of it was let stand."""
    live = past.scrollback[past.seed_turns :]
    for number, each in zip(past.numbers, live, strict=True):
        if number == turn and each.role == "assistant":
            return each
    raise DrifttyError(
        f"Nothing of turn {turn} of session {past.started.session} stands in its scrollback, so only "
        "`rewind` can be done about it."
    )


def _followed(start: Start, then: tuple[Turn, ...], change: str) -> Start:
    """The start with turns to be laid before the model is asked, which are the forked turn's."""
    return msgspec.structs.replace(start, turn=start.turn + 1, then=then, change=change)


def _masked(said: Turn, drifted: Collection[str], policy: CommandPolicy) -> Turn:
    prose = {line.strip() for line in drifted}
    text = "\n".join(line for line in said.text.splitlines() if line.strip() not in prose)
    if not typed_lines(text, policy):
        text = f"{text}\n{MASKED}".lstrip("\n")
    return Turn(role="assistant", text=text, origin="person")


def _prompted(start: Start, old: Config, new: Config) -> Start:
    def reprompt(turn: Turn) -> Turn:
        if turn.role != "user" or not old.prompt or not turn.text.endswith(old.prompt):
            return turn
        text = user_text(turn.text.removesuffix(old.prompt).removesuffix("\n"), new.prompt)
        return msgspec.structs.replace(turn, text=text)

    return msgspec.structs.replace(
        start,
        turns=tuple(reprompt(turn) for turn in start.turns),
        then=tuple(reprompt(turn) for turn in start.then),
    )


def _without_ids(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(msgspec.structs.replace(turn, ids=()) for turn in turns)
