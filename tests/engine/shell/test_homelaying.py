"""Kept homes, laid anew: exactly as they stood, and nowhere but where they belong."""

import os
import stat
from pathlib import Path

import pytest

from engine.errors import ShellError
from engine.home import HomeCopy, HomeEntry, changed
from engine.shell.homelaying import lay
from engine.shell.homewatch import HomeWatch

HOME = HomeEntry(path=".", kind="folder", mode=0o700)


def copy_of(home: Path) -> HomeCopy:
    return changed(None, HomeWatch(home, 1 << 20).look().entries, ())


def look(home: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in (home, *home.rglob("*")):
        seen = path.lstat()
        held = path.readlink() if path.is_symlink() else path.is_file() and path.read_bytes()
        mode = 0 if path.is_symlink() else stat.S_IMODE(seen.st_mode)
        found[str(path.relative_to(home))] = (held, mode, seen.st_mtime_ns)
    return found


def test_files_folders_links_modes_and_times_are_as_they_were(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "src/deep").mkdir(parents=True)
    (first / "src/deep/run.sh").write_bytes(b"#!/bin/sh\n\x00\xff")
    (first / "src/deep/run.sh").chmod(0o755)
    (first / "empty").touch(0o600)
    (first / "src/up").symlink_to("../empty")
    (first / "broken").symlink_to("/nowhere/at all")
    (first / "naïve name").write_text("é")
    for number, path in enumerate(("src/deep/run.sh", "src/up", "src/deep", "src", ".")):
        os.utime(first / path, ns=(9, 1_000_000_007 + number), follow_symlinks=False)
    (first / "src/deep").chmod(0o500)
    second.mkdir()
    lay(copy_of(first), second, None)
    assert look(second) == look(first)
    (first / "src/deep").chmod(0o700)
    (second / "src/deep").chmod(0o700)


def test_links_lead_where_they_led_and_nothing_is_written_through_them(tmp_path: Path) -> None:
    outside, home = tmp_path / "outside", tmp_path / "home"
    outside.write_text("mine")
    outside.chmod(0o640)
    before = outside.stat()
    home.mkdir()
    link = HomeEntry(path="a", kind="link", target=str(outside), mode=0o777, modified=3)
    lay(HomeCopy(entries=(HOME, link)), home, None)
    assert (home / "a").readlink() == outside
    after = outside.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


def test_no_rights_of_an_owner_are_taken_on(tmp_path: Path) -> None:
    lay(HomeCopy(entries=(HOME, HomeEntry(path="a", kind="file", mode=0o6755))), tmp_path, None)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755


@pytest.mark.parametrize(
    "entries",
    [
        [HomeEntry(path="../a", kind="file")],
        [HomeEntry(path="/a", kind="file")],
        [HomeEntry(path="", kind="file")],
        [HomeEntry(path="..", kind="folder")],
        [HomeEntry(path="a/../b", kind="file")],
        [HomeEntry(path="./a", kind="file")],
        [HomeEntry(path="a\0b", kind="file")],
        [HomeEntry(path="nowhere/a", kind="file")],
        [HomeEntry(path="out", kind="link", target=".."), HomeEntry(path="out/a", kind="file")],
        [
            HomeEntry(path="a", kind="folder"),
            HomeEntry(path="a", kind="link", target=".."),
            HomeEntry(path="a/b", kind="file"),
        ],
        [HomeEntry(path="a", kind="link", target="../b"), HomeEntry(path="a", kind="file")],
    ],
)
def test_a_copy_that_would_write_elsewhere_is_refused(
    tmp_path: Path, entries: list[HomeEntry]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(ShellError, match=r"could not be restored.*--redo"):
        lay(HomeCopy(entries=(HOME, *entries)), home, None)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert list(home.parent.parent.glob("a")) == []
