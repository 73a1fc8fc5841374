"""Turn a GGUF chat model into a folder of safetensors that loads in a second.

`python -m engine.model.convert FILE.gguf FOLDER` dequantises the weights to float32 once: loading
the GGUF does it every time, which takes half a minute for 135M parameters. Values of Q4_1 blocks are
sums of float16 products, which bfloat16 would round; float32 keeps them. Progress goes to standard
output, a JSON object a line.
"""

import sys
from pathlib import Path

from engine.model.progress import Progress, say

# Measured: where on the bar each step begins. Reading the file's head is slow, and done three times.
_TOKENIZER, _CONFIG, _WEIGHTS, _WRITING = 0.13, 0.35, 0.55, 0.94


def convert(source: Path, target: Path) -> None:
    """Write the model in `source` (a GGUF file) to the folder `target`."""
    say(Progress("importing torch", 0.0))
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    place = {"pretrained_model_name_or_path": source.parent, "gguf_file": source.name}
    say(Progress("reading the tokenizer", _TOKENIZER))
    tokenizer = AutoTokenizer.from_pretrained(**place)
    say(Progress("reading the configuration", _CONFIG))
    config = AutoConfig.from_pretrained(**place)
    say(Progress("reading the weights", _WEIGHTS))
    model = AutoModelForCausalLM.from_pretrained(**place, config=config, dtype=torch.float32)
    # The weights are not quantised any more; with these left, saving writes them as if they were.
    model.config.quantization_config = None
    model.is_quantized = False
    model.hf_quantizer = None
    say(Progress("writing the weights", _WRITING))
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    say(Progress("converted", 1.0))


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
