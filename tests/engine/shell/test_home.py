import os
import tempfile
from pathlib import Path

import pytest

from engine.errors import ShellError
from engine.run import TaskFile
from engine.shell import home
from engine.shell.home import Scratch, sweep


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_files_are_placed_and_removed() -> None:
    scratch = Scratch()
    scratch.place((TaskFile("a/b/c.sh", "echo\n", True), TaskFile("a/d", "é")), None)
    assert (scratch.home / "a/b/c.sh").read_text() == "echo\n"
    assert os.access(scratch.home / "a/b/c.sh", os.X_OK)
    assert not os.access(scratch.home / "a/d", os.X_OK)
    scratch.remove()
    scratch.remove()
    assert not scratch.path.exists()


def test_nobody_else_can_look_into_the_home() -> None:
    scratch = Scratch()
    assert scratch.home.stat().st_mode & 0o077 == 0
    assert scratch.path.stat().st_mode & 0o066 == 0
    scratch.remove()


@pytest.mark.parametrize("path", ["/x", "../x", "a/../../x", ".", "", "a/.."])
def test_a_path_out_of_the_home_is_refused(path: str) -> None:
    scratch = Scratch()
    with pytest.raises(ShellError, match="outside the home"):
        scratch.place((TaskFile(path, "x"),), None)
    scratch.remove()


def test_two_files_in_each_others_way_are_an_error_that_names_one() -> None:
    scratch = Scratch()
    with pytest.raises(ShellError, match="`a/b`"):
        scratch.place((TaskFile("a", "x"), TaskFile("a/b", "y")), None)
    scratch.remove()


def test_no_room_is_said_in_a_sentence(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(here / "missing"))
    with pytest.raises(ShellError, match="TMPDIR"):
        Scratch()


def test_only_the_abandoned_is_swept(here: Path) -> None:
    living, kept, dead = Scratch(), Scratch(), Scratch()
    kept.remove(keep_home=True)
    # What a killed console leaves: a folder whose lock nobody holds.
    os.close(dead._lock)
    (here / "driftty-other").mkdir()
    (here / "driftty-link").symlink_to(living.path)
    assert sweep() == [dead.path]
    assert living.home.exists()
    assert kept.home.exists()
    assert (here / "driftty-other").exists()
    living.remove()


def test_what_resists_is_removed_and_what_is_linked_is_not(here: Path) -> None:
    precious = here / "precious"
    precious.mkdir()
    (precious / "file").touch()
    scratch = Scratch()
    (scratch.home / "link").symlink_to(precious)
    locked = scratch.home / "locked"
    locked.mkdir()
    (locked / "file").touch()
    locked.chmod(0)
    home._remove(scratch.path)
    assert not scratch.path.exists()
    assert (precious / "file").exists()
    assert precious.stat().st_mode & 0o700 == 0o700
