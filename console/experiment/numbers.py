"""The numbers of a draft: stepped by arrows, or typed."""

import contextlib

from console.experiment.draft import Draft
from engine.errors import DrifttyError, ModelError
from engine.model.catalogue import NotFetched, listing, resolve

STEPS = (1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000)
"""What arrows go through for n."""
BUDGET_STEP = 50
MOST_BUDGET = 10_000_000
WARMEST = 2.0
MOST_TURNS = 1000
MOST_SEED = 2**53 - 1


def change(draft: Draft, number: str, step: int) -> None:
    """A step up or down; where there is nothing to step, nothing."""
    match number:
        case "n":
            others = [each for each in STEPS if (each > draft.n if step > 0 else each < draft.n)]
            if others:
                draft.n = others[0] if step > 0 else others[-1]
        case "stop":
            draft.until_decided = not draft.until_decided
        case "budget":
            draft.budget = max(draft.budget + step * BUDGET_STEP, 0)
        case "temperature":
            warmth = round(draft.temperatures[0] + step / 10, 2)
            draft.temperatures = (min(max(warmth, 0.0), WARMEST),)
        case "model":
            here = [each.name for each in listing() if each.fetched]
            at = here.index(draft.models[0]) if draft.models[0] in here else -step
            if here:
                draft.models = (here[(at + step) % len(here)],)
        case "seed":
            draft.seed = min(max(draft.seed + step, 0), MOST_SEED)
        case _:
            draft.turns = min(max(draft.turns + step, 1), MOST_TURNS)


def words_for(draft: Draft, number: str) -> tuple[str, str, str]:
    """Title, hint and present value for a person who types a number."""
    warmths = ", ".join(f"{each:g}" for each in draft.temperatures)
    return {
        "n": ("Runs of each config on each task", "A whole number.", str(draft.n)),
        "budget": ("Budget", "Runs in all, at most; 0 for no such limit.", str(draft.budget)),
        "temperature": ("Temperature", "From 0 to 2; several by commas: 0.3, 0.7.", warmths),
        "model": (
            "Model",
            "A name of the catalogue, a Hugging Face id or a folder; several by commas.",
            ", ".join(draft.models),
        ),
        "seed": ("The experiment's seed", "A whole number.", str(draft.seed)),
        "turns": ("Turns", "At most so many a run.", str(draft.turns)),
    }[number]


def typed(draft: Draft, number: str, said: str) -> None:
    """Take what was typed. Looks at the disk for models. Raises `DrifttyError` with what is wrong."""
    match number:
        case "n":
            draft.n = _whole(said, "n", 1, 100_000)
        case "budget":
            draft.budget = _whole(said, "The budget", 0, MOST_BUDGET)
        case "temperature":
            draft.temperatures = tuple(dict.fromkeys(_warmth(each) for each in _several(said)))
        case "model":
            names = tuple(dict.fromkeys(_several(said)))
            for name in names:
                with contextlib.suppress(NotFetched):  # It is fetched when the model is started.
                    if name != "demo":
                        resolve(name)
            if not names:
                raise ModelError("A model's name is not empty; `driftty models list` has some.")
            draft.models = names
        case "seed":
            draft.seed = _whole(said, "The seed", 0, MOST_SEED)
        case _:
            draft.turns = _whole(said, "turns", 1, MOST_TURNS)


def _several(said: str) -> list[str]:
    return [each.strip() for each in said.split(",") if each.strip()]


def _whole(said: str, what: str, least: int, most: int) -> int:
    if not said.isdecimal() or not least <= int(said) <= most:
        raise DrifttyError(
            f"{what} must be a whole number from {least} to {most:,}: “{said}” is not."
        )
    return int(said)


def _warmth(said: str) -> float:
    try:
        warmth = float(said)
    except ValueError:
        warmth = -1.0
    if not 0 <= warmth <= WARMEST:
        raise DrifttyError(f"A temperature lies between 0 and {WARMEST:g}: “{said}” does not.")
    return warmth
