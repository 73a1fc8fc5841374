"""A file that appears whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import DrifttyError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that gets its name, and is on disk, when all of it has been written.

    Where that fails, what was there before is still there. A link stays one; what is no file, such
    as `/dev/stdout` or a pipe, is written to as it is. Raises `DrifttyError` where it cannot be
    written.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                yield stream
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise DrifttyError(f"{path} cannot be written: {error.strerror or error}.") from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
