import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli.judge import command


def judge(*args: str, lines: bytes = b"") -> Result:
    return CliRunner().invoke(command, args, input=lines, prog_name="driftty judge")


def told(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_is_one_object_a_line_with_line_label_and_why() -> None:
    rows = told(judge("--json", lines=b"ls -la\nfind the largest file\n# why\n"))
    assert [row["line"] for row in rows] == ["ls -la", "find the largest file", "# why"]
    assert [row["label"] for row in rows] == ["command", "narration", "comment"]
    assert all(set(row) == {"line", "label", "why"} and row["why"] for row in rows)


def test_every_line_gives_one_line_also_empty_ones_and_the_last_without_newline() -> None:
    rows = told(judge("--json", lines=b"ls\n\n\nexit"))
    assert [row["line"] for row in rows] == ["ls", "", "", "exit"]


def test_nothing_in_gives_nothing_out() -> None:
    assert told(judge("--json")) == []


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe\x00", b"\x1b[31mred", b"caf\xc3\xa9 au lait", b"\xed\xa0\x80", b"a\rb", b"\x0c"],
)
def test_any_bytes_are_one_line(line: bytes) -> None:
    rows = told(judge("--json", lines=line + b"\nls\n"))
    assert len(rows) == 2
    assert rows[0]["line"] == line.decode("utf-8", "replace")


def test_every_byte_there_is_can_be_read() -> None:
    every = bytes(range(256))
    for args in (["--json"], []):
        assert judge(*args, lines=every).exit_code == 0


def test_no_escape_of_a_judged_line_reaches_the_terminal() -> None:
    shown = judge(lines=b"ls \x1b]0;owned\x07 [bold]x[/bold]\n").stdout
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[bold]x[/bold]" in shown


def test_a_person_sees_glyph_label_line_and_evidence_aligned() -> None:
    lines = judge(lines=b"ls -la\nfind the largest file\n").stdout.splitlines()
    assert lines[0].startswith("$ command     ls -la")
    assert lines[1].startswith("✗ narration   find the largest file")
    assert lines[0].index("ls is a known") == lines[1].index("reads as")


def test_lines_are_judged_each_by_itself_unless_they_are_one_run() -> None:
    four = b"ls\n" * 4
    assert {row["label"] for row in told(judge("--json", lines=four))} == {"command"}
    assert told(judge("--json", "--run", lines=four))[-1]["label"] == "repetition"


def test_the_body_of_a_heredoc_belongs_to_its_command_in_one_run() -> None:
    lines = b"cat > notes <<EOF\nDear reader, here it is.\nEOF\nHere it is.\n"
    labels = [row["label"] for row in told(judge("--json", "--run", lines=lines))]
    assert labels == ["command", "command", "command", "narration"]


def test_what_the_shell_showed_is_known_by_its_echo() -> None:
    after = ("--after", "kernel build 42\nroot@box:~# ")
    assert told(judge("--json", *after, lines=b"kernel build 42\n"))[0]["label"] == "echo"


def test_a_file_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("pwd\nSure! Here it is.\n", encoding="utf-8")
    assert [row["label"] for row in told(judge("--json", str(path)))] == ["command", "chat"]


def test_a_missing_file_is_a_usage_error_with_its_name(tmp_path: Path) -> None:
    result = judge(str(tmp_path / "nowhere"))
    assert result.exit_code == 2
    assert "nowhere" in result.output


def test_a_line_is_answered_before_the_next_one_comes() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from console.cli import main; main()", "judge", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin
        assert process.stdout
        for line, label in ((b"ls\n", "command"), (b"Hello there!\n", "chat")):
            process.stdin.write(line)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["label"] == label
        process.stdin.close()
        assert process.stdout.readline() == b""
    assert process.returncode == 0


def test_a_reader_who_leaves_gets_no_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from console.cli import main; main()", "judge"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"ls\n")
    process.stdin.flush()
    assert b"command" in process.stdout.readline()
    process.stdout.close()
    _, errors = process.communicate(b"ls\n" * 20_000)
    assert b"Traceback" not in errors


def test_a_terminal_without_unicode_still_gets_every_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from console.cli import main; main()", "judge"],
        input="café\nHere is the file.\n".encode(),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
