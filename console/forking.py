"""Forks as a person asks for them: one run from a turn of a recording, or an experiment of many."""

from collections.abc import Sequence

import msgspec

from console.safe import clean_line
from engine.errors import DrifttyError
from engine.experiment import Condition, Experiment
from engine.figures import number, size
from engine.fork import Intervention, fork_spec, intervene, start_at
from engine.home import AT_HOME
from engine.rerun.past import Past
from engine.run import Config, RunSpec, Sampling, StuckPolicy
from engine.start import Start

SPARE_TURNS = 4
"""Turns that a fork may take at least, where nobody says how many."""
MANY_HOMES = 256_000
"""Bytes of the largest home that goes into every run of an experiment."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A fork, asked for. What is not given is as it was recorded."""

    turn: int | None = None
    """None: where it drifted, or else its last turn."""
    config: Config | None = None
    model: str = ""
    temperature: float | None = None
    rng: int | None = None
    turns: int | None = None
    """The turn limit, the restored turns included."""
    edited: str | None = None
    """What the operator says in that turn instead."""
    intervention: Intervention | None = None
    """What is done about that turn; none lets the model write it anew, as `rewind` does."""
    home: bool = True
    """Whether the shell's home is laid as it was kept, where it was; else commands are done again."""


def turn_of(past: Past, asked: Asked) -> int:
    """The turn to be forked at. Raises `DrifttyError` for a session that has none."""
    last = max((attempt.turn for attempt in past.attempts), default=0)
    turn = asked.turn or past.drift_turn or last
    if not turn:
        raise DrifttyError(
            f"Session {past.started.session} ended before its model was asked, so there is no turn to "
            "fork at."
        )
    return turn


def one_fork(past: Past, asked: Asked) -> RunSpec:
    """The run that goes on there. Raises `DrifttyError` where there is no such turn."""
    turn = turn_of(past, asked)
    if asked.intervention is None:
        return _spec(past, start_at(past, turn, edited=asked.edited, home=asked.home), asked)
    _see_it_is_one(asked.edited)
    return _spec(past, intervene(past, turn, asked.intervention, home=asked.home), asked)


def many_forks(
    past: Past,
    asked: Asked,
    interventions: Sequence[Intervention],
    *,
    n: int,
    experiment: str,
) -> Experiment:
    """An experiment of runs that go on there, with an arm for each intervention; none redraws the turn.

    Its seed is the fork's rng. Raises `DrifttyError` where there is no such turn, or nothing to
    intervene about.
    """
    turn = turn_of(past, asked)
    home, why = asked.home, ""
    if home and turn in past.homes and past.homes[turn].size > MANY_HOMES:
        # Every run's recording has the whole of what it began with.
        home, why = False, f"its {size(past.homes[turn].size)} are too much to go into every run"
    if asked.edited is not None:
        if interventions:
            _see_it_is_one(asked.edited)
        starts = [start_at(past, turn, edited=asked.edited, home=home)]
    else:
        starts = [intervene(past, turn, each, home=home) for each in interventions or ("rewind",)]
    if why:
        starts = [msgspec.structs.replace(start, why=why) for start in starts]
    specs = [_spec(past, start, asked) for start in starts]
    first = specs[0]
    return Experiment(
        id=experiment,
        seed=first.rng,
        configs=tuple(spec.config for spec in specs),
        tasks=(first.task,),
        n=n,
        template=msgspec.structs.replace(first, start=None, stuck=_unasked(first)),
        conditions=tuple(Condition(start=spec.start) for spec in specs),
    )


def shell_words(past: Past, turn: int, *, home: bool) -> str:
    """How a fork's shell will be brought to where it was before a turn, in a clause."""
    kept = past.homes.get(turn)
    if kept is not None and home:
        where = f", in {clean_line(kept.cwd)}" if kept.cwd not in ("", AT_HOME) else ""
        held = f"{number(kept.files, 'file')}, {size(kept.size)}"
        return f"its home as it stood: {held}{where} (without shell variables)"
    attempt, start = past.attempt(turn), past.spec.start
    done = attempt.deeds if attempt is not None else len(past.deeds)
    done += len(start.acts) if start is not None else 0
    if not done:
        return "a fresh shell: nothing had been done"
    why = "" if kept is not None else "; no copy of its home was kept"
    return f"{number(done, 'command')} done again in a fresh shell{why}"


def original_document(past: Past) -> dict[str, object]:
    """The same as JSON: what the recording came to by itself."""
    ended = past.ended
    return {
        "session": past.started.session,
        "outcome": ended.outcome if ended else None,
        "drift_turn": past.drift_turn,
        "drift_kind": ended.drift_kind if ended else None,
        "turns": ended.turns if ended else len(past.attempts),
    }


def original(past: Past) -> str:
    """What the forked recording itself came to, to be held beside its forks."""
    ended = past.ended
    if ended is None:
        return f"the original {past.started.session} breaks off: it has no outcome"
    drift = f" in turn {ended.drift_turn} ({ended.drift_kind})" if ended.drift_turn else ""
    return (
        f"the original {past.started.session}: {ended.outcome}{drift}, {ended.turns} turns, 1 run"
    )


def _see_it_is_one(edited: str | None) -> None:
    if edited is not None:
        raise DrifttyError("A turn is edited or intervened about, not both at once.")


def _spec(past: Past, start: Start, asked: Asked) -> RunSpec:
    spec = past.spec
    changes: dict[str, object] = {}
    if asked.config is not None:
        changes["config"] = asked.config
    if asked.model:
        changes["model"] = asked.model
    sampling = sampling_at(past, start.turn)
    if asked.temperature is not None:
        sampling = msgspec.structs.replace(sampling, temperature=asked.temperature)
    changes["sampling"] = sampling
    if asked.rng is not None:
        changes["rng"] = asked.rng
    changes["turns"] = asked.turns or max(spec.turns, start.turn + SPARE_TURNS - 1)
    return fork_spec(spec, start, **changes)


def sampling_at(past: Past, turn: int) -> Sampling:
    """How tokens were drawn there: a person may have changed that on the way."""
    at = past.attempt(turn) or past.attempt(turn - 1)
    return at.samplings[-1] if at else past.spec.sampling


def _unasked(spec: RunSpec) -> StuckPolicy:
    """Nobody is there to be asked about a stuck command in an experiment."""
    return "interrupt" if spec.stuck == "ask" else spec.stuck
