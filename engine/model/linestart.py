"""Where in a completion a line for the shell could begin."""

from engine.model.protocol import PartDelta


class LineStart:
    """Follows a completion token by token.

    A line can begin at the first token, and again after reasoning or a comment, and it still can
    after blanks there: until a character of something else came.
    """

    def __init__(self) -> None:
        self.here = True
        """Whether a line can begin with the token that comes now."""

    def after(self, text: str, parts: tuple[PartDelta, ...]) -> None:
        """A token added this text, and did this to the parts."""
        last = parts[-1] if parts else None
        if last is not None and last.state == "close" and last.kind in ("reasoning", "comment"):
            self.here = True
        elif text.strip():
            self.here = False
