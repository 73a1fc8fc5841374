"""Output without end, and of any bytes: bounded, counted, and the console answers meanwhile."""

import asyncio

import pytest

from engine.shell.session import PtyShell
from tests.engine.shell.conftest import Bring, brought_back

pytestmark = pytest.mark.shell

KEEP = 64 << 10


class Watcher:
    """Hears what a shell hands on."""

    def __init__(self, shell: PtyShell) -> None:
        self.heard = 0
        self.missing = 0
        self.last = b""
        shell.on_output = self._hear
        shell.on_dropped = self._miss

    def _hear(self, data: bytes) -> None:
        self.heard += len(data)
        self.last = (self.last + data)[-4096:]

    def _miss(self, count: int) -> None:
        self.missing += count


async def turns() -> list[int]:
    """A list that grows by one whenever others of the loop have had a turn."""
    had: list[int] = []
    loop = asyncio.get_running_loop()

    def turn() -> None:
        had.append(len(had))
        loop.call_later(0.005, turn)

    turn()
    return had


@pytest.mark.parametrize("command", ["yes", "cat /dev/urandom | base64", "cat /dev/zero"])
async def test_a_flood_is_bounded_and_leaves_the_loop_answering(bring: Bring, command: str) -> None:
    shell = await bring(keep=KEEP, patience=60, limit=1.5)
    watcher = Watcher(shell)
    had = await turns()
    seen = await shell.submit(command)
    assert len(had) > 10, "300 on an idle machine; few where a flood is read without a pause"
    assert seen.state == "stalled"
    assert len(seen.raw) == KEEP
    assert seen.dropped > KEEP
    assert watcher.heard < KEEP + (1 << 20)
    assert watcher.heard + watcher.missing == len(seen.raw) + seen.dropped
    shell.interrupt()
    assert (await brought_back(shell, seen)).state == "done"
    calm = await brought_back(shell, await shell.submit("echo calm"))
    assert calm.raw.count(b"calm") == 2


async def test_the_end_of_long_output_is_kept_and_shown(bring: Bring) -> None:
    shell = await bring(keep=KEEP)
    watcher = Watcher(shell)
    seen = await shell.submit("seq 1 200000")
    total = sum(len(str(number)) + 2 for number in range(1, 200001))
    assert (seen.state, seen.status, len(seen.raw)) == ("done", 0, KEEP)
    assert 0 < seen.dropped + len(seen.raw) - total < 400
    assert b"\r\n199999\r\n200000\r\n" in seen.raw
    assert b"\r\n200000\r\n" in watcher.last
    assert watcher.last.endswith(seen.raw[-100:])


async def test_random_bytes_end_at_the_prompt_with_the_right_status(shell: PtyShell) -> None:
    for _ in range(3):
        seen = await shell.submit("head -c 200000 /dev/urandom; (exit 9)")
        assert (seen.state, seen.status) == ("done", 9)
    seen = await shell.submit("echo sane")
    assert (seen.state, seen.status) == ("done", 0)
    assert b"sane\r\n" in seen.raw


async def test_every_byte_value_arrives(shell: PtyShell) -> None:
    seen = await shell.submit("stty -opost; printf %b \"$(printf '\\\\x%x' {1..255})\"; stty sane")
    assert bytes(range(1, 256)) in seen.raw


async def test_typing_while_nobody_reads_blocks_nothing(bring: Bring) -> None:
    shell = await bring(patience=0.5)
    seen = await shell.submit("sleep 300")
    assert seen.state == "stalled"
    for _ in range(100):
        shell.type(b"x" * 10_000 + b"\r")
    shell.interrupt()
    assert (await brought_back(shell, seen)).state in ("done", "continuation")
