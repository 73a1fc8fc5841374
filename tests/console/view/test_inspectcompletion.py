"""A completion token by token."""

import math

from console.view.inspectcompletion import Weighing, completion_lines, left_at, weighed
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


def test_it_left_the_commands_where_one_is_less_likely_than_everything_else() -> None:
    assert left_at((Weighing(0, 0.9), Weighing(4, 0.49), Weighing(6, 0.1))) == Weighing(4, 0.49)
    assert left_at((Weighing(0, 0.5),)) is None
    text = text_of(WROTE, SCORED)
    assert "left the commands at token 1: a command had 12.0%" in text
    assert "here it left the commands" in text


def test_each_token_has_probability_rank_entropy_and_what_it_stands_instead_of() -> None:
    text = text_of(WROTE, SCORED)
    assert "25.0%     2    1.50   -1.39  ls 60.0%" in text
    assert "-2.08" in text


def test_without_a_model_what_was_recorded_is_shown_and_what_is_missing_is_said() -> None:
    text = text_of(WROTE, None, "no model is ready here")
    assert "25.0%     –       –   -1.39" in text
    assert "rank, entropy and alternatives: no model is ready here" in text


def test_without_recorded_weights_the_first_token_is_weighed_by_the_score() -> None:
    bare = Wrote(ids=WROTE.ids, texts=WROTE.texts, logprobs=WROTE.logprobs)
    assert weighed(bare, SCORED) == (Weighing(0, 0.12),)
    assert "is not recorded" in text_of(bare, None)


def test_a_drift_among_likely_commands_is_put_down_to_the_draw() -> None:
    drawn = Wrote(
        ids=(7, 8),
        texts=("ht", "unit"),
        logprobs=(-8.0, -1.0),
        weighed=((0, 0.86),),
        drift="narration",
    )
    assert "drawn out of the commands (narration)" in text_of(drawn, None)
    assert "least likely token is 1, with 0.03%" in text_of(drawn, None)


def test_nothing_written_is_said() -> None:
    assert "Nothing was written" in text_of(Wrote(), None)
