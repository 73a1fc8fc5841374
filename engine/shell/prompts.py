"""Where bash says it stands: the markers so far, folded into what matters for the next answer."""

from engine.shell.markers import MarkerScanner


class PromptLog:
    """What the markers have said, since the last time somebody asked for something."""

    def __init__(self, nonce: str) -> None:
        """`nonce`: what the markers of this shell carry."""
        self._scanner = MarkerScanner(nonce)
        self._stamp = b""
        self._fresh = False
        self._was_more = False
        self._news = False
        self.ready = False
        """A new prompt has been shown whole."""
        self.more = False
        """The last prompt asked for more of the same command."""
        self.running = False
        """A command was read, and has not come back."""
        self.status: int | None = None
        """Exit status at the last prompt."""
        self.answers = 0
        """How many prompts have come since something was typed: one for each line that bash read."""
        self.repainted = False
        """The last piece of output showed the prompt that was there already, anew."""

    def expect(self) -> None:
        """Something was typed: what is said from now on is the answer."""
        self._was_more = self.continues
        self._fresh = self._news = self.ready = self.more = self.running = False
        self.answers = 0

    @property
    def continues(self) -> bool:
        """Whether a prompt that is open now asks for more of the same command."""
        return self.more or (self._was_more and not self._news)

    def feed(self, data: bytes) -> None:
        """Take in the next piece of output."""
        self.repainted = False
        for marker in self._scanner.feed(data):
            match marker.kind:
                case "status" if marker.stamp == self._stamp != b"":
                    # Bash before 5.0 has no stamps: there every prompt counts as new.
                    self.repainted = True
                case "status":
                    self._stamp, self.status = marker.stamp, marker.status
                    self._fresh = self._news = True
                    self.answers += 1
                case "input" if self._fresh:
                    self.ready, self.more, self.running = True, False, False
                case "more":
                    self.more = self._news = True
                    self.answers += 1
                case "output":
                    self._news = True
                    self.ready, self.more, self.running, self._fresh = False, False, True, False
                case _:
                    pass
