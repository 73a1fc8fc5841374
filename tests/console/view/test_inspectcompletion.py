"""A completion token by token."""

import math

from msgspec.structs import replace

from console.view.inspectcompletion import Departure, Weighing, completion_lines, departure, weighed
from console.view.inspected import Wrote
from engine.model.protocol import Scored
from engine.model.scored import Alternative, Choice, Place, TokenScore

WROTE = Wrote(
    ids=(7, 8),
    texts=("Let", " me"),
    logprobs=(math.log(0.25), math.log(0.5)),
    weighed=((0, 0.12),),
    reason="line",
)
PLACE = Place(
    entropy=1.5,
    command=0.12,
    alternatives=(Alternative(9, "ls", math.log(0.6)), Alternative(7, "Let", math.log(0.25))),
    choice=Choice(id=7, text="Let", lead=0.5),
)
SCORED = Scored(
    id=0,
    tokens=tuple(
        TokenScore(id=token, text=text, logprob=-1.0, rank=2, behind=0.0, place=PLACE)
        for token, text in ((7, "Let"), (8, " me"))
    ),
    after=PLACE,
    prefilled=3,
    took=1,
)


def text_of(wrote: Wrote, scored: Scored | None, missing: str = "no model") -> str:
    return "\n".join(one.text for one in completion_lines(wrote, scored, missing))


LS = Wrote(ids=(1, 2), texts=("ls", " -l"), logprobs=(-0.1, -0.1))


def test_it_left_the_commands_where_one_is_less_likely_than_everything_else() -> None:
    places = (Weighing(0, 0.9), Weighing(4, 0.49), Weighing(6, 0.1))
    assert departure(LS, None, places) == Departure(4, 0.49)
    assert departure(LS, None, (Weighing(0, 0.5),)) is None
    text = text_of(WROTE, SCORED)
    assert "left the commands at token 1: a command had 12.0%" in text
    assert "here it left the commands" in text


def test_each_token_has_probability_rank_entropy_and_what_it_stands_instead_of() -> None:
    text = text_of(WROTE, SCORED)
    assert "25.0%     2  1.50   12%   -1.39  ls 60.0%" in text
    assert "-2.08" in text


def test_without_a_model_what_was_recorded_is_shown_and_what_is_missing_is_said() -> None:
    text = text_of(WROTE, None, "no model is ready here")
    assert "25.0%   -1.39" in text
    assert "rank, entropy and alternatives: no model is ready here" in text


def test_without_recorded_weights_the_first_token_is_weighed_by_the_score() -> None:
    bare = Wrote(ids=WROTE.ids, texts=WROTE.texts, logprobs=WROTE.logprobs)
    assert weighed(bare, SCORED) == (Weighing(0, 0.12),)
    assert "is not recorded" in text_of(replace(LS, weighed=()), None)


def test_a_drift_among_likely_commands_is_put_down_to_the_draw() -> None:
    drawn = Wrote(
        ids=(7, 8, 9),
        texts=("The", " files", " are"),
        logprobs=(-8.0, -1.0, -1.0),
        weighed=((0, 0.86),),
        drift="narration",
    )
    text = text_of(drawn, None)
    assert "drawn out of the commands at token 1 (narration)" in text
    assert "a command had 86.0%, this token 0.03%" in text


def test_a_command_that_turns_into_prose_left_at_the_token_where_it_turned() -> None:
    turned = Wrote(
        ids=(1, 2, 3, 4, 5),
        texts=("sudo", " is", " available", " in", " shell mode."),
        logprobs=(-1.0,) * 5,
        weighed=((0, 0.9),),
        drift="narration",
    )
    text = text_of(turned, None)
    assert "left the commands at token 3 (narration): from there on the line is no command" in text

    def place(*likely: tuple[str, float]) -> Place:
        alternatives = tuple(
            Alternative(k, text, math.log(p)) for k, (text, p) in enumerate(likely)
        )
        return Place(entropy=1.0, command=0.5, alternatives=alternatives, choice=PLACE.choice)

    def scored(second: Place) -> Scored:
        kept = place((" -u", 0.9))
        tokens = tuple(
            TokenScore(id=100 + k, text=text, logprob=math.log(0.05), rank=2, behind=0.0,
                       place=second if k == 2 else kept)
            for k, text in enumerate(turned.texts)
        )  # fmt: skip
        return Scored(id=0, tokens=tokens, after=kept, prefilled=0, took=1)

    collapsed = scored(place((" the", 0.8), ("-u", 0.15)))
    assert "left the commands at token 3: a command had 15.0% there" in text_of(turned, collapsed)
    lucky = scored(place((" -u", 0.8), ("/ls", 0.15)))
    assert "drawn out of the commands at token 3 (narration): a command had 95.0%" in (
        text_of(turned, lucky)
    )


def test_nothing_written_is_said() -> None:
    assert "Nothing was written" in text_of(Wrote(), None)
