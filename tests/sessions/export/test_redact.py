"""Secrets are found in every place they can be in, and masked in all of them."""

from collections.abc import Sequence

import msgspec
import pytest

from engine.events import (
    AnyEvent,
    CommandSubmitted,
    HomeKept,
    KeysTyped,
    PartClosed,
    PartGrew,
    PromptSent,
    ScrollbackGrew,
    SessionStarted,
    ShellWrote,
    TokensNamed,
    TokensSampled,
)
from engine.home import HomeCopy, HomeEntry
from engine.scrollback import Turn
from engine.start import Start
from sessions.export.redact import find_secrets, redact
from tests.sessions.made import begin, make_session

GITHUB = "ghp_" + "a1B2c3D4e5F6" * 3
AMAZON = "AKIA" + "ABCDEFGH12345678"
PASSWORD = "hunter2hunter2"


def written(events: Sequence[AnyEvent]) -> str:
    """Everything in the events, with what came in pieces put together as well."""
    shell = b"".join(event.data for event in events if isinstance(event, ShellWrote))
    keys = b"".join(event.data for event in events if isinstance(event, KeysTyped))
    tokens = "".join(
        text for event in events if isinstance(event, TokensSampled) for text in event.texts
    )
    grown = "".join(event.text for event in events if isinstance(event, PartGrew))
    rest = str([msgspec.to_builtins(event) for event in events])
    named = "".join(
        text for event in events if isinstance(event, TokensNamed) for text in event.texts
    )
    return "\n".join((shell.decode("latin-1"), keys.decode("latin-1"), tokens, named, grown, rest))


def everywhere(secret: str) -> list[AnyEvent]:
    half = len(secret) // 2
    sampled = TokensSampled(
        at=2,
        turn=1,
        position=0,
        ids=(7, 8, 9),
        texts=("export T=", secret[:half], secret[half:]),
        logprobs=(0.0, 0.0, 0.0),
        times=(2, 2, 2),
    )
    turn = Turn(role="assistant", text=f"echo {secret}", origin="operator", ids=(7, 8, 9))
    return [
        begin("x"),
        TokensNamed(at=1, ids=(1, 2, 3), texts=("echo", f" {secret[:5]}", secret[5:])),
        PromptSent(at=1, turn=1, kept=0, ids=(1, 2), spans=(), seam=0, cached=0, window=9),
        sampled,
        PartGrew(at=3, turn=1, part=0, text=f"T={secret[:half]}"),
        PartGrew(at=3, turn=1, part=0, text=secret[half:]),
        PartClosed(at=4, turn=1, part=0, kind="command", text=f"T={secret}", complete=True),
        CommandSubmitted(at=5, turn=1, command=f"curl -H 'X: {secret}' y", by="operator"),
        KeysTyped(at=6, data=secret[:3].encode()),
        KeysTyped(at=6, data=secret[3:].encode()),
        ShellWrote(at=7, data=b"got " + secret[:half].encode()),
        ShellWrote(at=7, data=secret[half:].encode() + b" back\r\n"),
        ShellWrote(at=8, data=f"{secret[:9]} \r{secret[9:]}\r\n".encode()),
        ShellWrote(at=9, data=f"{secret[:9]}\x1b[0m{secret[9:]}\r\n".encode()),
        ScrollbackGrew(at=10, turn=1, added=turn),
    ]


@pytest.mark.parametrize("secret", [GITHUB, AMAZON])
def test_a_secret_is_masked_wherever_and_in_however_many_pieces_it_came(secret: str) -> None:
    events = everywhere(secret)
    masked, found = redact(events)
    assert [one.text for one in found] == [secret]
    text = written(masked)
    assert secret not in text
    assert secret[9:] not in text  # The wrapped and the coloured one, whose pieces are apart.
    assert [type(event) for event in masked] == [type(event) for event in events]
    for before, after in zip(events, masked, strict=True):
        if isinstance(before, ShellWrote) and isinstance(after, ShellWrote):
            assert len(after.data) == len(before.data)
    assert "got " in text
    assert " back" in text


def test_token_ids_would_spell_it_out_again_and_are_zeroed() -> None:
    masked, _ = redact(everywhere(GITHUB))
    for event in masked:
        match event:
            case PromptSent(ids=ids) | TokensSampled(ids=ids):
                assert set(ids) == {0}
            case TokensNamed(ids=ids, texts=texts):
                assert set(ids) == {0}
                assert set("".join(texts)) == {"*"}
            case ScrollbackGrew(added=added):
                assert set(added.ids) == {0}
            case SessionStarted(spec=spec):
                assert all(set(turn.ids) <= {0} for turn in spec.config.turns)
            case _:
                pass


def test_files_of_a_kept_home_are_masked_too() -> None:
    secret = GITHUB
    entry = HomeEntry(path="t", kind="file", mode=0o600, data=f"\xff{secret}\n".encode("latin-1"))
    copy = HomeCopy(entries=(entry,))
    start = Start(session="s", turn=1, turns=(), numbers=(), home=copy)
    started = begin("x")
    started = msgspec.structs.replace(
        started, spec=msgspec.structs.replace(started.spec, start=start)
    )
    events, secrets = redact([started, HomeKept(at=1, turn=1, whole=True, entries=(entry,))])
    assert [one.text for one in secrets] == [secret]
    masked = msgspec.structs.replace(entry, data=b"\xff" + b"*" * len(secret) + b"\n")
    first, kept = events
    assert isinstance(first, SessionStarted)
    assert isinstance(kept, HomeKept)
    assert kept.entries == (masked,)
    assert first.spec.start is not None
    assert first.spec.start.home == HomeCopy(entries=(masked,))


def test_without_secrets_nothing_changes() -> None:
    events = make_session("x")
    masked, found = redact(events)
    assert masked == events
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        f"https://user:{PASSWORD}@example.org/",
        f"MYSQL_PASSWORD={PASSWORD}",
        f'{{"a": 1, "api_key": "{PASSWORD}"}}',
        f"db_password: {PASSWORD}",
    ],
)
def test_passwords_are_found_by_where_they_stand(line: str) -> None:
    masked, found = redact([ShellWrote(at=1, data=line.encode())])
    assert found
    assert PASSWORD not in written(masked)


def test_a_private_key_is_masked_line_by_line() -> None:
    lines = ("BEGIN OPENSSH PRIVATE KEY", "b3BlbnNzaC1", "rZXktdjEAAAA", "END OPENSSH PRIVATE KEY")
    key = "\r\n".join(f"-----{line}-----" if " " in line else line for line in lines)
    masked, found = redact([ShellWrote(at=1, data=key.encode())])
    assert {one.kind for one in found} == {"Private Key"}
    text = written(masked)
    assert "b3BlbnNzaC1" not in text
    assert "rZXktdjEAAAA" not in text
    assert "BEGIN OPENSSH" in text


@pytest.mark.parametrize(
    "line",
    [
        "root:x:0:0:root:/root:/bin/bash",
        "cat /etc/passwd: No such file",
        "ping 8.8.8.8",
        "drwxr-xr-x 2 root root 4096 Jun 18 10:12 keys",
        "the token count: 1234",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert find_secrets([ShellWrote(at=1, data=line.encode())]) == []


def test_a_secret_is_told_apart_without_being_told() -> None:
    (found,) = find_secrets([ShellWrote(at=1, data=GITHUB.encode())])
    assert found.kind == "GitHub Token"
    assert found.shown == "ghp_… (40 characters)"
