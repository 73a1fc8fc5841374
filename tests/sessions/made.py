"""Sessions made up for tests, with every kind of event in them."""

from collections.abc import Iterator

from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandFinished,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    CompletionEnded,
    DriftSeen,
    FaultSeen,
    FirstTokenWeighed,
    HomeKept,
    KeysTyped,
    LineJudged,
    ModeChanged,
    ModelReady,
    OutputDropped,
    PartClosed,
    PartGrew,
    PartOpened,
    Paused,
    PromptSent,
    Provenance,
    Resumed,
    RunEnded,
    SamplingChanged,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    ShellNudged,
    ShellResized,
    ShellStarted,
    ShellWrote,
    StageTimed,
    TaskChecked,
    TokensNamed,
    TokensSampled,
    TurnStarted,
    WorkerLost,
    WorldRestored,
)
from engine.home import HomeEntry
from engine.run import Config, RunSpec, Sampling, Task
from engine.scrollback import Span, Turn
from engine.start import WorldDifference

SEED_TURNS = (
    Turn(role="user", text="Task: show the kernel.\nroot@box:~# ", origin="seed"),
    Turn(role="assistant", text="uname -r", origin="seed", element="history"),
)

PROVENANCE = Provenance(
    model="smollm2-135m",
    weights="ab" * 32,
    tokenizer="cd" * 32,
    template="ef" * 32,
    device="cpu (a processor)",
    dtype="float32",
    window=2048,
    parameters=134_515_008,
    libraries={"python": "3.11", "torch": "2.13.0"},
)


def make_spec(config: str = "operator+history", task: str = "hostname") -> RunSpec:
    """What a made-up session was asked."""
    return RunSpec(
        config=Config(
            name=config,
            seed=config.partition("+")[0],
            elements=tuple(config.split("+")[1:]),
            turns=SEED_TURNS,
            prompt="root@box:~# ",
            hash="12" * 32,
            source='name = "operator"\n',
        ),
        task=Task(text="Show the hostname, then exit.", name=task),
    )


def begin(session: str, spec: RunSpec | None = None, parent: str = "") -> SessionStarted:
    """The first event of a session."""
    return SessionStarted(
        at=0,
        session=session,
        version="0.1.0",
        began="2026-01-02T03:04:05.678+00:00",
        spec=spec or make_spec(),
        parent=parent,
    )


def end(session: str, at: int = 10**9) -> RunEnded:
    """The last event of a session that drifted in its second turn."""
    return RunEnded(
        at=at,
        session=session,
        outcome="drift",
        operated=False,
        exited=False,
        done=False,
        drift_turn=2,
        drift_kind="narration",
        turns=2,
        why="it narrated",
    )


def token(at: int, turn: int = 1) -> TokensSampled:
    """One token of the operator's."""
    return TokensSampled(
        at=at, turn=turn, position=0, ids=(12345,), texts=("ls",), logprobs=(-0.5,), times=(at,)
    )


def make_session(session: str) -> list[AnyEvent]:
    """A whole session: one clean turn, one that drifts, and every type of event at least once."""
    return list(_events(session))


def _events(session: str) -> Iterator[AnyEvent]:
    yield begin(session)
    yield StageTimed(at=1, turn=0, stage="load", began=-900_000_000, took=900_000_000)
    yield ModelReady(at=2, provenance=PROVENANCE)
    yield ShellStarted(
        at=3, sandbox="bwrap", detail="no network", shell="bash", home="/home", columns=100, rows=30
    )
    yield StageTimed(at=4, turn=0, stage="bring_up", began=2, took=14_000_000)
    yield ScrollbackSeeded(at=5, turns=SEED_TURNS)
    yield ScrollbackGrew(at=6, turn=0, added=Turn(role="user", text="root@box:~# ", origin="shell"))
    yield WorldRestored(
        at=6,
        acts=2,
        differed=(
            WorldDifference(turn=1, what="date", before="12:00", now="13:00", volatile=True),
        ),
    )
    yield ModeChanged(at=7, mode="confirm")
    yield TurnStarted(at=10, turn=1)
    yield from _completion(1, "hostname")
    yield from _command(1)
    yield Paused(at=400)
    yield Resumed(at=401)
    yield SamplingChanged(at=402, sampling=Sampling(temperature=0.0))
    yield KeysTyped(at=403, data=b"pwd\r")
    yield KeysTyped(at=404, data=b"", hidden=8)
    yield ShellResized(at=405, columns=80, rows=24)
    yield WorkerLost(at=406, why="it was killed")
    yield TurnStarted(at=500, turn=2)
    yield FirstTokenWeighed(at=501, turn=2, position=0, command=0.125)
    yield from _completion(2, "Let me try something else.")
    yield DriftSeen(
        at=600, turn=2, kind="narration", line="Let me try something else.", why="prose"
    )
    yield CommandVetoed(at=601, turn=2, command="Let me try something else.", by="policy")
    yield HomeKept(
        at=699,
        turn=3,
        whole=True,
        entries=(
            HomeEntry(path=".", kind="folder", mode=0o700, modified=1),
            HomeEntry(path="notes", kind="file", mode=0o644, modified=2, data=b"\x00\xff notes"),
        ),
        left_out=("socket",),
    )
    yield TaskChecked(at=700, done=False, status=1, output="no such file")
    yield FaultSeen(at=701, where="console", why="made up")
    yield end(session)


