import errno
import os
from pathlib import Path

import pytest

from console.wholefile import whole_file
from engine.errors import DrifttyError


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    with whole_file(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("before")

    def write() -> None:
        with whole_file(path) as file:
            file.write(b"after")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DrifttyError, match="No space left"):
        write()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DrifttyError, match="cannot be written"), whole_file(tmp_path / "no" / "a"):
        pass


def test_others_may_read_it_as_they_may_read_any_new_file(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        with whole_file(tmp_path / "a") as file:
            file.write(b"x")
    finally:
        os.umask(mask)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.toml", tmp_path / "link.toml"
    link.symlink_to(kept)
    for text in (b"first", b"then"):
        with whole_file(link) as file:
            file.write(text)
        assert link.is_symlink()
        assert kept.read_bytes() == text


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with whole_file(pipe) as file:
            file.write(b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DrifttyError, match="cannot be written"), whole_file(tmp_path):
        pass
