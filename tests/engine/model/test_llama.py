"""The forward that is written out, against that of transformers, for each kind it is taken for."""

from typing import Any

import pytest
import torch
from transformers import (
    GemmaConfig,
    GemmaForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from engine.model.kv import Sequence
from engine.model.llama import Llama, is_llama
from engine.model.probe import runner_for
from engine.model.runner import SharedRunner, Transformers, Work

LIMIT = 64 << 20
SIZES = {
    "vocab_size": 300,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "initializer_range": 0.3,
}
KINDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "llama": (LlamaConfig, LlamaForCausalLM, {"attention_bias": True, "mlp_bias": True}),
    "tied": (LlamaConfig, LlamaForCausalLM, {"tie_word_embeddings": True}),
    "long": (
        LlamaConfig,
        LlamaForCausalLM,
        {
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 10000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
    ),
    "mistral": (MistralConfig, MistralForCausalLM, {"sliding_window": None}),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, {"use_sliding_window": False}),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, {}),
}


def made(kind: str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    config, model, settings = KINDS[kind]
    torch.manual_seed(2)
    built: PreTrainedModel = model(config(**{**SIZES, **settings}))
    for name, parameter in built.named_parameters():
        # Norms and biases begin as ones and noughts, which would hide that they are left out.
        if name.endswith(("bias", "norm.weight")):
            torch.nn.init.normal_(parameter, 1.0 if "norm" in name else 0.0, 0.2)
    return built.to(dtype).eval().requires_grad_(False)


def text(length: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return [int(token) for token in torch.randint(300, (length,), generator=generator)]


def opened(runner: SharedRunner, name: str, ids: list[int], seam: int) -> Sequence:
    sequence = runner.store.open(name, ids, seam)
    assert sequence is not None
    assert runner.store.reserve(sequence, len(ids) + 40 - sequence.cached)
    return sequence


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_every_kind_gives_the_logits_of_its_own_forward(kind: str) -> None:
    theirs = made(kind)
    runner = runner_for(lambda: made(kind), LIMIT)
    assert isinstance(runner, SharedRunner)
    assert isinstance(runner.forward, Llama)
    assert runner.forward_name == "written out"
    for length, seam in ((150, 100), (9, 0)):
        ids = text(length, length)
        sequence = opened(runner, str(length), ids, seam)
        runner.run([Work(sequence, tuple(ids[:-2]), wanted=False)])
        for end in (-1, length):
            logits = runner.run([Work(sequence, tuple(ids[sequence.cached : end]), wanted=True)])
            own = theirs(input_ids=torch.tensor([ids[:end]])).logits[0, -1]
            torch.testing.assert_close(logits[0], own, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_the_logits_of_every_token_of_a_work_come_in_their_order() -> None:
    theirs = made("llama")
    runner = runner_for(lambda: made("llama"), LIMIT)
    ids, others = text(50, 1), text(30, 2)
    assert isinstance(runner, SharedRunner)
    beside = opened(runner, "beside", others, 0)
    sequence = opened(runner, "it", ids, 20)
    logits = runner.run(
        [
            Work(beside, tuple(others), wanted=True),
            Work(sequence, tuple(ids), wanted=True, every=True),
        ]
    )
    assert len(logits) == 51
    own = theirs(input_ids=torch.tensor([ids])).logits[0]
    torch.testing.assert_close(logits[1:], own, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_bfloat16_stays_within_its_rounding() -> None:
    theirs = made("qwen3", torch.bfloat16)
    runner = runner_for(lambda: made("qwen3", torch.bfloat16), LIMIT)
    assert isinstance(runner, SharedRunner)
    ids = text(60, 3)
    logits = runner.run([Work(opened(runner, "a", ids, 40), tuple(ids), wanted=True)])[0]
    exact = made("qwen3")(input_ids=torch.tensor([ids])).logits[0, -1]
    off = (theirs(input_ids=torch.tensor([ids])).logits[0, -1].float() - exact).norm()
    assert (logits.float() - exact).norm() < 1.5 * off + 0.02 * exact.norm()


def test_a_model_that_only_looks_alike_is_left_to_transformers() -> None:
    def gemma() -> PreTrainedModel:
        torch.manual_seed(2)
        return GemmaForCausalLM(GemmaConfig(**SIZES)).eval().requires_grad_(False)

    assert not is_llama(gemma())
    runner = runner_for(gemma, LIMIT)
    assert isinstance(runner, SharedRunner)
    assert isinstance(runner.forward, Transformers)


def test_a_forward_whose_logits_deviate_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def turned_round(self: Llama, *_: Any) -> torch.Tensor:
        return torch.ones(1, 300)

    monkeypatch.setattr(Llama, "__call__", turned_round)
    runner = runner_for(lambda: made("llama"), LIMIT)
    assert isinstance(runner, SharedRunner)
    assert isinstance(runner.forward, Transformers)
    assert runner.forward_name == "transformers with fused layers"
