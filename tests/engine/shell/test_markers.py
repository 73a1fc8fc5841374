import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.shell.markers import MarkerScanner, find, new_nonce, prompt_strings
from tests.engine.shell.conftest import Bring

NONCE = "5eed"


def osc(body: str, nonce: str = NONCE) -> bytes:
    return f"\x1b]133;{body};aid={nonce}\x1b\\".encode()


PROMPT = osc("D;2;at=7.5") + osc("A") + b"root@box:~# " + osc("B")


def test_a_prompt_tells_status_stamp_and_where_its_text_lies() -> None:
    status, begins, ends = find(b"out\r\n" + PROMPT, NONCE)
    assert (status.kind, status.status, status.stamp) == ("status", 2, b"7.5")
    raw = b"out\r\n" + PROMPT
    assert raw[: status.began] == b"out\r\n"
    assert raw[begins.ended : ends.began] == b"root@box:~# "
    assert raw[ends.ended :] == b""


def test_a_continuation_prompt_is_told_from_a_prompt() -> None:
    assert [marker.kind for marker in find(osc("A;k=s") + osc("A"), NONCE)] == ["more", "prompt"]


@pytest.mark.parametrize(
    "forged",
    [
        osc("D;0;at=1", nonce="0000"),
        osc("D;0;at=1").replace(b";aid=5eed", b""),
        osc("D;0;at=1").replace(b"\x1b\\", b"\x07"),
        osc("D;0\x1b;at=1"),
        osc("E;0"),
        b"\\e]133;D;0;at=1;aid=5eed\\e\\\\",
    ],
)
def test_what_is_not_exactly_a_marker_of_this_shell_is_none(forged: bytes) -> None:
    assert find(forged + b"text", NONCE) == []


def test_a_marker_inside_an_unfinished_one_is_found() -> None:
    assert [m.kind for m in find(b"\x1b]133;D;0;at=" + osc("C"), NONCE)] == ["output"]


@given(st.lists(st.integers(1, 40), max_size=60))
def test_pieces_of_any_size_give_the_same_markers(sizes: list[int]) -> None:
    raw = b"\x1b[31mls\x1b]133;" + PROMPT + b"\x1b]0;title\x07\x1b" + osc("C") + b"\x1b]13" + PROMPT
    scanner = MarkerScanner(NONCE)
    cuts = [0, *itertools.accumulate(sizes), len(raw)]
    found = []
    for begin, end in itertools.pairwise(cuts):
        found += scanner.feed(raw[begin:end])
    found += scanner.feed(raw[cuts[-2] :]) if cuts[-2] > len(raw) else []
    assert found == find(raw, NONCE)


def test_an_endless_opening_is_not_kept() -> None:
    scanner = MarkerScanner(NONCE)
    for _ in range(1000):
        scanner.feed(b"\x1b]133;" + b"x" * 500)
    assert scanner.feed(PROMPT)[0].status == 2


def test_every_shell_has_another_nonce() -> None:
    assert len({new_nonce() for _ in range(100)}) == 100


def test_the_prompt_is_not_in_the_way_of_bash_tracing_its_commands() -> None:
    assert "PROMPT_COMMAND" not in prompt_strings("$ ", NONCE)


@pytest.mark.shell
@pytest.mark.parametrize(
    "prompt",
    [
        "root@box:~# ",
        "$ ",
        r"\u@\h:\w\$ ",
        'it\'s `id` $(id) ${HOME} $HOME \\ \\\\ "q" !! # ',
        "λ ➜ ~ ",
        "[00:00]\\n> ",
        "%s %n ",
    ],
)
async def test_bash_prints_exactly_the_given_prompt(bring: Bring, prompt: str) -> None:
    shell = await bring(prompt=prompt)
    seen = await shell.submit("true")
    *_, begins, ends = find(seen.raw, seen.nonce)
    assert seen.raw[begins.ended : ends.began].decode() == prompt
