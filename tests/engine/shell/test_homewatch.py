"""Copies of a home while it is in use: what is told, what is left out, and what is too much."""

import os
import socket
from pathlib import Path

import pytest

from engine.home import HomeCopy, changed
from engine.shell import homewatch
from engine.shell.homewatch import HomeChange, HomeWatch

LIMIT = 10_000


def put(copy: HomeCopy | None, change: HomeChange) -> HomeCopy:
    assert not change.why
    return changed(None if change.whole else copy, change.entries, change.gone)


def paths(change: HomeChange) -> list[str]:
    return [entry.path for entry in change.entries]


def test_the_first_copy_is_whole_and_later_ones_tell_what_changed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_bytes(b"\x00\xff")
    (tmp_path / "c").write_text("same")
    watch = HomeWatch(tmp_path, LIMIT)
    first = watch.look()
    assert (first.whole, paths(first)) == (True, [".", "a", "a/b", "c"])
    same = watch.look()
    assert (same.whole, same.entries, same.gone) == (False, (), ())
    (tmp_path / "a/b").write_bytes(b"more")
    (tmp_path / "c").unlink()
    (tmp_path / "d").symlink_to("nowhere")
    then = watch.look()
    assert paths(then) == [".", "a/b", "d"]
    assert then.gone == ("c",)
    copy = put(put(None, first), then)
    assert {entry.path: entry.data or entry.target for entry in copy.entries} == {
        ".": "", "a": "", "a/b": b"more", "d": "nowhere"
    }  # fmt: skip


def test_contents_that_changed_within_one_tick_of_the_clock_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    stamp = path.stat()
    watch = HomeWatch(tmp_path, LIMIT)
    watch.look()
    # As a change right after the copy leaves it: equal in length and in time.
    path.write_text("two")
    os.utime(path, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    (entry,) = (each for each in watch.look().entries if each.path == "a")
    assert entry.data == b"two"


def test_mode_and_time_alone_are_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watch = HomeWatch(tmp_path, LIMIT)
    watch.look()
    path.chmod(0o4755)
    os.utime(path, ns=(5, 7))
    (entry,) = watch.look().entries
    assert (entry.mode, entry.modified) == (0o755, 7)


def test_what_is_no_file_and_what_is_no_text_is_left_out_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        os.close(os.open(os.fsencode(tmp_path) + b"/\xff", os.O_CREAT))
        (tmp_path / "link").symlink_to(os.fsdecode(b"\xfe"))
        change = HomeWatch(tmp_path, LIMIT).look()
    assert sorted(change.left_out) == ["link", "pipe", "socket", "ÿ"]
    assert paths(change) == ["."]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_what_is_closed_to_its_owner_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "closed").write_text("x")
    (tmp_path / "closed").chmod(0)
    assert HomeWatch(tmp_path, LIMIT).look().left_out == ("closed",)


def test_no_link_is_followed_out_of_the_home(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (home / "to-folder").symlink_to(outside)
    (home / "to-file").symlink_to(outside / "secret")
    change = HomeWatch(home, LIMIT).look()
    assert [(entry.path, entry.kind) for entry in change.entries] == [
        (".", "folder"), ("to-file", "link"), ("to-folder", "link")
    ]  # fmt: skip
    assert not any(entry.data for entry in change.entries)


def test_a_file_replaced_by_a_link_while_it_is_looked_at_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, outside = tmp_path / "home", tmp_path / "secret"
    home.mkdir()
    outside.write_text("secret")
    (home / "a").write_text("mine")
    opened = os.open

    def swap(path: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if path == "a":
            (home / "a").unlink()
            (home / "a").symlink_to(outside)
        return opened(path, flags, *rest, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swap)
    change = HomeWatch(home, LIMIT).look()
    assert change.left_out == ("a",)
    assert paths(change) == ["."]


def test_a_home_that_grew_too_large_is_not_kept_and_is_whole_again_afterwards(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(b"x" * LIMIT)
    watch = HomeWatch(tmp_path, LIMIT)
    assert watch.look().whole
    (tmp_path / "b").write_bytes(b"x")
    assert watch.look() == HomeChange(why="the home holds more than 10.0 kB")
    (tmp_path / "a").unlink()
    after = watch.look()
    assert (after.whole, paths(after)) == (True, [".", "b"])


def test_a_file_full_of_holes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert HomeWatch(tmp_path, LIMIT).look().why == "the home holds more than 10.0 kB"


def test_too_many_and_too_deep_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homewatch, "MOST_ENTRIES", 5)
    for name in "abcef":
        (tmp_path / name).touch()
    assert HomeWatch(tmp_path, LIMIT).look().why == "the home holds more than 5 files"
    monkeypatch.undo()
    deep = tmp_path
    for _ in range(70):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert HomeWatch(tmp_path, LIMIT).look().why == "the home has folders more than 64 deep"


def test_copies_of_one_recording_have_a_bound_together(tmp_path: Path) -> None:
    watch = HomeWatch(tmp_path, LIMIT)
    told = []
    for turn in range(homewatch.RECORDING_HOMES + 1):
        (tmp_path / "a").write_bytes(bytes([turn]) * LIMIT)
        told.append(watch.look().why)
    assert told[:-1] == [""] * homewatch.RECORDING_HOMES
    assert told[-1] == "the copies of this recording would take more than 80.0 kB"


def test_a_home_that_is_gone_is_a_reason_not_an_error(tmp_path: Path) -> None:
    why = HomeWatch(tmp_path / "nowhere", LIMIT).look().why
    assert why == "the home could not be read: No such file or directory"
