"""Shelves, prefixes and batches against the model's own plain forward."""

from typing import Any

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    MistralConfig,
    MistralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from engine.model.kv import Sequence, Store
from engine.model.probe import runner_for
from engine.model.runner import PlainRunner, Runner, SharedRunner, Work
from tests.engine.model.small_llama import small_model

LIMIT = 64 << 20


def text(length: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return [int(token) for token in torch.randint(250, (length,), generator=generator)]


def plain(model: Any, ids: list[int]) -> torch.Tensor:
    """The logits after the last id, by the model as transformers has it."""
    usual = model.config._attn_implementation
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        logits: torch.Tensor = model(input_ids=torch.tensor([ids])).logits[0, -1]
    model.set_attn_implementation(usual)
    return logits


def opened(store: Store, name: str, ids: list[int], seam: int = 0) -> Sequence:
    sequence = store.open(name, ids, seam)
    assert sequence is not None
    assert store.reserve(sequence, len(ids) + 40 - sequence.cached)
    return sequence


@torch.inference_mode()
def compute(runner: Runner, sequence: Sequence, ids: list[int], chunk: int = 1000) -> torch.Tensor:
    """Bring a sequence up to `ids` in chunks; the logits after the last."""
    while True:
        rest = tuple(ids[sequence.cached :])
        now, later = rest[:chunk], rest[chunk:]
        logits = runner.run([Work(sequence, now, wanted=not later)])
        if not later:
            return logits[0]


@pytest.fixture(scope="module")
def model() -> Any:
    return small_model()


@pytest.fixture
def runner() -> SharedRunner:
    runner = runner_for(small_model, LIMIT)
    assert isinstance(runner, SharedRunner)
    return runner


@pytest.mark.parametrize("seam", [0, 5, 40, 119, 120])
@pytest.mark.parametrize("chunk", [1, 7, 33, 1000])
def test_a_prompt_in_chunks_over_any_seam_gives_the_models_own_logits(
    model: Any, runner: SharedRunner, seam: int, chunk: int
) -> None:
    ids = text(120, 1)
    logits = compute(runner, opened(runner.store, "a", ids, seam), ids, chunk)
    torch.testing.assert_close(logits, plain(model, ids), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_rows_of_all_lengths_prefixes_and_stages_share_a_step(
    model: Any, runner: SharedRunner
) -> None:
    seeds = [text(30, 100), text(50, 101), []]
    rows = []
    for index in range(12):
        head = seeds[index % 3]
        ids = head + text(3 + 37 * index, index)
        sequence = opened(runner.store, str(index), ids, len(head))
        if index % 4:
            compute(runner, sequence, ids)
            ids = [*ids, index]
        else:
            compute(runner, sequence, ids[: len(head) + 2])
        rows.append((sequence, ids))
    fresh = text(80, 102)
    rows.insert(5, (opened(runner.store, "fresh", fresh, 60), fresh))
    works = [Work(s, tuple(ids[s.cached :]), wanted=True) for s, ids in rows]
    logits = runner.run(works)
    for row, (_, ids) in enumerate(rows):
        torch.testing.assert_close(logits[row], plain(model, ids), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_rows_with_idle_neighbours_decode_right(model: Any, runner: SharedRunner) -> None:
    texts = [text(20 + index, index) for index in range(16)]
    sequences = [opened(runner.store, str(i), ids) for i, ids in enumerate(texts)]
    for sequence, ids in zip(sequences, texts, strict=True):
        compute(runner, sequence, ids)
    for active in ([0, 15], [3, 4, 9], list(range(16)), [14], [15, 2, 7, 8, 11]):
        works = [Work(sequences[i], (active[0] + 1,), wanted=True) for i in active]
        logits = runner.run(works)
        for row, i in enumerate(active):
            texts[i] = [*texts[i], active[0] + 1]
            torch.testing.assert_close(logits[row], plain(model, texts[i]), atol=1e-4, rtol=1e-4)


def test_a_sequence_that_outgrows_its_slot_moves_with_all_it_has(
    model: Any, runner: SharedRunner
) -> None:
    ids = text(700, 3)
    first = opened(runner.store, "a", ids[:200])
    compute(runner, first, ids[:200])
    runner.store.close(first)
    again = opened(runner.store, "a", ids)
    assert again.cached == 200
    torch.testing.assert_close(
        compute(runner, again, ids, 100), plain(model, ids), atol=1e-4, rtol=1e-4
    )


def test_a_changed_prompt_goes_on_from_the_longest_common_prefix(
    model: Any, runner: SharedRunner
) -> None:
    ids = text(90, 4)
    sequence = opened(runner.store, "a", ids, 30)
    compute(runner, sequence, ids)
    runner.store.close(sequence)
    changed = ids[:70] + text(25, 5)
    again = opened(runner.store, "a", changed, 30)
    assert again.cached == 70
    logits = compute(runner, again, changed)
    torch.testing.assert_close(logits, plain(model, changed), atol=1e-4, rtol=1e-4)


def test_a_fork_and_a_changed_seed_start_from_what_is_common(
    model: Any, runner: SharedRunner
) -> None:
    ids = text(190, 6)
    compute(runner, opened(runner.store, "parent", ids, 40), ids)
    fork = ids[:175] + text(10, 7)
    sequence = opened(runner.store, "fork", fork, 40)
    assert sequence.cached == 175
    logits = compute(runner, sequence, fork)
    torch.testing.assert_close(logits, plain(model, fork), atol=1e-4, rtol=1e-4)
    other_seed = ids[:33] + text(40, 8)
    sequence = opened(runner.store, "other", other_seed, 60)
    assert sequence.cached == 33
    logits = compute(runner, sequence, other_seed)
    torch.testing.assert_close(logits, plain(model, other_seed), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_first_prompt_gives_the_same_bits_whether_computed_or_inherited(
    runner: SharedRunner,
) -> None:
    ids, seam = text(80, 9), 40
    seed = opened(runner.store, "seed", [*ids[:seam], 1, 2], seam)
    runner.run([Work(seed, (*ids[:seam], 1, 2), wanted=True)])
    first = opened(runner.store, "first", ids, seam)
    computed = runner.run([Work(first, tuple(ids[seam:]), wanted=True, apart=True)])
    second = opened(runner.store, "second", ids, seam)
    assert second.cached == len(ids) - 1
    assert torch.equal(runner.run([Work(second, (ids[-1],), wanted=True)]), computed)


@torch.inference_mode()
def test_who_computes_the_seed_gives_the_same_bits_as_who_finds_it(runner: SharedRunner) -> None:
    ids, seam = text(80, 10), 40
    writer = opened(runner.store, "writer", ids, seam)
    computed = runner.run([Work(writer, tuple(ids), wanted=True, apart=True)])
    runner.store.forget("writer")
    finder = opened(runner.store, "finder", ids, seam)
    assert finder.cached == seam
    found = runner.run([Work(finder, tuple(ids[seam:]), wanted=True, apart=True)])
    assert torch.equal(found, computed)


def test_models_with_norms_on_queries_and_keys_batch_too() -> None:
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        initializer_range=0.3,
    )
    assert isinstance(runner_for(lambda: Qwen3ForCausalLM(config).eval(), LIMIT), SharedRunner)


def mistral() -> Any:
    torch.manual_seed(1)
    config = MistralConfig(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=16,
        initializer_range=0.3,
    )
    return MistralForCausalLM(config).eval()


def gpt2() -> Any:
    torch.manual_seed(1)
    config = GPT2Config(vocab_size=300, n_embd=32, n_layer=2, n_head=2, initializer_range=0.3)
    return GPT2LMHeadModel(config).eval()


@pytest.mark.parametrize("make", [mistral, gpt2])
def test_models_whose_attention_is_their_own_affair_still_run_right(make: Any) -> None:
    model = make()
    runner = runner_for(make, LIMIT)
    ids = text(60, 9)
    sequence = opened(runner.store, "a", ids, 20)
    first = compute(runner, sequence, ids, 25)
    torch.testing.assert_close(first, plain(model, ids), atol=1e-4, rtol=1e-4)
    runner.store.close(sequence)
    changed = ids[:40] + text(8, 10)
    sequence = opened(runner.store, "a", changed, 20)
    again = compute(runner, sequence, changed)
    torch.testing.assert_close(again, plain(model, changed), atol=1e-4, rtol=1e-4)


def test_a_sliding_window_is_run_plain() -> None:
    assert isinstance(runner_for(mistral, LIMIT), PlainRunner)
