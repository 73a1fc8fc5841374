"""A GGUF file becomes a folder that says exactly the same."""

from pathlib import Path

import pytest

from engine.model.chat import refuse_unless_chat
from engine.model.progress import Progress, heard, run_child
from tests.engine.model import tiny


def test_the_converted_folder_has_the_same_weights_tokens_and_template(tmp_path: Path) -> None:
    import gguf
    import numpy as np
    from safetensors.numpy import load_file
    from transformers import AutoTokenizer

    source = tiny.write_gguf(tmp_path / "tiny.gguf")
    told: list[Progress | None] = []
    ended = run_child(
        "engine.model.convert",
        str(source),
        str(tmp_path / "made"),
        on_line=lambda line: told.append(heard(line)),
    )
    assert ended.status == 0, "\n".join(ended.tail)
    steps = [progress.step for progress in told if progress]
    assert steps[0] == "importing torch"
    assert steps[-1] == "converted"
    refuse_unless_chat(tmp_path / "made")
    before = {tensor.name: tensor.data for tensor in gguf.GGUFReader(source).tensors}
    after = load_file(tmp_path / "made" / "model.safetensors")
    assert {array.dtype for array in after.values()} == {np.dtype(np.float32)}
    same = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "blk.1.ffn_down.weight": "model.layers.1.mlp.down_proj.weight",
        "blk.0.attn_v.weight": "model.layers.0.self_attn.v_proj.weight",
    }
    for old, new in same.items():
        assert np.array_equal(before[old], after[new]), new
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "made")
    assert tokenizer.chat_template == tiny.TEMPLATE
    assert tokenizer.decode(tokenizer.encode("ls -la", add_special_tokens=False)) == "ls -la"
    assert tokenizer.convert_tokens_to_ids("<|e|>") == 2


def test_a_child_whose_listener_raises_is_killed() -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child("http.server", "--bind", "127.0.0.1", "0", on_line=stop)


def test_a_childs_end_is_told_with_its_last_line() -> None:
    lines: list[str] = []
    ended = run_child("engine.model.convert", "/no/such.gguf", "/no/such", on_line=lines.append)
    assert ended.status == 1
    assert "/no" in ended.last
    assert ended.last in lines
