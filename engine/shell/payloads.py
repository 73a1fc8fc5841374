"""What a program reads from a file descriptor instead of a file."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def payloads(wanted: Mapping[int, bytes]) -> Iterator[dict[int, int]]:
    """File descriptors here, by the number under which the program expects them."""
    handles: dict[int, int] = {}
    try:
        for there, content in wanted.items():
            handles[there] = os.memfd_create("driftty")
            os.write(handles[there], content)
            os.lseek(handles[there], 0, os.SEEK_SET)
        yield handles
    finally:
        for handle in handles.values():
            os.close(handle)
