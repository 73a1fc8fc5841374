"""What is wrong with what PRIMING shows: the last payload sent, or the one that would be sent."""

from collections.abc import Callable

from console.view.inspectlint import findings
from console.view.payload import PayloadView
from console.view.priming import PrimingView
from engine.lint.finding import Finding
from engine.lint.lint import lint


class LintView:
    """The rules over what two concerns have folded; worked out once for each payload."""

    def __init__(self, priming: PrimingView, payload: PayloadView) -> None:
        self.exists: Callable[[str], bool] | None = None
        """Whether the sandbox has a command of that name; none where it cannot be asked."""
        self._priming, self._payload = priming, payload
        self._known: tuple[object, tuple[Finding, ...]] = (None, ())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules find, the worst first."""
        priming, payload = self._priming, self._payload
        sent = not priming.planning and bool(payload.asked)
        key = (payload.session, len(payload.asked)) if sent else priming.version
        if self._known[0] != key:
            self._known = (key, self._sent() if sent else self._planned())
        return self._known[1]

    def _sent(self) -> tuple[Finding, ...]:
        sent = self._payload.sent()
        return findings(sent, self.exists) if sent else ()

    def _planned(self) -> tuple[Finding, ...]:
        subject = self._priming.planned(self.exists)
        return lint(subject) if subject else ()
