"""A real bash in whatever sandbox this machine has, in every state it can get into."""

import asyncio

import pytest

from engine.events import ShellState
from engine.run import TaskFile
from engine.shell.markers import find
from engine.shell.observation import Shell
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from tests.engine.shell.conftest import Bring, brought_back, plain

pytestmark = pytest.mark.shell

ASK = TaskFile(
    "ask.sh", '#!/bin/bash\nread -p "name? " name\necho "hello $name"\n', executable=True
)


async def works(shell: PtyShell) -> bool:
    """Whether the next command does what it says."""
    seen = await shell.submit("echo $((6*7))")
    return (seen.state, seen.status) == ("done", 0) and "\n42\n" in plain(seen.raw)


def test_it_is_a_shell() -> None:
    shell: Shell = PtyShell(ShellSpec())
    assert callable(shell.submit)


async def test_it_comes_up_in_a_home_with_the_tasks_files(bring: Bring) -> None:
    shell = await bring(files=(ASK, TaskFile("notes/a b.txt", "one\n")))
    seen = await shell.submit(
        "pwd; cat 'notes/a b.txt'; test -x ask.sh && stat -c %U ask.sh; whoami"
    )
    home, text, owner, me = plain(seen.raw).split("\n")[1:5]
    assert (
        home == (await shell.submit("echo ~")).raw.split(b"\r\n")[1].split(b"\x1b\\")[-1].decode()
    )
    assert text == "one"
    assert owner == me


async def test_what_a_command_did_is_observed(shell: PtyShell) -> None:
    seen = await shell.submit("echo out; echo err >&2; (exit 7)")
    assert (seen.command, seen.state, seen.status) == (
        "echo out; echo err >&2; (exit 7)",
        "done",
        7,
    )
    assert plain(seen.raw) == "echo out; echo err >&2; (exit 7)\nout\nerr\nroot@box:~# "
    assert (seen.foreground, seen.dropped) == ("", 0)
    assert seen.took > 0


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("true", 0),
        ("", 0),
        ("# only a comment", 0),
        ("no-such-command", 127),
        ("/etc/passwd", 126),
        ("echo ((", 2),
        ("sleep 100 &", 0),
        ("trap '' INT; true", 0),
        ("set -x; false; set +x", 0),
        ("trap 'echo trapped' DEBUG", 0),
        ("kill -9 $BASHPID & wait $!", 137),
        ("bash -c 'kill -TERM $$'", 143),
        ("reset", 0),
        ("echo -n no newline", 0),
        ("printf '\\033[?1049h'", 0),
        ("stty -echo", 0),
        ("cat <<X\nit's\nX", 0),
        ("for i in 1 2\ndo echo $i\ndone", 0),
        ("echo one\necho two\nfalse", 1),
    ],
)
async def test_a_command_that_comes_back_is_done(
    shell: PtyShell, command: str, status: int
) -> None:
    seen = await shell.submit(command)
    assert (seen.state, seen.status, seen.foreground) == ("done", status, "")
    assert await works(shell)


@pytest.mark.parametrize(
    ("command", "state", "program"),
    [
        ("cat", "awaiting_input", "cat"),
        ("read name", "awaiting_input", "bash"),
        ("read -n 1 key", "awaiting_input", "bash"),
        ("./ask.sh", "awaiting_input", "ask.sh"),
        ("cat | tr a b", "awaiting_input", "cat"),
        ("read -s secret", "awaiting_secret", "bash"),
        ("read -s -n 1 secret", "awaiting_secret", "bash"),
        ("bash -c 'read -s secret </dev/tty'", "awaiting_secret", "bash"),
        ("bash", "nested", "bash"),
        ("sh", "nested", "sh"),
    ],
)
async def test_a_program_that_reads_the_terminal_is_told_and_can_be_interrupted(
    bring: Bring, command: str, state: ShellState, program: str
) -> None:
    shell = await bring(files=(ASK,))
    seen = await shell.submit(command)
    assert (seen.state, seen.status, seen.foreground) == (state, None, program)
    if state == "nested":
        shell.end_of_file()
    else:
        shell.interrupt()
    assert (await shell.settle()).state == "done"
    assert await works(shell)


async def test_an_answer_goes_to_the_program_that_asks(bring: Bring) -> None:
    shell = await bring(files=(ASK,))
    assert (await shell.submit("./ask.sh")).state == "awaiting_input"
    seen = await shell.submit("Ada")
    assert (seen.state, seen.status) == ("done", 0)
    assert "hello Ada" in plain(seen.raw)


