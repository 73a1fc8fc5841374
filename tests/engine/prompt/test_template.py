"""Chat templates that are not like the embedded model's, made by hand after those in the wild."""

from typing import Any

import pytest

from engine.errors import PromptUnsafe
from engine.prompt.encode import PromptEncoder
from engine.scrollback import Turn
from tests.engine.prompt.plainly import plainly, with_template

pytestmark = pytest.mark.model

TRIMS = (  # as Llama 3
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n\n' + m['content'] | trim"
    " + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n\n' }}{% endif %}"
)
ALTERNATES = (  # as Gemma and Mistral
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
DROPS_REASONING = (  # as Qwen 3
    "{% for m in messages %}{% set content = m['content'] %}"
    "{% if m['role'] == 'assistant' and '</think>' in content %}"
    "{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{{ '<|im_start|>' + m['role'] + '\n' + content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
OPENS_REASONING = DROPS_REASONING.replace(  # as DeepSeek R1
    "assistant\n' }}{% endif %}", "assistant\n<think>\n' }}{% endif %}"
)
MOVES_SYSTEM = (  # as Mistral 0.3
    "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}"
    "{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}{% if m['role'] == 'user' %}<|im_start|>"
    "{% if loop.last and system is defined %}{{ system + '\n\n' }}{% endif %}"
    "{{ m['content'] }}<|im_end|>{% else %}{{ m['content'] }}<|endoftext|>{% endif %}{% endfor %}"
)
JOINS_SYSTEM = (  # as Llama 2: the system turn stands inside the first user turn, in order
    "{% for m in messages %}{% if m['role'] == 'system' %}<|im_start|>user\n{{ m['content'] }}\n\n"
    "{% elif m['role'] == 'user' %}{% if loop.index0 != 1 or messages[0]['role'] != 'system' %}"
    "<|im_start|>user\n{% endif %}{{ m['content'] }}<|im_end|>\n"
    "{% else %}<|im_start|>assistant\n{{ m['content'] }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PLAIN = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
)
CALL, OUTPUT = "uname -r", "6.1.0-18-amd64\nroot@box:~# "
TURNS = [
    Turn("user", "Task: find the kernel", "person"),
    Turn("assistant", CALL, "seed", "history"),
    Turn("user", OUTPUT, "shell"),
]


def encoder(tokenizer: Any, template: str) -> PromptEncoder:
    return PromptEncoder(with_template(tokenizer, template))


def refused(tokenizer: Any, template: str, turns: list[Turn]) -> str:
    with pytest.raises(PromptUnsafe) as caught:
        encoder(tokenizer, template).encode(turns)
    return str(caught.value)


@pytest.mark.parametrize("text", ["ls", " ls ", "\n\nls\n", "ls -l \n a\t", "", " \n"])
def test_contents_are_trimmed_as_the_template_trims_them(tokenizer: Any, text: str) -> None:
    turns = [
        Turn("user", text, "shell"),
        Turn("assistant", text, "seed"),
        Turn("user", "a ", "person"),
    ]
    trimming = with_template(tokenizer, TRIMS)
    assert list(PromptEncoder(trimming).encode(turns).ids) == plainly(trimming, turns)


def test_ids_are_not_trimmed(tokenizer: Any) -> None:
    newline = tuple(tokenizer.encode("\n"))
    turns = [TURNS[0], Turn("assistant", "ls\n", "operator", ids=(5, *newline)), TURNS[2]]
    payload = encoder(tokenizer, TRIMS).encode(turns)
    assert [payload.ids[s.start : s.stop] for s in payload.spans if s.origin == "operator"] == [
        (5, *newline)
    ]


def test_roles_that_the_template_refuses_are_named(tokenizer: Any) -> None:
    system = [Turn("system", "You are a shell.", "seed", "system"), *TURNS]
    assert "system, user, assistant, user (System role not supported)" in refused(
        tokenizer, ALTERNATES, system
    )
    said = refused(tokenizer, ALTERNATES, [*TURNS, Turn("user", "go on", "person")])
    assert "user, assistant, user, user (Conversation roles must alternate)" in said
    assert list(encoder(tokenizer, ALTERNATES).encode(TURNS).ids) == plainly(
        with_template(tokenizer, ALTERNATES), TURNS
    )


def test_a_turn_whose_reasoning_the_template_drops_is_named(tokenizer: Any) -> None:
    thinks = Turn("assistant", "<think>\nthe kernel\n</think>\n\nuname -r", "seed", "reasoning")
    said = refused(tokenizer, DROPS_REASONING, [TURNS[0], thinks, TURNS[2]])
    assert said.startswith("The chat template rewrites or drops turn 2 (assistant, seed element")
    assert "'<think>" in said
    assert "switch off the seed's reasoning" in said


def test_what_the_operator_reasoned_stays_where_the_template_would_drop_it(tokenizer: Any) -> None:
    ids = tuple(tokenizer.encode("<think>\nthe kernel\n</think>\n\nuname -r"))
    thought = Turn("assistant", tokenizer.decode(ids), "operator", ids=ids)
    payload = encoder(tokenizer, DROPS_REASONING).encode([TURNS[0], thought, TURNS[2]])
    span = next(span for span in payload.spans if span.origin == "operator")
    assert payload.ids[span.start : span.stop] == ids


def test_reasoning_that_the_prompt_opened_is_open_in_later_prompts_too(tokenizer: Any) -> None:
    opens = encoder(tokenizer, OPENS_REASONING)
    assert opens.opening(TURNS[:1]).endswith("<|im_start|>assistant\n<think>\n")
    asked = opens.encode(TURNS[:1]).ids
    ids = tuple(tokenizer.encode("the kernel\n</think>\n\nuname -r"))
    after = opens.encode([TURNS[0], Turn("assistant", "…", "operator", ids=ids), TURNS[2]])
    assert after.ids[: len(asked) + len(ids)] == asked + ids
    assert tokenizer.decode(after.ids).count("<think>") == 2
    shown = opens.encode(TURNS)
    assert tokenizer.decode(shown.ids).count("<think>") == 1, "text turns are as the template lays"


def test_a_turn_that_is_moved_is_named(tokenizer: Any) -> None:
    system = [Turn("system", "You are a shell.", "seed", "system"), *TURNS]
    said = refused(tokenizer, MOVES_SYSTEM, system)
    assert said.startswith(
        "The chat template moves turns: turn 2 (user) comes before turn 1 (system)"
    )


def test_a_system_turn_inside_the_first_user_turn_is_in_order_and_works(tokenizer: Any) -> None:
    system = [Turn("system", "You are a shell.", "seed", "system"), *TURNS]
    joining = with_template(tokenizer, JOINS_SYSTEM)
    assert list(PromptEncoder(joining).encode(system).ids) == plainly(joining, system)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{% for m in messages if m['role'] != 'assistant' %}", "leaves out or rewrites turn 2"),
        ("{% for m in messages[1:] %}", "leaves out or rewrites turn 1 (user)"),
        ("{% for m in messages[-2:] %}", "leaves out or rewrites turn 1 (user)"),
        ("{% for m in messages + messages[:1] %}", "repeats turn 1 (user)"),
        (
            "{% for m in messages | reverse %}",
            "moves turns: turn 2 (assistant) comes before turn 1",
        ),
    ],
)
def test_turns_left_out_repeated_or_moved_are_named(tokenizer: Any, body: str, said: str) -> None:
    template = PLAIN.replace("{% for m in messages %}", body)
    assert said in refused(tokenizer, template, TURNS)


