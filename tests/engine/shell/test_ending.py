"""A shell takes everything with it: processes, descriptors, folders, however it ends."""

import asyncio
import contextlib
import os
import select
import signal
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from engine.shell import home
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from tests.engine.shell.conftest import Bring

pytestmark = pytest.mark.shell


def running(mark: str) -> list[int]:
    """The processes on this machine that have `mark` among their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if mark.encode() in words:
            found.append(int(entry.name))
    return found


def scratch_folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("driftty-*"))


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> list[str]:
    """Child processes of this one, also those that nobody has waited for."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


async def sleepers(mark: str, count: int) -> list[int]:
    """Pidfds of the processes with that mark, once there are so many."""
    while True:
        handles = []
        for pid in running(mark):
            # One that only starts another, as setsid may, is gone again at once.
            with contextlib.suppress(ProcessLookupError):
                handles.append(os.pidfd_open(pid))
        if len(handles) >= count:
            return handles
        for handle in handles:
            os.close(handle)
        await asyncio.to_thread(os.sched_yield)


def ended(handle: int) -> bool:
    """Whether the process behind a pidfd ends before long; closes the pidfd."""
    ready = select.select([handle], [], [], 30)[0] == [handle]
    os.close(handle)
    return ready


@pytest.fixture
def mark() -> str:
    """A number of seconds that nobody else sleeps."""
    return f"9{os.getpid()}{threading.get_native_id() % 1000}"


async def test_fifty_shells_leave_nothing_behind(sandbox: str) -> None:
    async def once() -> Path:
        shell = PtyShell(ShellSpec(sandbox=sandbox, patience=60, limit=60))  # type: ignore[arg-type]  # a literal, chosen at run time
        opening = await shell.start()
        assert (await shell.submit("echo hello")).state == "done"
        await shell.close()
        return Path(opening.home)

    homes = [await once()]
    descriptors, threads = open_descriptors(), threading.active_count()
    homes += [await once() for _ in range(50)]
    assert not any(path.parent.exists() for path in homes)
    assert open_descriptors() == descriptors
    # Those of the loop's own pool, which are started as needed.
    assert threading.active_count() <= threads + 2
    assert children() == []


@pytest.mark.parametrize(
    "hide",
    ["sleep {} &", "setsid nohup sleep {} >/dev/null 2>&1 &", "(setsid sleep {} & disown) &"],
)
@pytest.mark.parametrize("end", ["exit", "close"])
async def test_what_a_shell_started_ends_with_it(
    bring: Bring, sandbox: str, mark: str, hide: str, end: str
) -> None:
    shell = await bring(sandbox=sandbox)
    assert (await shell.submit(f"trap '' HUP TERM; {hide.format(mark)}")).state == "done"
    handles = await sleepers(mark, 1)
    if end == "exit":
        assert (await shell.submit("exit")).state == "died"
    await shell.close()
    assert [ended(handle) for handle in handles] == [True] * len(handles)
    assert running(mark) == []


async def test_closing_ends_a_command_that_ignores_everything(
    bring: Bring, sandbox: str, mark: str
) -> None:
    shell = await bring(sandbox=sandbox, patience=0.3)
    seen = await shell.submit(f"trap '' INT TERM HUP QUIT; sleep {mark}")
    assert seen.state == "stalled"
    await shell.close()
    assert running(mark) == []


async def test_a_home_can_be_kept(bring: Bring, sandbox: str) -> None:
    shell = await bring(keep_home=True, sandbox=sandbox)
    await shell.submit("echo mine >file")
    assert shell.home is not None
    await shell.close()
    assert (shell.home / "file").read_text() == "mine\n"
    assert [entry.name for entry in shell.home.parent.iterdir()] == ["home"]
    assert home.sweep() == []
    (shell.home / "file").unlink()
    shell.home.rmdir()
    shell.home.parent.rmdir()


@pytest.mark.parametrize(
    "lock",
    [
        "mkdir -p a/b && touch a/b/c && chmod 000 a/b a",
        "ln -s / root; ln -s loop loop; mkfifo pipe",
        "mkdir -p $(printf 'd/%.0s' {1..1800})",
    ],
)
async def test_a_home_that_does_not_want_to_go_goes(bring: Bring, lock: str) -> None:
    shell = await bring()
    assert (await shell.submit(lock)).status == 0
    assert shell.home is not None
    await shell.close()
    assert not shell.home.parent.exists()
    assert os.access("/etc/passwd", os.R_OK)


CONSOLE = """
import asyncio, sys
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec

async def main():
    shell = PtyShell(ShellSpec(sandbox=sys.argv[1], patience=60, limit=60))
    opening = await shell.start()
    await shell.submit("setsid nohup sleep " + sys.argv[2] + " >/dev/null 2>&1 &")
    print(opening.home, flush=True)
    await shell.submit("trap '' HUP TERM INT; sleep " + sys.argv[2])

asyncio.run(main())
"""


async def test_killing_the_console_leaves_no_process_and_the_folder_is_swept(
    sandbox: str, mark: str
) -> None:
    console = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CONSOLE, sandbox, mark), stdout=asyncio.subprocess.PIPE
    )
    assert console.stdout is not None
    scratch = Path((await console.stdout.readline()).decode().strip()).parent
    handles = await sleepers(mark, 3)  # the console itself, and two of the shell's
    console.send_signal(signal.SIGKILL)
    await console.communicate()
    assert [ended(handle) for handle in handles] == [True] * len(handles)
    while running(mark):
        # One that was started while we looked is ended as well, if a moment later.
        await asyncio.to_thread(os.sched_yield)
    assert scratch in scratch_folders()
    assert scratch in home.sweep()
    assert scratch not in scratch_folders()


async def test_sweeping_spares_the_living(shell: PtyShell) -> None:
    home.sweep()
    assert (await shell.submit("touch alive")).status == 0
    assert shell.home is not None
    assert (shell.home / "alive").exists()
