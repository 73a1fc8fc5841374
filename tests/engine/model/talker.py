"""A real worker at the other end of two pipes, spoken to frame by frame."""

import itertools
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from engine.model.framing import decode_reply, encode_frame, read_frame
from engine.model.protocol import (
    AnyReply,
    Complete,
    Completed,
    Failed,
    Load,
    Loaded,
    Prompted,
    Render,
    Rendered,
    Report,
    Reported,
    Request,
    Sampled,
)
from engine.run import CommandPolicy, Sampling
from engine.scrollback import Payload, Turn

_numbers = itertools.count(1)


class Answer(msgspec.Struct):
    """All that came for one completion."""

    prompted: Prompted | None = None
    sampled: list[Sampled] = []
    completed: Completed | None = None
    failed: Failed | None = None

    @property
    def over(self) -> bool:
        return self.completed is not None or self.failed is not None

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(token for sampled in self.sampled for token in sampled.ids)

    @property
    def text(self) -> str:
        return "".join(text for sampled in self.sampled for text in sampled.texts)

    @property
    def cached(self) -> int:
        assert self.prompted is not None
        return self.prompted.payload.cached

    @property
    def reason(self) -> str:
        assert self.completed is not None, self.failed
        return self.completed.reason


class Talker:
    """Sends requests and sorts the replies by what they answer."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.model.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.seen: list[AnyReply] = []

    def load(self, folder: Path, dtype: str = "float32", gguf: str = "") -> Loaded:
        """Load on one CPU thread and wait."""
        self.send(
            Load(
                model="test",
                folder=str(folder),
                gguf=gguf,
                dtype=dtype,
                device="cpu",
                threads=1,
            )
        )
        while not isinstance(reply := self.next(), Loaded):
            assert not isinstance(reply, Failed), reply
        return reply

    def send(self, request: Request) -> None:
        stdin = cast(BinaryIO, self.process.stdin)
        stdin.write(encode_frame(request))
        stdin.flush()

    def next(self) -> AnyReply:
        """The next reply; an error once there is none to come."""
        body = read_frame(cast(BinaryIO, self.process.stdout))
        if body is None:
            raise EOFError(f"the worker ended with status {self.process.wait()}")
        reply = decode_reply(body)
        self.seen.append(reply)
        return reply

    def request(
        self,
        turns: tuple[Turn, ...],
        *,
        sequence: str = "one",
        seed_turns: int = 0,
        sampling: Sampling | None = None,
        rng: int = 42,
        turn: int = 1,
        policy: CommandPolicy = "whole-turn",
    ) -> Complete:
        """A completion to ask for; nothing is sent."""
        return Complete(
            id=next(_numbers),
            sequence=sequence,
            turns=turns,
            seed_turns=seed_turns,
            sampling=sampling or Sampling(max_tokens=24),
            rng=rng,
            turn=turn,
            policy=policy,
        )

    def gather(self, *requests: Complete) -> list[Answer]:
        """What comes for requests that were sent, until all are over."""
        answers = {request.id: Answer() for request in requests}
        while not all(answer.over for answer in answers.values()):
            reply = self.next()
            answer = answers.get(getattr(reply, "id", -1))
            if answer is None:
                continue
            match reply:
                case Prompted():
                    answer.prompted = reply
                case Sampled():
                    answer.sampled.append(reply)
                case Completed():
                    answer.completed = reply
                case Failed():
                    answer.failed = reply
                case _:
                    raise AssertionError(reply)
        return list(answers.values())

    def complete(self, *requests: Complete) -> list[Answer]:
        """Ask for all at once and wait for all."""
        for request in requests:
            self.send(request)
        return self.gather(*requests)

    def render(self, turns: tuple[Turn, ...], seed_turns: int = 0, sequence: str = "") -> Payload:
        number = next(_numbers)
        self.send(Render(id=number, turns=turns, seed_turns=seed_turns, sequence=sequence))
        while True:
            reply = self.next()
            if isinstance(reply, Rendered) and reply.id == number:
                return reply.payload

    def report(self) -> Reported:
        number = next(_numbers)
        self.send(Report(id=number))
        while True:
            reply = self.next()
            if isinstance(reply, Reported) and reply.id == number:
                return reply

    def close(self) -> int:
        """End its input and wait; returns the exit status."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        if not stdin.closed:
            stdin.close()
        status = self.process.wait(timeout=60)
        stdout.close()
        return status
