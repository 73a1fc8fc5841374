"""What facts may say of themselves: the kinds of stages, parts, drifts, states and outcomes."""

from typing import Literal, TypeAlias

Stage: TypeAlias = Literal[
    "load",
    "bring_up",
    "seed",
    "first_token",
    "completion",
    "route",
    "exec",
    "observe",
    "record",
    "draw",
]
"""A timed span. `load`: the model's weights. `bring_up`: sandbox and shell to the first prompt.
`seed`: prefill of what is new in the prompt. `first_token`: from request to first token.
`completion`: from request to last token. `route`: parts to commands or drift. `exec`: a command in
the shell. `observe`: shell bytes to a user turn. `record` and `draw`: what the console itself took
over a turn, in many pieces, to write events down and to draw them."""

PartKind: TypeAlias = Literal["reasoning", "comment", "line", "command", "prose"]
"""What a stretch of the operator's text is. `line` until it has been judged command or prose."""

DriftKind: TypeAlias = Literal[
    "narration", "chat", "markdown", "code", "echo", "repetition", "control"
]

Label: TypeAlias = Literal[
    "command",
    "comment",
    "reasoning",
    "narration",
    "chat",
    "markdown",
    "code",
    "echo",
    "repetition",
    "control",
]
"""What one line of the operator's is: a command, reasoning of either form, or a kind of drift."""

ShellState: TypeAlias = Literal[
    "done",
    "continuation",
    "awaiting_input",
    "awaiting_secret",
    "full_screen",
    "nested",
    "stalled",
    "died",
]
"""How a command stands. `done`: back at the prompt. `continuation`: bash wants more (PS2).
`nested`: another interactive program reads the terminal. `died`: the shell itself is gone."""

Outcome: TypeAlias = Literal["clean", "no-exit", "drift", "fault", "stopped"]
"""What a run came to. `stopped` means that a person ended it before it could be told."""

Mode: TypeAlias = Literal["watch", "confirm", "step"]
"""`watch`: commands run at once. `confirm`: each waits for approval. `step`: pause after each turn."""
