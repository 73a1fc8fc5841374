"""What the operator's shell must not be able to do, tried from inside, in every sandbox that works."""

import asyncio
import os
import re
import socket
from pathlib import Path

import pytest

from engine.shell.session import PtyShell
from engine.shell.spec import Limits
from engine.shell.witness import family
from tests.engine.shell.conftest import Bring

pytestmark = pytest.mark.shell

needs_python = pytest.mark.skipif(
    not Path("/usr/bin/python3").exists(), reason="needs the system's python3"
)


@pytest.fixture
async def boxed(bring: Bring, sandbox: str) -> PtyShell:
    return await bring(sandbox=sandbox)


async def status(shell: PtyShell, command: str) -> int | None:
    seen = await shell.submit(command)
    assert seen.state == "done", seen
    return seen.status


async def output(shell: PtyShell, command: str) -> str:
    """What a command prints, from its echo to the next prompt."""
    seen = await shell.submit(command)
    assert seen.state == "done", seen
    text = re.sub(rb"\x1b\][^\x1b]*\x1b\\|\x1b\[[0-9;?]*[a-zA-Z]|\r", b"", seen.raw).decode()
    return text.split("\n", 1)[1].rpartition("root@box")[0]


@pytest.mark.parametrize(
    "path",
    [
        *("/x", "/etc/x", "/etc/passwd", "/usr/x", "/usr/bin/x", "/bin/x", "/home/x", "/dev/x"),
        *("/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"),
        *("/proc/irq/default_smp_affinity", "/proc/self/oom_score_adj", "/sys/kernel/x", "/run/x"),
        *("/run/shell.bash", "/dev/mem"),
    ],
)
async def test_nothing_outside_the_home_can_be_written(boxed: PtyShell, path: str) -> None:
    # Not even opened for it: opening to append changes nothing where it does succeed.
    assert await status(boxed, f"( : >>{path} ) 2>/dev/null") != 0


async def test_the_home_and_a_folder_for_temporary_files_can_be_written(boxed: PtyShell) -> None:
    assert await status(boxed, "cd && mkdir a && echo x >a/b && mv a/b c && rm -r a c") == 0
    assert await status(boxed, 'echo x >"${TMPDIR:-/tmp}/x"') == 0


