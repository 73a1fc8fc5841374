"""What is wrong with the ids: what the template made of the turns, and how much room is left."""

import re
from collections.abc import Iterator

from engine.drift.shapes import CONTROL_ANYWHERE
from engine.lint.finding import Hit, Rule, Subject
from engine.scrollback import Payload, Span

NEAR = 0.85
"""Share of the window from which it is said that the end is near."""

_BLANKS = re.compile(r"\s+")


def control_ids(subject: Subject) -> Iterator[Hit]:
    """Ids of control tokens inside content."""
    if subject.payload is None or not subject.texts:
        return
    for span in subject.payload.spans:
        if span.origin == "skeleton":
            continue
        for at in range(span.start, span.stop):
            if CONTROL_ANYWHERE.fullmatch(subject.texts[at]):
                yield Hit(
                    f"Id {subject.payload.ids[at]} ({subject.texts[at]!r}) stands inside the content "
                    f"of a {span.origin} turn: to the model, the turn ends there.",
                    span.turn,
                )
                break


def dropped(subject: Subject) -> Iterator[Hit]:
    """Turns that the template left out, moved, or changed."""
    if subject.payload is None:
        return
    order: list[int] = []
    for span in subject.payload.spans:
        if span.origin != "skeleton" and span.turn >= 0 and span.turn not in order:
            order.append(span.turn)
    for index, turn in enumerate(subject.turns):
        if index not in order and (turn.text.strip() or turn.ids):
            yield Hit(f"The template left out this {turn.role} turn.", index)
        elif index in order and subject.texts and (change := _changed(subject, index)):
            yield Hit(change, index)
    if order != sorted(order):
        moved = next(index for at, index in enumerate(order) if index != sorted(order)[at])
        yield Hit("The template moved this turn.", moved)


def inserted(subject: Subject) -> Iterator[Hit]:
    """Turns that the template added by itself."""
    if subject.payload is None:
        return
    last = max((span.stop for span in subject.payload.spans if span.turn >= 0), default=0)
    # After the last turn stands what asks for the next one.
    own = [span for span in subject.payload.spans if span.turn == -1 and span.stop <= last]
    if own:
        count = sum(span.stop - span.start for span in own)
        said = _text(subject, subject.payload, own)
        quoted = f": {said!r}" if said else ""
        yield Hit(f"The template added a turn of its own, {count} tokens{quoted}.")


def over_window(subject: Subject) -> Iterator[Hit]:
    """A payload that leaves no room for another token."""
    payload = subject.payload
    if payload is not None and payload.window and len(payload.ids) >= payload.window:
        yield Hit(f"{len(payload.ids):,} tokens, and the window has {payload.window:,}.")


def near_window(subject: Subject) -> Iterator[Hit]:
    """A payload that nearly fills the window, or leaves less than a completion may take."""
    payload = subject.payload
    if payload is None or not len(payload.ids) < payload.window:
        return
    length, left = len(payload.ids), payload.window - len(payload.ids)
    if left < subject.max_tokens:
        may = f"where a completion may take {subject.max_tokens:,}"
        yield Hit(f"{left:,} tokens are left of the window, {may}.")
    elif length > NEAR * payload.window:
        yield Hit(f"{length:,} tokens of a window of {payload.window:,}.")


def cut_completion(subject: Subject) -> Iterator[Hit]:
    """Turns of the operator's that ended because no more tokens were allowed."""
    for index, turn in enumerate(subject.turns):
        if turn.origin == "operator" and turn.ids and len(turn.ids) == subject.max_tokens:
            yield Hit(
                f"The operator's turn ends after {len(turn.ids):,} tokens, and no more were allowed: "
                "it was cut wherever it was.",
                index,
                0,
                len(turn.text),
            )


def _changed(subject: Subject, index: int) -> str:
    """How a turn's text differs from what was sent of it, blanks aside; empty where it does not."""
    assert subject.payload is not None
    turn = subject.turns[index]
    if turn.ids:
        return ""
    spans = [
        span for span in subject.payload.spans if span.turn == index and span.origin != "skeleton"
    ]
    sent = _BLANKS.sub("", "".join("".join(subject.texts[s.start : s.stop]) for s in spans))
    meant = _BLANKS.sub("", turn.text)
    if "\ufffd" in sent or sent == meant:
        return ""
    sizes = f"{len(meant):,} characters became {len(sent):,}"
    return f"The template changed this {turn.role} turn: {sizes}."


def _text(subject: Subject, payload: Payload, spans: list[Span]) -> str:
    if not subject.texts:
        return ""
    whole = "".join("".join(subject.texts[span.start : span.stop]) for span in spans)
    return _BLANKS.sub(" ", CONTROL_ANYWHERE.sub(" ", whole)).strip()[:120]


RULES = (
    Rule(
        "control-ids",
        "error",
        "Content became a control token: whoever wrote the text can end turns and begin new ones.",
        "Encode contents apart from the template; driftty's own prompts do.",
        control_ids,
    ),
    Rule(
        "template-changed",
        "error",
        "The chat template dropped, moved or changed what it was given: the model never saw it.",
        "Give the template the roles it knows, in the order it knows them.",
        dropped,
    ),
    Rule(
        "template-inserted",
        "note",
        "Where the first turn is not the system's, many templates write a system turn of their own; "
        "it primes the model like any other.",
        "Begin with a system turn of your own, if only an empty phrase.",
        inserted,
    ),
    Rule(
        "over-window",
        "error",
        "The payload does not fit the model's context: it is refused, or its beginning is forgotten.",
        "Lower the output budget or the number of turns, or shorten the seed.",
        over_window,
    ),
    Rule(
        "near-window",
        "warning",
        "The end of the context window is near: what comes next will be cut or summarised.",
        "Lower the output budget or the number of turns, or shorten the seed.",
        near_window,
    ),
    Rule(
        "cut-completion",
        "warning",
        "A completion was cut by its bound of tokens, perhaps inside a word or a command; the model "
        "reads it as something it said, and goes on in its manner.",
        "Raise the bound of tokens, or shorten what the operator is asked for.",
        cut_completion,
    ),
)
