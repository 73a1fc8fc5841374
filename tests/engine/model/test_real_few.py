"""The embedded model's weights in their narrow forms: the same logits, bit for bit."""

from typing import Any

import pytest
import torch
from safetensors import safe_open

from engine.model.catalogue import ModelFiles
from engine.model.compact import compact
from engine.model.probe import runner_for
from engine.model.runner import SharedRunner, Work

PROMPT = 12


@pytest.fixture(scope="module")
def runner(embedded_model: ModelFiles) -> SharedRunner:
    def read() -> Any:
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(
            embedded_model.folder, dtype=torch.float32, local_files_only=True
        ).requires_grad_(False)

    made = runner_for(read, 256 << 20)
    assert isinstance(made, SharedRunner)
    return made


@pytest.mark.model
@torch.inference_mode()
def test_a_step_gives_a_row_the_same_logits_alone_as_among_others(runner: SharedRunner) -> None:
    generator = torch.Generator().manual_seed(0)
    texts = torch.randint(40_000, (17, PROMPT + 1), generator=generator).tolist()
    alone: torch.Tensor | None = None
    for count in (1, 3, 9, 17):
        sequences = []
        for index in range(count):
            sequence = runner.store.open(f"{count}/{index}", texts[index], 0)
            assert sequence is not None
            assert runner.store.reserve(sequence, PROMPT + 1)
            runner.run([Work(sequence, tuple(texts[index][:PROMPT]), wanted=False)])
            sequences.append(sequence)
        logits = runner.run(
            [
                Work(sequence, (texts[index][PROMPT],), wanted=True)
                for index, sequence in enumerate(sequences)
            ]
        )
        for index, sequence in enumerate(sequences):
            runner.store.close(sequence)
            runner.store.forget(f"{count}/{index}")
        alone = logits[0] if alone is None else alone
        assert torch.equal(logits[0], alone)


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "form"),
    [("model.layers.0.mlp.down_proj", "nibbles"), ("model.embed_tokens", "bytes")],
)
def test_its_weights_are_found_to_be_of_blocks(
    embedded_model: ModelFiles, name: str, form: str
) -> None:
    with safe_open(embedded_model.folder / "model.safetensors", framework="pt") as file:
        held = compact(file.get_tensor(f"{name}.weight"))
    assert held is not None
    assert held.form == form
