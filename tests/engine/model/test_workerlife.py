"""How the worker's process begins and ends, and what it refuses to load."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.model.catalogue import ModelFiles
from engine.model.protocol import (
    Failed,
    Load,
    Loaded,
    Sampled,
)
from engine.run import Sampling
from engine.scrollback import Turn
from tests.engine.model.small_llama import small_folder
from tests.engine.model.talker import Talker

pytestmark = pytest.mark.xdist_group("worker")


@pytest.mark.model
def test_the_worker_ends_with_its_input_in_the_middle_of_a_completion(
    embedded_model: ModelFiles,
) -> None:
    talker = Talker()
    talker.load(embedded_model.folder)
    talker.send(
        talker.request(
            (Turn("user", "root@box:~# ", "shell"),),
            sampling=Sampling(temperature=2.0, max_tokens=8000),
        )
    )
    while not isinstance(talker.next(), Sampled):
        pass
    assert talker.close() == 0


def test_the_worker_dies_with_the_process_that_started_it() -> None:
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys\n"
            "worker = subprocess.Popen([sys.executable, '-m', 'engine.model.worker'],"
            " stdin=subprocess.PIPE)\n"
            "print(worker.pid, flush=True)\n"
            "worker.wait()",
        ],
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    worker = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.wait()
    starter.stdout.close()
    worker.wait(timeout=60)


def test_the_worker_outlives_an_interrupt_meant_for_the_console(tmp_path: Path) -> None:
    talker = Talker()
    talker.load(small_folder(tmp_path))
    os.kill(talker.process.pid, signal.SIGINT)
    (answer,) = talker.complete(talker.request((Turn("user", "hello", "shell"),)))
    assert answer.completed is not None
    assert talker.close() == 0


def test_what_libraries_print_does_not_reach_the_replies() -> None:
    code = (
        "import sys, os\n"
        "from engine.model import worker\n"
        "outbox = worker.Outbox()\n"
        "print('a library says hello', flush=True)\n"
        "os.write(1, b'so does C')\n"
        "from engine.model.protocol import Loading\n"
        "outbox.send(Loading(step='x', fraction=0.5))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"hello" not in done.stdout
    assert b"C" not in done.stdout
    assert b"a library says hello" in done.stderr
    assert len(done.stdout) == 4 + done.stdout[0]


def test_torch_is_not_imported_before_the_first_reply() -> None:
    code = (
        "import sys\n"
        "import engine.model.worker\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def refused(folder: Path) -> Failed:
    """What a worker says that cannot load; and it ends."""
    talker = Talker()
    talker.send(Load(model="broken", folder=str(folder), device="cpu", dtype="float32"))
    while not isinstance(reply := talker.next(), Failed):
        assert not isinstance(reply, Loaded)
    assert reply.id == 0
    assert talker.process.wait(timeout=60) == 1
    talker.close()
    return reply


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    failed = refused(small_folder(tmp_path, template=""))
    assert failed.kind == "load"
    assert "no chat template" in failed.why


def test_weights_cut_short_are_refused(tmp_path: Path) -> None:
    weights = small_folder(tmp_path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    failed = refused(tmp_path)
    assert failed.kind == "load"
    assert "damaged or cut short" in failed.why


def test_a_small_window_fills_while_writing(tmp_path: Path) -> None:
    talker = Talker()
    talker.load(small_folder(tmp_path, max_position_embeddings=64))
    (answer,) = talker.complete(
        talker.request((Turn("user", "hi", "shell"),), sampling=Sampling(temperature=0.0))
    )
    (too_long,) = talker.complete(talker.request((Turn("user", "h" * 80, "shell"),)))
    talker.close()
    assert answer.prompted is not None
    if answer.reason == "length":
        assert len(answer.prompted.payload.ids) + len(answer.ids) == 64
    assert too_long.failed is not None
    assert too_long.failed.kind == "window"