@pytest.mark.parametrize(
    ("program", "command", "leave"),
    [("less", "less long.txt", b"q"), ("vi", "vi -n long.txt", b"\x1b:q!\r")],
)
async def test_a_full_screen_program_is_told(
    bring: Bring, program: str, command: str, leave: bytes
) -> None:
    shell = await bring(files=(TaskFile("long.txt", "line\n" * 500),))
    if (await shell.submit(f"command -v {program}")).status:
        pytest.skip(f"{program} is not installed")
    seen = await shell.submit(command)
    assert seen.state == "full_screen"
    assert shell.type(leave)
    assert (await shell.settle()).state == "done"
    assert await works(shell)


async def test_a_python_prompt_is_nested_and_takes_lines(shell: PtyShell) -> None:
    if (await shell.submit("command -v python3")).status:
        pytest.skip("python3 is not installed")
    assert (await shell.submit("python3")).state == "nested"
    seen = await shell.submit("print(6 * 7)")
    assert (seen.state, seen.foreground) == ("nested", "python3")
    assert "42" in plain(seen.raw)
    shell.end_of_file()
    assert (await shell.settle()).state == "done"


async def test_bash_replaced_by_another_program_is_not_taken_for_bash(shell: PtyShell) -> None:
    seen = await shell.submit("exec sh")
    assert (seen.state, seen.foreground) == ("nested", "sh")
    seen = await shell.submit("exit 5")
    assert (seen.state, seen.status) == ("died", 5)


@pytest.mark.parametrize("command", ["it's fine", 'echo "open', "cat <<X", "if true", "echo a \\"])
async def test_an_unfinished_command_waits_for_more_and_can_be_given_up(
    shell: PtyShell, command: str
) -> None:
    seen = await shell.submit(command)
    assert (seen.state, seen.status) == ("continuation", None)
    assert shell.observe().state == "continuation"
    shell.interrupt()
    given_up = await shell.settle()
    assert (given_up.state, given_up.status) == ("done", 130)
    assert await works(shell)


async def test_an_unfinished_command_can_be_finished(shell: PtyShell) -> None:
    assert (await shell.submit("cat <<X")).state == "continuation"
    assert (await shell.submit("middle")).state == "continuation"
    seen = await shell.submit("X")
    assert (seen.state, seen.status) == ("done", 0)
    assert "\nmiddle\n" in plain(seen.raw)


@pytest.mark.parametrize(
    "command", ["sleep 300", "while :; do :; done", "(trap '' INT; sleep 300)"]
)
async def test_silence_without_reading_is_a_stall(bring: Bring, command: str) -> None:
    shell = await bring(patience=0.5)
    seen = await shell.submit(command)
    assert (seen.state, seen.status) == ("stalled", None)
    assert seen.foreground in ("sleep", "bash")


async def test_a_stalled_command_can_be_interrupted(bring: Bring) -> None:
    shell = await bring(patience=0.5)
    seen = await shell.submit("sleep 300")
    assert seen.state == "stalled"
    shell.interrupt()
    seen = await brought_back(shell, seen)
    assert (seen.state, seen.status) == ("done", 130)
    assert "^C" in plain(seen.raw)


async def test_a_command_that_keeps_printing_stalls_at_the_limit(bring: Bring) -> None:
    shell = await bring(patience=60, limit=1.0)
    seen = await shell.submit("while :; do echo tick; sleep 0.05; done")
    assert seen.state == "stalled"
    assert await given_up(shell) == "done"


async def given_up(shell: PtyShell) -> ShellState:
    """How the shell stands after a Ctrl+C that was heard.

    One that falls between two short-lived programs reaches neither, in any terminal.
    """
    while True:
        shell.interrupt()
        state = (await shell.settle()).state
        if state != "stalled":
            return state


async def test_a_long_line_and_a_long_heredoc_arrive_whole(shell: PtyShell) -> None:
    seen = await shell.submit("echo " + "x" * 20_000 + " | wc -c")
    assert "\n20001\n" in plain(seen.raw)
    body = "\n".join(f'line {number} it\'s "quoted" $(not run)' for number in range(3000))
    seen = await shell.submit(f"cat <<'X' | md5sum\n{body}\nX")
    assert (seen.state, seen.status) == ("done", 0)
    expected = await shell.check(
        "seq 0 2999 | sed 's/.*/line & it'\"'\"'s \"quoted\" $(not run)/' | md5sum"
    )
    assert expected[1].split()[0] in plain(seen.raw)


