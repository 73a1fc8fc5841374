"""Every id of a prompt has a text."""

import pytest

from engine.events import PromptSent, TokensNamed
from engine.model.catalogue import ModelFiles
from engine.model.naming import Names
from tests.engine.trial import Trial


@pytest.mark.model
def test_texts_of_ids_join_to_the_text_with_control_tokens_by_name(
    embedded_model: ModelFiles,
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(embedded_model.folder)
    text = "<|im_start|>user\nroot@box:~# ls -la /tmp | wc"
    ids = tokenizer(text)["input_ids"]
    names = dict(Names(tokenizer).of(ids))
    assert "".join(names[token] for token in ids) == text
    part = tokenizer("\U0001f9ff")["input_ids"][0]
    assert dict(Names(tokenizer).of([part]))[part] == "\ufffd"


@pytest.mark.shell
async def test_a_session_names_each_id_once_before_the_prompt_that_has_it() -> None:
    trial = Trial("hostname", "exit")
    await trial.run()
    named: dict[int, str] = {}
    prompt: tuple[int, ...] = ()
    for event in trial.events:
        if isinstance(event, TokensNamed):
            assert named.keys().isdisjoint(event.ids)
            named.update(zip(event.ids, event.texts, strict=True))
        elif isinstance(event, PromptSent):
            prompt = prompt[: event.kept] + event.ids
            assert set(prompt) <= named.keys()
    assert "hostname" in "".join(named[token] for token in prompt)