async def test_the_hosts_temporary_files_are_out_of_reach(boxed: PtyShell, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    assert await status(boxed, f"cat {secret}") != 0
    assert await status(boxed, f"echo over >{secret}") != 0
    assert await status(boxed, f"rm -f {secret}; ls {tmp_path}") != 0
    assert secret.read_text() == "hidden"


async def test_the_persons_home_is_out_of_reach(boxed: PtyShell) -> None:
    if boxed_home(await output(boxed, "echo ~")) == Path.home():
        # There is a folder of that name inside, but not that folder.
        mark = f"driftty-{os.getpid()}"
        assert await status(boxed, f"touch ~/{mark}") == 0
        assert not (Path.home() / mark).exists()
    else:
        assert await status(boxed, f"ls {Path.home()}") != 0


def boxed_home(said: str) -> Path:
    return Path(said.strip())


async def test_nothing_of_the_consoles_environment_is_seen(
    bring: Bring, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    boxed = await bring(sandbox=sandbox)
    other = await asyncio.create_subprocess_exec("sleep", "300")
    try:
        environments = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"
        everything = await output(boxed, f"env; set; {environments}")
    finally:
        other.kill()
        await other.wait()
    assert "HOME=" in everything
    assert "hf_secret" not in everything


async def test_secrets_of_the_system_are_not_readable(boxed: PtyShell) -> None:
    for path in ("/etc/shadow", "/etc/gshadow", "/etc/ssl/private/", "/proc/kcore", "/proc/1/mem"):
        assert await status(boxed, f"head -c 1 {path} | grep -q . || ls {path}/* 2>/dev/null") != 0


async def test_the_hosts_processes_cannot_be_touched(boxed: PtyShell, sandbox: str) -> None:
    bystander = await asyncio.create_subprocess_exec("sleep", "300")
    try:
        assert await status(boxed, f"kill -9 {bystander.pid} {os.getpid()} {os.getppid()}") != 0
        assert (
            await status(boxed, f"cat /proc/{bystander.pid}/environ 2>/dev/null | grep -q .") != 0
        )
        if sandbox == "bwrap":
            assert await status(boxed, "ps ax | grep -q '[s]leep 300'") != 0
        assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()


async def test_killing_everything_ends_only_the_shell(boxed: PtyShell) -> None:
    bystander = await asyncio.create_subprocess_exec("sleep", "300")
    try:
        seen = await boxed.submit("kill -9 -1; kill -9 $$")
        assert seen.state == "died"
        assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()


async def test_there_is_no_network(boxed: PtyShell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        assert await status(boxed, f"( echo hi >/dev/tcp/127.0.0.1/{port} ) 2>/dev/null") == 1
        with pytest.raises(BlockingIOError):
            listener.accept()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        port = receiver.getsockname()[1]
        await boxed.submit(f"( echo hi >/dev/udp/127.0.0.1/{port} ) 2>/dev/null")
        with pytest.raises(BlockingIOError):
            receiver.recv(10)


@needs_python
async def test_an_abstract_unix_socket_of_the_host_is_out_of_reach(boxed: PtyShell) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0driftty-{os.getpid()}")
        listener.listen()
        connect = (
            f"import socket; socket.socket(socket.AF_UNIX).connect('\\0driftty-{os.getpid()}')"
        )
        assert await status(boxed, f'/usr/bin/python3 -c "{connect}"') == 1


@needs_python
async def test_input_cannot_be_pushed_into_the_terminal(boxed: PtyShell) -> None:
    for request in (0x5412, 0x541C, 0x100005412):
        push = f"print(ctypes.CDLL(None).ioctl(0, ctypes.c_ulong({request}), b'x'))"
        said = await output(boxed, f'/usr/bin/python3 -c "import ctypes; {push}"')
        assert said.strip() == "-1"
    # The same call with another request works: it is not ioctl that is refused.
    assert await status(boxed, "stty size") == 0


async def test_root_inside_is_nobody_special(boxed: PtyShell) -> None:
    for command in (
        "mount -t tmpfs none /mnt",
        "mknod ~/null c 1 3",
        "unshare -Ur true",
        "chroot /usr true",
        "hostname other",
        "date -s 2000-01-01",
        "chown 1:1 /etc/passwd",
    ):
        assert await status(boxed, f"{command} 2>/dev/null") != 0, command


async def test_links_out_of_the_home_lead_nowhere(boxed: PtyShell, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    assert await status(boxed, f"ln -s {tmp_path}/secret ~/l && cat ~/l") != 0
    await boxed.close()
    assert (tmp_path / "secret").read_text() == "hidden"


async def test_a_fork_bomb_is_bounded(bring: Bring, sandbox: str) -> None:
    boxed = await bring(sandbox=sandbox, limits=Limits(processes=40), patience=60, limit=60)
    said = bytearray()
    boxed.on_output = said.extend
    bombing = asyncio.create_task(boxed.submit("for n in {1..400}; do sleep 300 & done"))
    most = 0
    # Either the kernel refuses another, or the shell is ended.
    while not any(end in said for end in (b"temporarily unavailable", b"ended this shell")):
        await asyncio.wait({bombing}, timeout=0.05)
        most = max(most, crowd(boxed))
    assert 10 < most < 150
    bombing.cancel()


def crowd(shell: PtyShell) -> int:
    """How many processes the shell has, counted from outside."""
    assert shell._live is not None
    return len(family(shell._live.child.pid))


async def test_a_file_cannot_grow_past_its_limit(bring: Bring, sandbox: str) -> None:
    boxed = await bring(sandbox=sandbox, limits=Limits(file_bytes=1 << 20))
    assert await status(boxed, "head -c 4000000 /dev/zero >big") != 0
    assert (await output(boxed, "stat -c %s big")).strip() == str(1 << 20)


async def test_a_full_home_ends_the_shell(bring: Bring, sandbox: str) -> None:
    boxed = await bring(sandbox=sandbox, limits=Limits(file_bytes=4 << 20, home_bytes=12 << 20))
    seen = await boxed.submit(
        "for n in {1..900}; do head -c 4000000 /dev/zero >$n; sleep 0.1; done"
    )
    assert seen.state == "died"
    assert b"home holds more than 12 MiB" in seen.raw


async def test_folders_in_memory_are_bounded(bring: Bring) -> None:
    boxed = await bring(sandbox="bwrap", limits=Limits(scratch_bytes=1 << 20))
    for folder in ("/tmp", "/dev/shm", "/var"):
        assert await status(boxed, f"head -c 3000000 /dev/zero >{folder}/x 2>/dev/null") != 0
        assert await status(boxed, f"rm {folder}/x") == 0


async def test_memory_of_a_process_is_bounded(bring: Bring, sandbox: str) -> None:
    boxed = await bring(sandbox=sandbox, limits=Limits(memory_bytes=256 << 20))
    assert await status(boxed, "head -c 1000M /dev/zero | tail -n 1 >/dev/null 2>&1") != 0


async def test_limits_cannot_be_raised_again(boxed: PtyShell) -> None:
    assert await status(boxed, "ulimit -f unlimited 2>/dev/null") != 0
    assert await status(boxed, "ulimit -v unlimited 2>/dev/null") != 0


async def test_it_says_its_own_name(bring: Bring) -> None:
    boxed = await bring(sandbox="bwrap", hostname="crate")
    assert await output(boxed, "hostname; cat /etc/hostname; uname -n; whoami; id -u; echo ~") == (
        "crate\ncrate\ncrate\nroot\n0\n/root\n"
    )