async def test_a_tab_is_a_tab_and_completes_nothing(shell: PtyShell) -> None:
    seen = await shell.submit("echo 'a\tb' | od -c | head -1")
    assert "a  \\t   b" in plain(seen.raw)


async def test_what_a_person_left_on_the_line_is_not_part_of_the_next_command(
    shell: PtyShell,
) -> None:
    assert shell.type(b"rm -rf ")
    assert await works(shell)


async def test_a_person_can_run_a_command(shell: PtyShell) -> None:
    for key in b"echo by hand\r":
        shell.type(bytes([key]))
    seen = await shell.settle()
    assert (seen.command, seen.state, seen.status) == ("", "done", 0)
    assert "\nby hand\n" in plain(seen.raw)


async def test_keys_typed_into_a_password_prompt_are_told_to_be_hidden(shell: PtyShell) -> None:
    await shell.submit("read -s secret")
    assert not shell.type(b"hunter2\r")
    seen = await shell.settle()
    assert seen.state == "done"
    assert b"hunter2" not in seen.raw


async def test_a_resize_reaches_the_shell_and_is_nothing_it_did(shell: PtyShell) -> None:
    repainted = asyncio.Event()
    shell.on_output = lambda _: repainted.set()
    shell.resize(132, 50)
    await repainted.wait()
    assert shell.observe().raw == b""
    assert "\n50 132\n" in plain((await shell.submit("stty size")).raw)


async def test_a_background_job_is_heard_later(shell: PtyShell) -> None:
    assert (await shell.submit("(read -t 0.3 < <(sleep 9); echo late) &")).state == "done"
    heard = b""
    news = asyncio.Event()
    shell.on_output = lambda _: news.set()
    while b"late" not in heard:
        await news.wait()
        news.clear()
        heard += shell.observe().raw
    assert await works(shell)


async def test_everything_is_shown_in_order_as_it_comes(bring: Bring) -> None:
    shell = await bring()
    written: list[bytes] = []
    shell.on_output = written.append
    seen = await shell.submit("seq 1 5000")
    assert b"".join(written) == seen.raw


async def test_lines_typed_one_by_one_are_all_waited_for(shell: PtyShell) -> None:
    assert (await shell.submit("bind 'set enable-bracketed-paste off'")).status == 0
    seen = await shell.submit("echo one\nsleep 0.3\n(exit 4)\necho $?x")
    assert (seen.state, seen.status) == ("done", 0)
    assert "\n4x\n" in plain(seen.raw)


async def test_an_answer_on_its_way_is_waited_for(
    shell: PtyShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await shell.submit("bind 'set enable-bracketed-paste off'")).status == 0
    live = shell._live
    assert live is not None
    assert shell.home is not None
    made, receive, held = shell.home / "made", live.wire._received, bytearray()

    def slowly(data: bytes) -> None:
        held.extend(data)
        shown = [mark.ended for mark in find(bytes(held), live.nonce) if mark.kind == "input"]
        if not shown:
            return
        # Bash is done with all lines when the prompt after the first is seen.
        while not (made.exists() and live.witness.listens()):
            pass
        receive(bytes(held[: shown[0]]))
        del held[: shown[0]]
        monkeypatch.setattr(live.wire, "_received", held.extend)
        asyncio.get_running_loop().call_later(0.02, arrive)

    def arrive() -> None:
        monkeypatch.setattr(live.wire, "_received", receive)
        receive(bytes(held))

    monkeypatch.setattr(live.wire, "_received", slowly)
    seen = await shell.submit("(exit 4)\ntouch ~/made; echo $?x")
    assert (seen.state, seen.status) == ("done", 0)
    assert "\n0x\n" in plain(seen.raw)


async def test_without_a_sandbox_it_is_the_same_shell_and_says_that_it_has_none(
    bring: Bring,
) -> None:
    shell = await bring(sandbox="none", files=(TaskFile("given", "1\n"),))
    seen = await shell.submit("cat ~/given; (exit 3)")
    assert (seen.state, seen.status) == ("done", 3)
    assert await shell.check("cat given") == (0, "1\n")


async def test_a_size_for_no_terminal_is_nothing(shell: PtyShell) -> None:
    PtyShell(ShellSpec()).resize(80, 24)
    await shell.close()
    shell.resize(80, 24)
