"""The command that waits for a person's word, if one does."""

from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    RunEnded,
    SessionStarted,
)


class ProposalView:
    """At most one proposed command."""

    def __init__(self) -> None:
        self.version = 0
        self.command: str | None = None
        self.turn = 0

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case CommandProposed(command=command, turn=turn):
                self.command, self.turn = command, turn
            case CommandEdited() | CommandVetoed() | CommandSubmitted():
                self.command = None
            case SessionStarted() | RunEnded():
                self.command = None
            case _:
                return
        self.version += 1
