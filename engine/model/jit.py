"""Compiles a product for this processor, and has it run by the threads that torch uses.

By llvmlite, in some hundredths of a second. Threads of its own would contend with torch's for the
cores; so its OpenMP runtime is asked for the same ones, where it is one that answers to GNU's names.
"""

import ctypes
import logging
import os
import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch

from engine.model.kernel import NAMES, text

_log = logging.getLogger(__name__)

Product = Callable[[int, int, int, int, int, int, int, int], None]
"""Called with what `engine.model.kernel.NAMES` says."""

_GNU = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
_NEEDED = ("fma", "f16c")
"""Of an x86 processor; one without would call functions for them."""

_engines: list[Any] = []
"""What was compiled lives in them, and is called as long as the process lives."""


@cache
def product(form: str, rows: int) -> Product | None:
    """The product of groups of so many rows with a weight in a form; none where it cannot be had."""
    machine = _machine()
    if machine is None:
        return None
    import llvmlite.binding as llvm

    # As it stands: nothing is left for LLVM's passes to better (measured), and they take half the time.
    try:
        module = llvm.parse_assembly(text(form, rows, _team()))
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
    except RuntimeError as error:
        _log.warning("Nothing is compiled for few rows: %s", error)
        return None
    _engines.append(engine)
    address = engine.get_function_address("product")
    compiled: Product = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * len(NAMES))(address)
    return compiled


def _machine() -> Any:
    """What LLVM has to know of this processor; none where it cannot compile for it."""
    try:
        import llvmlite.binding as llvm

        # Where memory may not become executable, LLVM does not say so: what it made would crash.
        llvm.check_jit_execution()
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        return _target(llvm)
    except (ImportError, OSError, RuntimeError) as error:
        _log.info("Nothing is compiled for few rows: %s", error)
        return None


def _target(llvm: Any) -> Any:
    """This processor; raises `RuntimeError` where what is compiled would not run on it."""
    features = llvm.get_host_cpu_features()
    said = features.flatten()
    if platform.machine() in ("x86_64", "AMD64"):
        lacking = [name for name in _NEEDED if not features.get(name)]
        if lacking:
            raise RuntimeError(f"the processor lacks {' and '.join(lacking)}")
        # LLVM takes half of the widest registers unless told otherwise, for the sake of other programs.
        said += ",-prefer-256-bit"
    elif platform.machine() not in ("aarch64", "arm64"):
        raise RuntimeError(f"not tried on processors of the kind {platform.machine()}")
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=said, opt=3
    )


@cache
def _team() -> bool:
    """Whether torch's threads can be had; makes their names known to LLVM."""
    import llvmlite.binding as llvm

    runtime = _runtime()
    if runtime is None:
        _log.info("What is compiled for few rows runs in one thread.")
        return False
    for name in _GNU:
        address = ctypes.cast(getattr(runtime, name), ctypes.c_void_p).value
        llvm.add_symbol(name, address)
    return True


def _runtime() -> ctypes.CDLL | None:
    """The OpenMP runtime that torch has loaded, seen by its number of threads following torch's."""
    held = torch.get_num_threads()
    beside = sorted((Path(torch.__file__).parent / "lib").glob("lib*omp*"))
    for name in (*map(str, beside), "libgomp.so.1", "libomp.so.5"):
        try:
            runtime = ctypes.CDLL(name, mode=os.RTLD_NOW | os.RTLD_NOLOAD)
            asked = runtime.omp_get_max_threads
            followed = []
            for threads in (held + 1, held):
                torch.set_num_threads(threads)
                followed.append(int(asked()) == threads)
            if all(followed) and all(hasattr(runtime, each) for each in _GNU):
                return runtime
        except (OSError, AttributeError):
            continue
    return None
