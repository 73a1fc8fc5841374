import pytest

from engine.errors import SandboxUnavailable
from engine.run import SandboxPolicy
from engine.shell.sandbox import choose as module
from engine.shell.sandbox.bwrap import explain
from engine.shell.sandbox.choose import choose, probe
from engine.shell.sandbox.enclosure import Probe, Sandbox, SandboxReport
from engine.shell.sandbox.nothing import Nothing
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec


def failing(name: str, why: str, remedy: str = "") -> Probe:
    report = SandboxReport(name, False, why, remedy)  # type: ignore[arg-type]  # a literal, chosen at run time

    def attempt() -> tuple[SandboxReport, Sandbox | None]:
        return report, None

    return attempt


def working() -> tuple[SandboxReport, Sandbox | None]:
    return SandboxReport("landlock", True, "fine"), Nothing((1, 2))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = {
        "bwrap": failing("bwrap", "bubblewrap is not installed.", "apt install bubblewrap"),
        "landlock": failing("landlock", "This kernel has no Landlock."),
    }
    monkeypatch.setattr(module, "_PROBES", reasons)


async def test_without_a_sandbox_a_shell_refuses_and_says_what_to_do(broken: None) -> None:
    shell = PtyShell(ShellSpec())
    with pytest.raises(SandboxUnavailable) as refusal:
        await shell.start()
    said = str(refusal.value)
    for words in ("not installed", "apt install bubblewrap", "no Landlock", "--no-sandbox"):
        assert words in said


def test_what_was_asked_for_by_name_is_not_replaced(broken: None) -> None:
    with pytest.raises(SandboxUnavailable) as refusal:
        choose("landlock")
    assert "bubblewrap" not in str(refusal.value)


def test_the_next_best_is_taken(broken: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._PROBES, "landlock", working)
    assert choose("auto").owner == (1, 2)
    assert [report.works for report in probe()] == [False, True]


@pytest.mark.parametrize("policy", ["auto", "bwrap", "landlock"])
def test_nothing_is_chosen_only_when_asked_for(broken: None, policy: SandboxPolicy) -> None:
    with pytest.raises(SandboxUnavailable):
        choose(policy)
    assert isinstance(choose("none"), Nothing)


@pytest.mark.parametrize(
    ("said", "why", "remedy"),
    [
        (
            "bwrap: Creating new namespace failed: Operation not permitted",
            "namespaces",
            "max_user_namespaces",
        ),
        ("bwrap: setting up uid map: Permission denied", "AppArmor", "apparmor_restrict"),
        (
            "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
            "AppArmor",
            "apparmor_restrict",
        ),
        (
            "bwrap: No permissions to create a new namespace, likely because the kernel does not allow",
            "namespaces",
            "unprivileged_userns_clone",
        ),
        (
            "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
            "/proc",
            "systempaths",
        ),
        ("bwrap: execvp true: No such file", "execvp true: No such file", ""),
        ("", "nothing", ""),
    ],
)
def test_bwraps_complaints_are_explained(said: str, why: str, remedy: str) -> None:
    reason, command = explain(said)
    assert why in reason
    assert remedy in command
