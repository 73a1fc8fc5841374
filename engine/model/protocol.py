"""What the console and a model say to each other: requests, replies, and their framing.

A frame is a little-endian uint32 byte length and a msgpack map with a `type` tag. Requests go to the
worker's standard input, replies come from its standard output; the worker ends when its input does.
Requests are answered in any order; `id` says which reply belongs to which.
"""

from collections.abc import AsyncIterator
from typing import Literal, Protocol, TypeAlias

import msgspec

from engine.events import PartKind, Provenance
from engine.held import Held
from engine.model.scored import Place, TokenScore
from engine.run import CommandPolicy, Sampling
from engine.scrollback import Payload, Turn

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""A longer frame means that the stream is out of step, not that there is so much to say."""


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Something asked of a model."""


class Load(Request, frozen=True, kw_only=True):
    """Load a model; the first request. Answered by `Loading` …, `TokenizerLoaded`, `Loading` …,
    `Loaded`, or `Failed` with id 0."""

    model: str
    """What the person calls it, for provenance."""
    folder: str
    """A local folder, or a Hugging Face id where nothing local has that name."""
    gguf: str = ""
    """The GGUF file inside the folder, where the weights are one."""
    device: str = "auto"
    """`auto`, or a torch device such as `cpu`, `cuda:1`, `mps`."""
    dtype: str = "auto"
    """`auto`: whichever is faster on the device; or `float32`, `bfloat16`, `float16`."""
    threads: int = 0
    """CPU threads for torch; 0 chooses."""


class Render(Request, frozen=True, kw_only=True):
    """What payload do these turns make? Answered by `Rendered`; works once the tokenizer is loaded."""

    id: int
    turns: tuple[Turn, ...]
    seed_turns: int = 0
    """How many leading turns are the seed's."""
    sequence: str = ""
    """Count what this sequence has cached."""


class Complete(Request, frozen=True, kw_only=True):
    """Go on from these turns. Answered by `Prompted`, `Sampled` …, `Completed`; or by `Failed`."""

    id: int
    sequence: str
    """Whose KV cache to go on from: one name a run. What was cached for it and is not a prefix of
    the new prompt is dropped."""
    turns: tuple[Turn, ...]
    seed_turns: int
    """How many leading turns are the seed's: their KV is shared by every sequence with the same."""
    sampling: Sampling
    rng: int
    turn: int
    policy: CommandPolicy


class Score(Request, frozen=True, kw_only=True):
    """What does the model think of a completion that is already there? Answered by `Scored`, or by
    `Failed`. Computed between the steps of the completions under way; caches nothing of its own."""

    id: int
    prompt: tuple[int, ...]
    """The payload's ids: those of a `PromptSent`, or of a `Rendered`."""
    completion: tuple[int, ...]
    """What was sampled; may be empty, which asks for the first place only."""
    seam: int
    """How many leading ids belong to the seed; those whose KV is cached are not computed again."""
    sampling: Sampling
    rng: int
    turn: int
    """Those of the run, for the token that its random numbers choose."""
    top: int
    """How many alternatives at each place."""


class Cancel(Request, frozen=True, kw_only=True):
    """Stop a completion within one token. It is answered by its `Completed`, reason `cancelled`."""

    id: int


class Release(Request, frozen=True, kw_only=True):
    """Forget a sequence's KV cache. Not answered."""

    sequence: str


