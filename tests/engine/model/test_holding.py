"""What a model holds is asked of the device it is on."""

import pytest
import torch

from engine.held import Held
from engine.model.holding import held, with_held
from engine.model.protocol import Completed, Loading


def test_on_a_cpu_it_is_the_process_and_its_peak_is_no_less() -> None:
    found = held(torch.device("cpu"))
    assert found.where == "process"
    assert 0 < found.memory <= found.peak
    assert 0 < found.used < found.total
    assert found.utilisation is None


def test_on_a_gpu_it_is_what_torch_has_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "mem_get_info": (30, 100),
        "memory_allocated": 40,
        "max_memory_allocated": 60,
        "utilization": 87,
    }
    for name, answer in told.items():
        monkeypatch.setattr(torch.cuda, name, lambda _device, answer=answer: answer)
    expected = Held(where="cuda", memory=40, peak=60, used=70, total=100, utilisation=87)
    assert held(torch.device("cuda:0")) == expected

    def missing(_device: object) -> int:
        raise ModuleNotFoundError("nvidia-ml-py")

    monkeypatch.setattr(torch.cuda, "utilization", missing)
    assert held(torch.device("cuda:0")).utilisation is None


def test_only_the_end_of_a_completion_tells_it() -> None:
    ended = Completed(id=1, reason="end", began=0, prefilled=0, prefill=0, first=0, took=0)
    told = with_held(ended, torch.device("cpu"))
    assert isinstance(told, Completed)
    assert told.held is not None
    loading = Loading(step="a", fraction=0.1)
    assert with_held(loading, torch.device("cpu")) is loading