def _completion(turn: int, line: str) -> Iterator[AnyEvent]:
    at = turn * 100
    if turn > 1:
        yield ScrollbackShortened(
            at=at,
            turn=turn,
            turns=(Turn(role="user", text="… (90 characters left out)", origin="shell"),),
            were=(0,),
            cut=1,
            folded=0,
            before=2100,
            after=1200,
            kept=300,
            window=2048,
        )
    yield TokensNamed(at=at, ids=(0, 1), texts=("<start>", "user"))
    yield PromptSent(
        at=at,
        turn=turn,
        kept=0,
        ids=tuple(range(300)),
        spans=(Span(0, 300, 0, "seed"),),
        seam=300,
        cached=0,
        window=2048,
    )
    yield PartOpened(at=at + 1, turn=turn, part=0, kind="reasoning")
    yield PartGrew(at=at + 2, turn=turn, part=0, text="I ask for the name.")
    yield PartClosed(
        at=at + 3,
        turn=turn,
        part=0,
        kind="reasoning",
        text="I ask for the name.",
        complete=True,
    )
    yield PartOpened(at=at + 4, turn=turn, part=1, kind="line")
    yield token(at + 5, turn)
    yield PartClosed(at=at + 6, turn=turn, part=1, kind="command", text=line, complete=True)
    yield LineJudged(
        at=at + 7, turn=turn, line=line, label="command", why="a known command", by="text"
    )
    yield CompletionEnded(at=at + 8, turn=turn, reason="line", tokens=11)
    for stage, took, tokens in (
        ("seed", 96_000_000, 237),
        ("first_token", 100_000_000, 1),
        ("completion", 600_000_000, 11),
        ("route", 50_000, 0),
    ):
        yield StageTimed(at=at + 9, turn=turn, stage=stage, began=at, took=took, tokens=tokens)  # type: ignore[arg-type]  # The literals above are stages.


def _command(turn: int) -> Iterator[AnyEvent]:
    at = turn * 100 + 50
    yield CommandProposed(at=at, turn=turn, command="hostname")
    yield CommandEdited(at=at, turn=turn, command="hostname", edited="hostname -s")
    yield CommandSubmitted(at=at, turn=turn, command="hostname -s", by="operator")
    yield ShellWrote(at=at + 1, data=b"hostname -s\r\n")
    yield ShellWrote(at=at + 2, data=b"\x1b[31mbox\x1b[0m\r\n" + bytes(range(256)))
    yield ShellWrote(at=at + 3, data=b"a line of output\r\n" * 400)
    yield OutputDropped(at=at + 4, bytes=17)
    yield ShellNudged(at=at + 5, turn=turn, state="stalled", action="interrupt")
    yield CommandFinished(
        at=at + 6,
        turn=turn,
        command="hostname -s",
        state="done",
        status=0,
        foreground="",
        bytes=5,
    )
    yield StageTimed(at=at + 7, turn=turn, stage="exec", began=at, took=12_000_000)
    yield StageTimed(at=at + 8, turn=turn, stage="observe", began=at, took=200_000)
    yield ScrollbackGrew(
        at=at + 9,
        turn=turn,
        added=Turn(role="user", text="box\nroot@box:~# ", origin="shell"),
    )
