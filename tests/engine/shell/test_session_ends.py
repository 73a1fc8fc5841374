"""A real bash that ends, and what it is before and after its life."""

import pytest

from engine.errors import ShellError
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from tests.engine.shell.conftest import Bring, plain

pytestmark = pytest.mark.shell


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("exit", 0),
        ("exit 3", 3),
        ("kill -9 $$", 137),
        ("exec false", 1),
        ("logout 2>&-; exit 4", 4),
    ],
)
async def test_a_shell_that_ends_says_with_what_status(
    shell: PtyShell, command: str, status: int
) -> None:
    seen = await shell.submit(command)
    assert (seen.state, seen.status) == ("died", status)
    assert shell.observe().state == "died"
    assert (await shell.submit("echo more")).state == "died"


async def test_set_e_takes_the_shell_down_with_the_first_failure(shell: PtyShell) -> None:
    assert (await shell.submit("set -euo pipefail")).state == "done"
    assert (await shell.submit("echo $UNSET_NAME || true; true")).state in ("died", "done")
    seen = await shell.submit("false")
    assert (seen.state, seen.status) == ("died", 1)


async def test_ctrl_d_leaves_the_shell(shell: PtyShell) -> None:
    shell.end_of_file()
    seen = await shell.settle()
    assert (seen.state, seen.status) == ("died", 0)


async def test_what_bash_says_on_leaving_is_not_lost(shell: PtyShell) -> None:
    seen = await shell.submit("trap 'echo last words' EXIT; exit")
    assert "last words" in plain(seen.raw)


async def test_before_and_after_its_life_a_shell_says_so(shell: PtyShell) -> None:
    with pytest.raises(ShellError, match="not been started"):
        PtyShell(ShellSpec()).observe()
    await shell.close()
    await shell.close()
    with pytest.raises(ShellError, match="closed"):
        await shell.submit("ls")


async def test_a_background_job_that_keeps_the_terminal_does_not_hold_up_the_end(
    bring: Bring,
) -> None:
    shell = await bring(sandbox="none")
    seen = await shell.submit("(trap '' HUP; exec sleep 60) & exit 6")
    assert (seen.state, seen.status) == ("died", 6)
    assert seen.took < 50_000_000_000, "it waited for the job"
