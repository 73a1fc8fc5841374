"""A task's check: beside the operator's shell, and out of its reach."""

import asyncio
from pathlib import Path

import pytest

from engine.run import TaskFile
from engine.shell import check as module
from engine.shell.session import PtyShell
from tests.engine.shell.conftest import Bring

pytestmark = pytest.mark.shell


async def test_it_sees_the_home_and_says_so(bring: Bring, sandbox: str) -> None:
    shell = await bring(sandbox=sandbox, files=(TaskFile("given", "1\n"),))
    await shell.submit("echo 2 >made")
    assert await shell.check("cat given made") == (0, "1\n2\n")
    assert await shell.check("test -e missing") == (1, "")
    assert await shell.check("echo out; echo err >&2; exit 9") == (9, "out\nerr\n")


async def test_it_runs_after_the_shell_has_died(bring: Bring, sandbox: str) -> None:
    shell = await bring(sandbox=sandbox)
    await shell.submit("echo done >result; exit")
    assert await shell.check("cat result") == (0, "done\n")


async def test_the_operator_cannot_answer_for_it(shell: PtyShell) -> None:
    for command in (
        "grep() { echo fooled; }; export -f grep",
        "alias test=true; export PATH=$HOME/bin:$PATH BASH_ENV=~/env LD_PRELOAD=~/x.so",
        "mkdir bin; printf '#!/bin/sh\\necho fooled\\n' >bin/grep; chmod +x bin/grep",
        "echo 'echo fooled; exit 0' | tee env .bashrc .bash_profile .profile .bash_login",
        "echo 'echo fooled' >/tmp/grep; ENV=~/env; export ENV",
    ):
        assert (await shell.submit(command)).status == 0
    assert await shell.check("grep -q nothing /etc/passwd; echo $?; type -t grep") == (
        0,
        "1\nfile\n",
    )
    status, output = await shell.check("env; ls /tmp")
    assert status == 0
    assert "fooled" not in output
    assert "BASH_ENV" not in output
    assert "grep" not in output.splitlines()


async def test_it_has_no_network_and_no_terminal(shell: PtyShell) -> None:
    assert (await shell.check("test -t 0 || test -t 1; read -r line"))[0] == 1
    assert (await shell.check("( : >/dev/tty ) 2>/dev/null"))[0] != 0
    assert (await shell.check("( : >/usr/x ) 2>/dev/null"))[0] != 0


async def test_it_ends_in_time_with_all_it_started(
    bring: Bring, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = await bring(sandbox=sandbox)
    monkeypatch.setattr(module, "TIME_LIMIT", 0.5)
    status, output = await shell.check("echo begun; trap '' TERM HUP INT; sleep 300 & sleep 300")
    assert (status, output) == (124, "begun\n")


async def test_what_it_leaves_in_the_background_does_not_hold_it_up(shell: PtyShell) -> None:
    assert await asyncio.wait_for(shell.check("sleep 300 & echo ready"), 60) == (0, "ready\n")


async def test_of_long_output_the_end_is_kept(shell: PtyShell) -> None:
    status, output = await shell.check("seq 1 100000")
    assert status == 0
    assert output.endswith("99999\n100000\n")
    assert len(output) < 20_000


async def test_many_run_at_once_and_leave_nothing(shell: PtyShell) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    await shell.check("true")
    before = descriptors()
    results = await asyncio.gather(*(shell.check(f"echo {number}") for number in range(8)))
    assert results == [(0, f"{number}\n") for number in range(8)]
    assert descriptors() == before
