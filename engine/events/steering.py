"""What a person decided about how the operator goes on."""

from engine.events.fact import Event
from engine.events.kinds import Mode
from engine.run import Sampling


class ModeChanged(Event, frozen=True, kw_only=True):
    """A person chose another mode."""

    mode: Mode


class Paused(Event, frozen=True, kw_only=True):
    """The operator waits."""


class Resumed(Event, frozen=True, kw_only=True):
    """The operator goes on."""


class SamplingChanged(Event, frozen=True, kw_only=True):
    """A person changed how tokens are drawn, from the next completion on."""

    sampling: Sampling
