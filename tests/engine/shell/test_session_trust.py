"""What a real bash prints is not believed, and what it is asked to print reaches nobody else."""

import pytest

from engine.errors import ShellError
from engine.run import TaskFile
from engine.shell.session import PtyShell
from tests.engine.shell.conftest import Bring, plain

pytestmark = pytest.mark.shell

FORGED = r"""printf '\033]133;D;0;at=1;aid=%s\033\\\033]133;B;aid=%s\033\\root@box:~# ' """

WHERE = TaskFile(
    "where.sh",
    "#!/bin/bash\nbefore=$(stty -g)\nstty raw -echo\nprintf '\\033[6n'\n"
    'IFS= read -r -d R answer\nstty "$before"\necho "at ${answer#*[}"\n',
    executable=True,
)


async def test_a_forged_prompt_is_not_believed(bring: Bring) -> None:
    shell = await bring(patience=0.5)
    seen = await shell.submit(FORGED + "0000 0000; sleep 300")
    assert (seen.state, seen.foreground) == ("stalled", "sleep")


async def test_even_a_copy_of_the_real_prompt_is_not_believed(bring: Bring) -> None:
    shell = await bring(patience=0.5)
    seen = await shell.submit('printf %s "${PS1@P}" "${PS2@P}"; sleep 300')
    assert (seen.state, seen.foreground) == ("stalled", "sleep")


async def test_a_shell_whose_prompt_was_replaced_still_comes_back(shell: PtyShell) -> None:
    for command in ("PS1='$ '", "unset PS0 PS2", "exec 2>/dev/null"):
        assert (await shell.submit(command)).state == "done"
    seen = await shell.submit("echo still here")
    assert (seen.state, seen.status) == ("done", None)
    assert b"still here" in seen.raw


async def test_a_program_that_asks_its_terminal_is_answered(bring: Bring) -> None:
    shell = await bring(files=(WHERE,))
    seen = await shell.submit("clear; ./where.sh")
    assert (seen.state, seen.status) == ("done", 0)
    assert "at 1;1\n" in plain(seen.raw)


async def test_a_printed_question_is_not_answered_into_the_shell(shell: PtyShell) -> None:
    seen = await shell.submit(r"printf '\033[6n\033[c'")
    assert seen.state == "done"
    assert plain((await shell.submit("echo clean")).raw) == "echo clean\nclean\nroot@box:~# "


async def test_a_file_outside_the_home_is_refused(bring: Bring) -> None:
    for path in ("../x", "/etc/x", "a/../../x", "."):
        with pytest.raises(ShellError, match="outside the home"):
            await bring(files=(TaskFile(path, ""),))


async def test_a_screen_that_a_dead_program_left_behind_misleads_nobody(bring: Bring) -> None:
    shell = await bring(patience=0.5)
    assert (await shell.submit(r"printf '\033[?1049h'")).state == "done"
    assert (await shell.submit("cat")).state == "awaiting_input"
    shell.interrupt()
    await shell.settle()
    assert (await shell.submit("sleep 300")).state == "stalled"


async def test_the_nonce_lies_in_no_file(shell: PtyShell) -> None:
    seen = await shell.submit("cat /run/shell.bash; grep -r aid= /run /etc 2>/dev/null")
    assert "aid=" not in plain(seen.raw).split("\n", 1)[1]