@pytest.mark.parametrize("filtered", ["upper", "replace('a', 'b')", "truncate(9)", "urlencode"])
def test_a_content_that_is_rewritten_is_refused(tokenizer: Any, filtered: str) -> None:
    template = PLAIN.replace("m['content']", f"m['content'] | {filtered}")
    said = refused(tokenizer, template, [Turn("user", "cat a long & b file aaa", "shell")])
    assert "rewrites" in said
    assert "turn 1 (user" in said


def test_a_skeleton_that_depends_on_what_a_turn_says_is_refused_by_that_turn(
    tokenizer: Any,
) -> None:
    template = (
        "{% if 'sudo' in messages[-1]['content'] %}<|im_start|>system\nBeware.<|im_end|>\n{% endif %}"
        + PLAIN
    )
    assert encoder(tokenizer, template).encode(TURNS).ids
    said = refused(
        tokenizer, template, [*TURNS[:2], Turn("user", "sudo: command not found", "shell")]
    )
    assert said.startswith("The chat template rewrites or drops turn 3 (user, from the shell)")
    assert "'sudo: command not found'" in said


def test_a_template_that_raises_for_what_a_turn_says_is_refused_by_that_turn(
    tokenizer: Any,
) -> None:
    raises = "{% if 'sudo' in m['content'] %}{{ raise_exception('no sudo') }}{% endif %}"
    turns = [*TURNS[:2], Turn("user", "ok", "shell"), Turn("user", "sudo -s", "person")]
    said = refused(tokenizer, PLAIN.replace("<|im_start|>", raises + "<|im_start|>"), turns)
    assert said.startswith("The chat template refuses (no sudo) turn 4 (user, from the person)")


def test_a_template_that_is_no_jinja_is_a_sentence(tokenizer: Any) -> None:
    assert refused(tokenizer, "{% for %}", TURNS).startswith("The chat template refuses turns")
    assert refused(tokenizer, "{{ messages[0]['content'] + 1 }}", TURNS).startswith(
        "The chat template"
    )


def test_the_date_that_a_template_writes_is_always_the_same(tokenizer: Any) -> None:
    dated = "<|im_start|>system\n{{ strftime_now('%d %b %Y %H:%M:%S.%f') }}<|im_end|>\n" + PLAIN
    dating = encoder(tokenizer, dated)
    assert dating.encode(TURNS) == encoder(tokenizer, dated).encode(TURNS)
    assert (
        dating.encode([*TURNS, Turn("user", "x", "shell")]).ids[:40]
        == dating.encode(TURNS).ids[:40]
    )


def test_a_template_without_control_tokens_gives_the_plain_ids(tokenizer: Any) -> None:
    words = (
        "{% for m in messages %}### {{ m['role'] | capitalize }}:\n{{ m['content'] }}\n\n{% endfor %}"
        "{% if add_generation_prompt %}### Assistant:\n{% endif %}"
    )
    wordy = with_template(tokenizer, words)
    assert list(PromptEncoder(wordy).encode(TURNS).ids) == plainly(wordy, TURNS)
    assert PromptEncoder(wordy).encode(TURNS).spans[-1].turn == -1


def test_a_scrollback_may_begin_with_the_assistant(tokenizer: Any) -> None:
    turns = [Turn("assistant", CALL, "seed"), *TURNS]
    assert list(PromptEncoder(tokenizer).encode(turns).ids) == plainly(tokenizer, turns)
    sampled = [Turn("assistant", CALL, "operator", ids=(5, 6)), *TURNS]
    ids = PromptEncoder(tokenizer).encode(sampled).ids
    assert tokenizer.decode((5, 6)) in tokenizer.decode(ids)
