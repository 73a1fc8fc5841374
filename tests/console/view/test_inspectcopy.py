"""A payload taken elsewhere."""

import ast
import json
import subprocess

from console.view.inspectcopy import as_curl, as_ids, as_messages, as_python, as_text
from console.view.inspected import Sent, inspected
from engine.run import Sampling
from engine.scrollback import Span, Turn
from tests.console.open import spec
from tests.console.story import PROVENANCE

TURNS = (Turn("user", 'it\'s\n$ "x" `id`', "shell"),)
SHOWN = inspected(
    Sent(
        turn=1,
        ids=(1, 5, 2),
        texts=("<u>", 'it\'s\n$ "x" `id`', "<e>"),
        spans=(Span(0, 1, 0, "skeleton"), Span(1, 2, 0, "shell"), Span(2, 3, -1, "skeleton")),
        turns=TURNS,
        sampling=Sampling(temperature=0.5, top_k=3),
        spec=spec(),
        provenance=PROVENANCE,
    )
)


def test_the_text_is_that_of_every_token() -> None:
    assert as_text(SHOWN) == '<u>it\'s\n$ "x" `id`<e>'


def test_messages_and_ids_are_json() -> None:
    assert json.loads(as_messages(SHOWN)) == [{"role": "user", "content": TURNS[0].text}]
    assert json.loads(as_ids(SHOWN)) == [1, 5, 2]


def test_the_program_is_python_and_holds_the_ids_and_how_tokens_are_drawn() -> None:
    program = as_python(SHOWN)
    named = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(program).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("IDS", "MESSAGES")
    }
    assert named["IDS"] == [1, 5, 2]
    assert named["MESSAGES"] == [{"role": "user", "content": TURNS[0].text}]
    assert "temperature=0.5" in program
    assert "top_k=3" in program


def test_the_request_survives_the_shell_and_holds_no_key() -> None:
    request = as_curl(SHOWN)
    assert "$OPENAI_API_KEY" in request
    words = request.replace("curl ", "printf '%s\\0' ", 1)
    told = subprocess.run(
        ["bash", "-c", words],
        env={"OPENAI_BASE_URL": "U", "OPENAI_API_KEY": "K"},
        capture_output=True,
        text=True,
        check=True,
    )
    body = json.loads(told.stdout.split("\0")[-2])
    assert body["messages"][0]["content"] == TURNS[0].text
    assert body["temperature"] == 0.5
