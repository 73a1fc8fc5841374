"""Trying a sandbox for real."""

import os
import subprocess

from engine.shell.sandbox.enclosure import Enclosure

_SECONDS = 10


def run_in(enclosure: Enclosure, command: tuple[str, ...]) -> str:
    """Run a command in an enclosure; returns its complaint, or nothing if it succeeded."""
    handles = {there: memory(payload) for there, payload in enclosure.payloads.items()}
    words = list(enclosure.prefix)
    try:
        # subprocess hands descriptors on under their own number only.
        for there, here in handles.items():
            words[words.index(str(there))] = str(here)
        done = subprocess.run(
            [*words, *command],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            pass_fds=tuple(handles.values()),
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        for handle in handles.values():
            os.close(handle)
    return "" if done.returncode == 0 else done.stderr or f"exit status {done.returncode}"


def memory(payload: bytes) -> int:
    """A file descriptor from which `payload` can be read, without a file."""
    handle = os.memfd_create("driftty")
    os.write(handle, payload)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle
