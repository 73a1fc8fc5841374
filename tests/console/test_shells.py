"""Shells for runs: how much of their homes is kept, by the person's settings."""

from pathlib import Path

import pytest

from console.settings import Settings, path, write_settings
from console.shells import REPLICATE_HOME, replicate_shell_for, shell_for, watched_shell_for
from engine.run import RunSpec
from engine.shell.session import PtyShell
from tests.engine.rerun.recorded import spec


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTTY_CONFIG_DIR", str(tmp_path))


def limits() -> tuple[int, ...]:
    """Of a shell of a verification, of a run that is watched, and of a run of an experiment."""
    run: RunSpec = spec()
    shells = (shell_for(run), watched_shell_for(run), replicate_shell_for(run))
    return tuple(shell.spec.home_limit for shell in shells if isinstance(shell, PtyShell))


def test_homes_are_kept_as_the_settings_say_and_of_experiments_only_small_ones() -> None:
    assert limits() == (0, 4_000_000, REPLICATE_HOME)
    write_settings(Settings(keep_home_megabytes=1))
    assert limits() == (0, 1_000_000, REPLICATE_HOME)
    for none in (0, -1):
        write_settings(Settings(keep_home_megabytes=none))
        assert limits() == (0, 0, 0)


def test_settings_that_cannot_be_read_are_no_reason_not_to_run() -> None:
    path().write_text("theme = ")
    assert limits() == (0, 4_000_000, REPLICATE_HOME)
