"""No sandbox: the shell can do all that the person can. Only ever by explicit choice."""

import msgspec

from engine.shell.home import Scratch
from engine.shell.sandbox.enclosure import Enclosure
from engine.shell.spec import Limits


class Nothing(msgspec.Struct, frozen=True):
    """The absence of a sandbox."""

    owner: tuple[int, int] | None = None

    def enclose(self, scratch: Scratch, hostname: str, limits: Limits) -> Enclosure:
        """Nothing around the shell but its scratch home and its limits."""
        return Enclosure(
            kind="none",
            detail="no sandbox: the shell can do all that you can",
            prefix=(),
            home=str(scratch.home),
            startup=str(scratch.path / "shell.bash"),
            payloads={},
            # The kernel counts all processes of the person's, so that no number would be right.
            limits=msgspec.structs.replace(limits, processes=0),
            variables={},
        )