class Report(Request, frozen=True, kw_only=True):
    """How is the model? Answered by `Reported`."""

    id: int


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Something a model says."""


class Loading(Reply, frozen=True, kw_only=True):
    """How far loading is."""

    step: str
    """What is being done, in words for a person: `importing torch`, `reading weights`."""
    fraction: float
    """From 0 to 1 over the whole load."""


class TokenizerLoaded(Reply, frozen=True, kw_only=True):
    """`Render` works from here on."""

    window: int


class Loaded(Reply, frozen=True, kw_only=True):
    """The model can answer."""

    provenance: Provenance
    took: int
    """Nanoseconds since the worker began, imports included."""
    rows: int
    """How many completions it runs at once."""


class Rendered(Reply, frozen=True, kw_only=True):
    """The payload of some turns."""

    id: int
    payload: Payload


class Prompted(Reply, frozen=True, kw_only=True):
    """A completion began: the payload exactly as the model got it."""

    id: int
    payload: Payload


class Weighed(msgspec.Struct, frozen=True, array_like=True):
    """How likely the model was to begin a command, where a line could begin."""

    position: int
    """In the completion, from 0."""
    command: float
    """Its own probability of the tokens that can begin one: see `engine.model.heads`."""


class PartDelta(msgspec.Struct, frozen=True, array_like=True):
    """What some tokens did to the parts of a completion."""

    part: int
    """Counted from 0 in the completion."""
    kind: PartKind
    """`reasoning`, `comment` or `line`."""
    state: Literal["open", "grow", "close"]
    text: str = ""
    """What was added, for `grow`; the whole part, for `close`."""
    complete: bool = True
    """For `close`: whether the part ended by itself, not by the end of the completion."""


class Sampled(Reply, frozen=True, kw_only=True):
    """Tokens of a completion, as they come. Parallel tuples, one entry a token."""

    id: int
    position: int
    ids: tuple[int, ...]
    texts: tuple[str, ...]
    logprobs: tuple[float, ...]
    times: tuple[int, ...]
    """Monotonic nanoseconds of the machine."""
    parts: tuple[PartDelta, ...] = ()
    weighed: tuple[Weighed, ...] = ()
    """At these tokens, where a line could begin."""


class Completed(Reply, frozen=True, kw_only=True):
    """A completion ended. Its ids are those sampled, the end-of-turn token not among them."""

    id: int
    reason: Literal["line", "end", "length", "cancelled", "control"]
    began: int
    """When it was taken up, monotonic nanoseconds of the machine."""
    prefilled: int
    """How many tokens were computed before the first could be sampled."""
    prefill: int
    """Nanoseconds that took."""
    first: int
    """Nanoseconds from `began` to the first token; 0 where there was none."""
    took: int
    """Nanoseconds from `began` to the end."""
    parts: tuple[PartDelta, ...] = ()
    """The closing of what was still open."""
    weighed: tuple[Weighed, ...] = ()
    """Where a line could have begun and a token came that is not kept."""
    held: Held | None = None
    """What the model held when it ended; none where nobody looked."""


class Scored(Reply, frozen=True, kw_only=True):
    """What the model thinks of a completion."""

    id: int
    tokens: tuple[TokenScore, ...]
    """One for each of the completion's ids, in order."""
    after: Place
    """Where the completion goes on, or ends; its first place where it is empty."""
    prefilled: int
    """How many tokens were computed."""
    took: int
    """Nanoseconds, waiting included."""

    @property
    def first(self) -> Place:
        """Where the completion begins."""
        return self.tokens[0].place if self.tokens else self.after


class Failed(Reply, frozen=True, kw_only=True):
    """A request could not be served; with id 0, loading failed and the worker ends."""

    id: int
    kind: Literal["load", "memory", "prompt", "window", "internal"]
    why: str
    """A sentence for a person: what failed, on what, what to do."""


class Reported(Reply, frozen=True, kw_only=True):
    """How the model is."""

    id: int
    rows: int
    """How many completions it can run at once."""
    busy: int
    """How many it is running."""
    waiting: int
    sequences: int
    """How many sequences have KV cached."""
    cached_tokens: int
    memory: int
    """Bytes the worker holds: resident on the host, or allocated on the GPU."""
    pid: int


AnyRequest: TypeAlias = Load | Render | Complete | Score | Cancel | Release | Report
AnyReply: TypeAlias = (
    Loading
    | TokenizerLoaded
    | Loaded
    | Rendered
    | Prompted
    | Sampled
    | Completed
    | Scored
    | Failed
    | Reported
)

CompletionReply: TypeAlias = Prompted | Sampled | Completed


class Model(Protocol):
    """What the operator needs of a model; the worker's client and the scripted model both are one."""

    @property
    def provenance(self) -> Provenance:
        """Which model answers. Raises `ModelError` before `ready` returned."""
        ...

    async def ready(self) -> int:
        """Wait until the model can answer; returns the nanoseconds its load took.

        Raises `ModelError` where it cannot be loaded.
        """
        ...

    async def render(
        self, turns: tuple[Turn, ...], seed_turns: int = 0, sequence: str = ""
    ) -> Payload:
        """The payload these turns make. Needs the tokenizer only.

        Raises `PromptUnsafe` where content would become control tokens.
        """
        ...

    def complete(
        self,
        turns: tuple[Turn, ...],
        *,
        sequence: str,
        seed_turns: int,
        sampling: Sampling,
        rng: int,
        turn: int,
        policy: CommandPolicy,
    ) -> AsyncIterator[CompletionReply]:
        """Stream one completion: `Prompted`, `Sampled` …, `Completed`.

        Closing the iterator cancels within one token. Raises `WorkerGone` when the model's process
        went away (asking again is safe and, in fp32, gives the same tokens), `PromptUnsafe`, or
        `ModelError`.
        """
        ...

    async def score(
        self,
        prompt: tuple[int, ...],
        completion: tuple[int, ...],
        *,
        seam: int = 0,
        sampling: Sampling,
        rng: int,
        turn: int,
        top: int = 8,
    ) -> Scored:
        """Put a completion through the model once more, as it was written (teacher forcing).

        `prompt` are the ids it was asked with, `seam` how many of them are the seed's, `completion`
        the ids that were sampled, `top` how many alternatives are told at each place. Raises
        `WorkerGone`, `PromptUnsafe` for ids the model does not have, or `ModelError`.
        """
        ...

    async def release(self, sequence: str) -> None:
        """Forget what is cached for a sequence."""
        ...

    async def report(self) -> Reported:
        """How the model is. Raises `WorkerGone`."""
        ...

    async def aclose(self) -> None:
        """End the model's process, if it has one, and wait for it."""
        ...
