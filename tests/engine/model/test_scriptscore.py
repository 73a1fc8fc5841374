"""What a scripted model thinks of its tokens: the same every time, given where the script gives it."""

import pytest

from engine.errors import ModelError
from engine.model.pieces import END, encode, payload
from engine.model.protocol import Completed, Sampled, Scored, Weighed
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.run import Sampling
from engine.scrollback import Turn

TURNS = (Turn("user", "root@box:~# ", "shell"),)
PLAIN = Sampling()


async def weighed(*completions: ScriptedCompletion) -> list[Weighed]:
    """Of the first completion, in order."""
    model = ScriptedModel(Script(completions=completions), pace=0)
    told: list[Weighed] = []
    async for reply in model.complete(
        TURNS, sequence="a", seed_turns=0, sampling=PLAIN, rng=1, turn=1, policy="first-line"
    ):
        if isinstance(reply, Sampled | Completed):
            told += reply.weighed
    await model.aclose()
    return told


async def scored(script: Script, ids: tuple[int, ...], turn: int = 1, rng: int = 1) -> Scored:
    model = ScriptedModel(script, pace=0)
    prompt = payload(TURNS, 0, 8192).ids
    try:
        return await model.score(prompt, ids, sampling=PLAIN, rng=rng, turn=turn)
    finally:
        await model.aclose()


async def test_a_command_is_likely_where_one_comes_and_prose_is_not() -> None:
    (command,) = await weighed(ScriptedCompletion(text="hostname"))
    (prose,) = await weighed(ScriptedCompletion(text="Sure, I can help you with that!"))
    assert command.position == prose.position == 0
    assert prose.command < 0.2 < 0.8 < command.command < 1


async def test_it_is_weighed_again_after_reasoning_and_comments() -> None:
    thinking = ScriptedCompletion(text="<think>so</think>\nls")
    before, *_, after = await weighed(thinking)
    assert (before.position, before.command < 0.2, after.command > 0.8) == (0, True, True)
    commented = await weighed(ScriptedCompletion(text="# a list\nls"))
    assert commented[0].command < 0.2 < commented[-1].command


async def test_the_script_says_how_likely_a_command_was() -> None:
    given = await weighed(ScriptedCompletion(text="# a list\nls", commands=(0.25, 0.5)))
    assert [each.command for each in given] == [0.25, 0.5]


async def test_an_empty_completion_is_weighed_at_the_end_that_came() -> None:
    (only,) = await weighed(ScriptedCompletion(text="", commands=(0.125,)))
    assert only == Weighed(0, 0.125)


async def test_what_follows_the_script_agrees_and_what_leaves_it_is_behind_by_the_lead() -> None:
    script = Script(completions=(ScriptedCompletion(text="hostname", leads=(9.0, 0.25)),))
    ids = encode("hostname")
    whole = await scored(script, ids)
    assert all(token.agrees and token.behind == 0 and token.rank == 1 for token in whole.tokens)
    assert "".join(token.text for token in whole.tokens) == "hostname"
    assert whole.after.choice.ends
    assert whole.after.choice.id == END
    other = await scored(script, (ids[0], *encode("zzz"), ids[2]))
    assert [token.agrees for token in other.tokens] == [True, False, True]
    assert other.tokens[1].behind == other.tokens[1].place.choice.lead == 0.25
    assert other.tokens[1].place.choice.id == ids[1]


async def test_a_turn_is_scored_by_the_completion_it_had() -> None:
    script = Script(
        completions=(
            ScriptedCompletion(text="ls"),
            ScriptedCompletion(text="pwd", rng=(1,)),
            ScriptedCompletion(text="exit"),
        )
    )
    assert (await scored(script, encode("pwd"), turn=2, rng=1)).tokens[0].agrees
    assert not (await scored(script, encode("pwd"), turn=2, rng=2)).tokens[0].agrees
    with pytest.raises(ModelError, match="nothing to say"):
        await scored(script, encode("pwd"), turn=4)


async def test_the_same_is_said_every_time() -> None:
    script = Script(completions=(ScriptedCompletion(text="hostname"),))
    one, other = [await scored(script, encode("hostname -f")) for _ in range(2)]
    assert (one.tokens, one.after) == (other.tokens, other.after)
    assert (await scored(script, ())).first == one.first
