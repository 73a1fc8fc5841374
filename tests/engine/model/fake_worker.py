"""A worker that speaks the frames and misbehaves on request.

`fake_worker.py BEHAVIOUR [FOLDER]`: BEHAVIOUR is one of those in `main`; with FOLDER, it misbehaves in
its first life only and is well-behaved in every later one. Tokens come one a millisecond, so that a
cancel finds a completion under way. What it is asked is told on standard error, a line each.
"""

import contextlib
import os
import queue
import signal
import struct
import sys
import threading
import time
from pathlib import Path

from engine.events import Provenance
from engine.model.framing import FrameReader, decode_request, encode_frame
from engine.model.protocol import (
    AnyRequest,
    Cancel,
    Complete,
    Completed,
    Failed,
    Load,
    Loaded,
    Loading,
    PartDelta,
    Prompted,
    Release,
    Render,
    Rendered,
    Reply,
    Report,
    Reported,
    Sampled,
    Score,
    Scored,
    TokenizerLoaded,
)
from engine.model.scored import Choice, Place
from engine.scrollback import Payload

TOKEN_SECONDS = 0.001
BAD_TOKEN = 3
"""At which token of a completion it misbehaves."""

PAYLOAD = Payload(ids=(1, 2, 3), spans=(), seam=0)
PLACE = Place(
    entropy=0.5, command=0.25, alternatives=(), choice=Choice(id=7, text="ls", lead=float("inf"))
)


def reply(message: Reply) -> None:
    os.write(1, encode_frame(message))


def told(text: str) -> None:
    os.write(2, f"{text}\n".encode())


def load(request: Load, behaviour: str) -> None:
    told(f"load {request.model} {request.device} {request.dtype} {request.threads}")
    reply(Loading(step="importing", fraction=0.1))
    if behaviour == "cannot-load":
        reply(Failed(id=0, kind="memory", why="There is not enough memory for this model."))
        sys.exit(1)
    if behaviour == "dies-loading":
        told("RuntimeError: the weights are cursed")
        sys.exit(3)
    if behaviour == "loads-for-ever":
        signal.pause()
    reply(TokenizerLoaded(window=64))
    reply(Loading(step="reading weights", fraction=0.6))
    provenance = Provenance(
        model=request.model,
        weights="w",
        tokenizer="t",
        template="c",
        device="fake",
        dtype=request.dtype,
        window=64,
        parameters=1,
        libraries={},
    )
    reply(Loaded(provenance=provenance, took=12345, rows=4))


def misbehave(behaviour: str) -> None:
    match behaviour:
        case "dies":
            told("something went wrong")
            told("ValueError: no more tokens\n")
            os._exit(7)
        case "is-killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hangs":
            signal.pause()
        case "babbles":
            os.write(1, b"\x05\x00\x00\x00hello")
        case "announces-too-much":
            os.write(1, struct.pack("<I", 2**31))


class Completions:
    """Those under way, a token each in turn."""

    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.under_way: dict[int, tuple[Complete, int]] = {}

    def begin(self, request: Complete) -> None:
        told(f"complete {request.id} {request.sequence} {request.turn}")
        reply(Prompted(id=request.id, payload=PAYLOAD))
        self.under_way[request.id] = (request, 0)

    def end(self, number: int, reason: str) -> None:
        if self.under_way.pop(number, None) is None:
            return
        told(f"completed {number} {reason}")
        reply(
            Completed(
                id=number,
                reason="cancelled" if reason == "cancelled" else "length",
                began=0,
                prefilled=3,
                prefill=1,
                first=1,
                took=1,
            )
        )

    def step(self) -> None:
        for number, (request, position) in list(self.under_way.items()):
            if position == request.sampling.max_tokens:
                self.end(number, "length")
                continue
            if position == BAD_TOKEN:
                misbehave(self.behaviour)
            reply(
                Sampled(
                    id=number,
                    position=position,
                    ids=(request.turn * 1000 + position,),
                    texts=("x",),
                    logprobs=(-0.5,),
                    times=(time.monotonic_ns(),),
                    parts=(PartDelta(0, "line", "grow", "x"),),
                )
            )
            self.under_way[number] = (request, position + 1)


def serve(behaviour: str, requests: "queue.Queue[AnyRequest | None]") -> None:
    completions = Completions(behaviour)
    while True:
        timeout = TOKEN_SECONDS if completions.under_way else None
        request: AnyRequest | None
        with contextlib.suppress(queue.Empty):
            request = requests.get(timeout=timeout)
            match request:
                case None:
                    return
                case Load():
                    load(request, behaviour)
                case Complete(sampling=sampling) if sampling.top_k == 13:
                    reply(Failed(id=request.id, kind="prompt", why="Turn 1 holds a control token."))
                case Complete():
                    completions.begin(request)
                case Score(top=13):
                    told(f"score {request.id}, unanswered")
                case Score():
                    reply(Scored(id=request.id, tokens=(), after=PLACE, prefilled=1, took=1))
                case Cancel():
                    told(f"cancel {request.id}")
                    completions.end(request.id, "cancelled")
                case Render():
                    reply(Rendered(id=request.id, payload=PAYLOAD))
                case Release():
                    told(f"release {request.sequence}")
                case Report():
                    reply(
                        Reported(
                            id=request.id,
                            rows=4,
                            busy=len(completions.under_way),
                            waiting=0,
                            sequences=0,
                            cached_tokens=0,
                            memory=1,
                            pid=os.getpid(),
                        )
                    )
        completions.step()


def main() -> None:
    behaviour = sys.argv[1]
    if len(sys.argv) > 2:
        lives = Path(sys.argv[2]) / "lives"
        lived = len(lives.read_bytes()) if lives.exists() else 0
        lives.write_bytes(b"." * (lived + 1))
        if lived:
            behaviour = "behaves"
    if behaviour == "will-not-end":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    requests: queue.Queue[AnyRequest | None] = queue.Queue()

    def listen() -> None:
        # Not `sys.stdin.buffer`: its lock, held here, would abort the interpreter at exit.
        frames = FrameReader()
        while data := os.read(0, 65536):
            for body in frames.feed(data):
                requests.put(decode_request(body))
        if behaviour != "will-not-end":
            requests.put(None)

    threading.Thread(target=listen, daemon=True).start()
    serve(behaviour, requests)


if __name__ == "__main__":
    main()
