"""Real shells for tests, closed whatever happens."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import msgspec
import pytest

from engine.shell.observation import Observation
from engine.shell.sandbox.choose import probe
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec

Bring: TypeAlias = Callable[..., Awaitable[PtyShell]]
"""Starts a shell; keywords are fields of its `ShellSpec`."""

PATIENT = ShellSpec(patience=60, limit=120)
"""Nothing stalls by accident on a slow machine."""


def plain(raw: bytes) -> str:
    """What the terminal got, without escape sequences."""
    text = re.sub(rb"\x1b\][^\x1b]*\x1b\\|\x1b\[[0-9;?]*[a-zA-Z]", b"", raw)
    return text.decode(errors="replace").replace("\r", "")


async def brought_back(shell: PtyShell, seen: Observation) -> Observation:
    """A command's whole story, once it is over: an impatient shell may call a slow machine stalled."""
    while seen.state == "stalled":
        seen = seen.joined(await shell.settle())
    return seen


@pytest.fixture
async def bring() -> AsyncIterator[Bring]:
    shells: list[PtyShell] = []

    async def start(**fields: object) -> PtyShell:
        shell = PtyShell(msgspec.structs.replace(PATIENT, **fields))
        shells.append(shell)
        await shell.start()
        return shell

    yield start
    for shell in shells:
        await shell.close()


@pytest.fixture
async def shell(bring: Bring) -> PtyShell:
    """A shell in the sandbox that this machine would choose."""
    return await bring()


@pytest.fixture(params=["bwrap", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> str:
    """Every sandbox that works here."""
    kind = str(request.param)
    report = next(report for report in probe() if report.name == kind)
    if not report.works:
        pytest.skip(f"{kind} does not work here: {report.detail}")
    return kind
