"""A payload to be taken elsewhere: as text, as messages, as ids, as a request that can be run.

None of them holds a secret: an end point's address and key are read from the environment.
"""

import json

from console.view.inspected import Inspected
from engine.run import Sampling


def as_text(shown: Inspected) -> str:
    """The whole prompt, control tokens and all."""
    return "".join("".join(shown.texts(at)) or one.text for at, one in enumerate(shown.stretches))


def as_messages(shown: Inspected) -> str:
    """The scrollback as JSON messages, one a turn: what a chat template is given."""
    return json.dumps(_messages(shown), ensure_ascii=False, indent=2)


def as_ids(shown: Inspected) -> str:
    """The ids as a JSON list."""
    return json.dumps(list(shown.sent.ids))


def as_python(shown: Inspected) -> str:
    """A program with transformers that asks for this completion with exactly these ids."""
    sent = shown.sent
    model = sent.provenance.model if sent.provenance else sent.spec.model if sent.spec else "MODEL"
    dtype = sent.provenance.dtype if sent.provenance else "auto"
    sampling = sent.sampling or Sampling()
    drawn = [f"max_new_tokens={sampling.max_tokens}"]
    if sampling.temperature > 0:
        drawn += [
            "do_sample=True",
            f"temperature={sampling.temperature!r}",
            f"top_p={sampling.top_p!r}",
            f"top_k={sampling.top_k!r}",
        ]
        drawn += [f"min_p={sampling.min_p!r}"] if sampling.min_p else []
    else:
        drawn.append("do_sample=False")
    if sampling.repetition_penalty != 1:
        drawn.append(f"repetition_penalty={sampling.repetition_penalty!r}")
    rng = sent.spec.rng if sent.spec else 0
    return f"""\
# The ids are exactly those that were sent. driftty draws one random number for each token, so a
# sampled answer differs from the recorded one; `do_sample=False` gives the likeliest tokens.
# A model that only driftty knows by its name: python THIS_FILE "$(driftty models path NAME)"
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

MODEL = sys.argv[1] if len(sys.argv) > 1 else {model!r}  # a folder, or a name on the hub
IDS = {list(sent.ids)!r}
MESSAGES = {_messages(shown)!r}

tokenizer = AutoTokenizer.from_pretrained(MODEL)
model = AutoModelForCausalLM.from_pretrained(MODEL, dtype={dtype!r})
rendered = tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, return_dict=False)
print("the template gives", "the same ids" if rendered == IDS else "other ids")
torch.manual_seed({rng})
prompt = torch.tensor([IDS], device=model.device)
written = model.generate(
    prompt, attention_mask=torch.ones_like(prompt), {", ".join(drawn)}
)
print(tokenizer.decode(written[0, len(IDS):]))
"""


def as_curl(shown: Inspected) -> str:
    """A request to an end point that speaks the OpenAI protocol; its template makes the ids anew."""
    sent = shown.sent
    sampling = sent.sampling or Sampling()
    body = {
        "model": sent.provenance.model if sent.provenance else "MODEL",
        "messages": _messages(shown),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sent.spec.rng if sent.spec else 0,
    }
    text = json.dumps(body, indent=2).replace("'", "\\u0027")
    return (
        'curl "$OPENAI_BASE_URL/chat/completions" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        '  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n'
        f"  -d '{text}'\n"
    )


def _messages(shown: Inspected) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in shown.sent.turns]
