"""A chat model of a few thousand weights, random but always the same, made on the spot."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

# Matrices this small lose by being shared out, and the suite runs beside itself.
torch.set_num_threads(1)

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
START, END, OTHER = 256, 257, 258
"""Ids of the control tokens: those of the template, and one that ends nothing."""


def small_tokenizer(template: str = TEMPLATE) -> PreTrainedTokenizerFast:
    """A token a byte, and three control tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(
        [AddedToken(text, special=True) for text in ("<|im_start|>", "<|im_end|>", "<file>")]
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|im_end|>")
    tokenizer.chat_template = template or None
    return tokenizer


def small_model(**changes: Any) -> LlamaForCausalLM:
    """Grouped queries, two layers; weights large enough that the logits are not all alike."""
    settings = {
        "vocab_size": 259,
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "initializer_range": 0.3,
        "eos_token_id": END,
        "bos_token_id": None,
        "pad_token_id": None,
        "tie_word_embeddings": True,
    }
    torch.manual_seed(5)
    model = LlamaForCausalLM(LlamaConfig(**{**settings, **changes}))
    return model.eval().requires_grad_(False)


def small_folder(folder: Path, template: str = TEMPLATE, **changes: Any) -> Path:
    """The same as files."""
    small_model(**changes).save_pretrained(folder)
    small_tokenizer(template).save_pretrained(folder)
    return folder
