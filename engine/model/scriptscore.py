"""What a scripted model thinks of its tokens: made up, the same every time, and given where it matters.

The script may say how likely a command was and how near another token; the rest follows from the
tokens alone, so that a test or the demonstration shows something that looks as it does with a model.
"""

import zlib

from engine.drift.judge import judge
from engine.model.linestart import LineStart
from engine.model.pieces import END, TOOL, Decoder, decode, encode
from engine.model.scored import Alternative, Choice, Place, TokenScore
from engine.model.script import ScriptedCompletion
from engine.prompt.parts import PartParser

_SURE, _UNSURE = 0.9, 0.02
"""How likely a command is made up to be, where one comes and where something else does, and a little
more by what is said."""


def logprob(completion: ScriptedCompletion, position: int, token: int) -> float:
    """Of a token at a place: as given, else by the token alone."""
    given = completion.logprobs
    return given[position] if position < len(given) else -_fraction(token) * 2


def command(completion: ScriptedCompletion, place: int, ahead: str) -> float:
    """How likely a command was where a line could begin, the `place`-th time from 0.

    `ahead`: what the completion says from there on.
    """
    if place < len(completion.commands):
        return completion.commands[place]
    line = next((each for each in ahead.splitlines() if each.strip()), "")
    comes = bool(line) and not line.lstrip().startswith(("<", "#")) and judge(line).drift is None
    return (_SURE if comes else _UNSURE) + _fraction(zlib.crc32(line.encode())) / 20


def scripted_ids(completion: ScriptedCompletion) -> tuple[int, ...]:
    """Everything it says, and how it ends."""
    return (*encode(completion.text), TOOL if completion.ends == "control" else END)


def scores(
    completion: ScriptedCompletion, ids: tuple[int, ...], top: int
) -> tuple[tuple[TokenScore, ...], Place]:
    """What it thinks of `ids`, written where the script has `completion`; and what comes after.

    The script's token is the one that is chosen as long as the script was followed; off it, whatever
    was written is.
    """
    script, decoder, tokens = scripted_ids(completion), Decoder(), []
    parser, start, places = PartParser("whole-turn"), LineStart(), 0
    followed = True
    for position, token in enumerate((*ids, -1)):
        ahead = script[position:] if followed else ()
        chosen = ahead[0] if ahead else (END if token < 0 else token)
        place = _place(completion, (position, places), chosen, top, ahead)
        if token < 0:
            break
        places += start.here
        agrees = chosen == token
        told, text = logprob(completion, position, chosen), decoder.feed(token)
        start.after(text, tuple(parser.feed(text)))
        tokens.append(
            TokenScore(
                id=token,
                text=text,
                logprob=told if agrees else told - place.choice.lead,
                rank=1 if agrees else 2,
                behind=0.0 if agrees else place.choice.lead,
                place=place,
            )
        )
        followed = followed and agrees
    return tuple(tokens), place


def _place(
    completion: ScriptedCompletion,
    at: tuple[int, int],
    chosen: int,
    top: int,
    ahead: tuple[int, ...],
) -> Place:
    """`at`: the position, and how many places before it a line could begin at."""
    position, places = at
    given = completion.leads
    lead = given[position] if position < len(given) else 0.5 + 4 * _fraction(chosen)
    likeliest = logprob(completion, position, chosen)
    text = Decoder().feed(chosen)
    saying = decode(tuple(each for each in ahead if each not in (TOOL, END)))
    return Place(
        entropy=-likeliest,
        command=command(completion, places, saying),
        alternatives=(Alternative(chosen, text, likeliest),)[:top],
        choice=Choice(id=chosen, text=text, lead=lead, ends=chosen in (TOOL, END)),
    )


def _fraction(number: int) -> float:
    """A number from 0 to 1 that looks random and is not."""
    return zlib.crc32(number.to_bytes(4)) % 200 / 200
