"""Which sandbox the operator's shell runs in."""

import threading

from engine.errors import SandboxUnavailable
from engine.run import SandboxPolicy
from engine.shell.sandbox import bwrap, landlock, nothing
from engine.shell.sandbox.enclosure import Probe, Sandbox, SandboxReport

_PROBES: dict[str, Probe] = {"bwrap": bwrap.probe, "landlock": landlock.probe}
"""Best first."""
_TRYING = threading.Lock()


def probe() -> tuple[SandboxReport, ...]:
    """Try every kind of sandbox on this machine."""
    return tuple(attempt()[0] for attempt in _PROBES.values())


def choose(policy: SandboxPolicy) -> Sandbox:
    """The sandbox for a policy. Raises `SandboxUnavailable` with what was tried and what mends it."""
    if policy == "none":
        return nothing.Nothing()
    names = tuple(_PROBES) if policy == "auto" else (policy,)
    tried = []
    for name in names:
        # Many shells may start at once: the first tries, the others wait for what it found.
        with _TRYING:
            report, sandbox = _PROBES[name]()
        if sandbox is not None:
            return sandbox
        tried.append(report)
    raise SandboxUnavailable(_sentence(tried))


def _sentence(tried: list[SandboxReport]) -> str:
    reasons = " ".join(f"{report.name}: {report.detail}" for report in tried)
    remedies = " or ".join(f"`{report.remedy}`" for report in tried if report.remedy)
    mend = f" To mend it: {remedies}." if remedies else ""
    return (
        f"No sandbox works on this machine for the operator's shell. {reasons}{mend}"
        " To go on without one, where the model can do all that you can: --no-sandbox."
    )
