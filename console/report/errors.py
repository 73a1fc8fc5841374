"""What comes after a command that failed: whether a run goes on, or drifts in its next turn."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from console.report.blocks import Block, Column, Heading, Paragraph, Table, code, line
from console.report.findings import Findings
from engine.drift.result import RunResult
from engine.drift.tallies import share
from sessions.aftermath import Ran


class After(msgspec.Struct, frozen=True):
    """The turns that followed commands of one kind."""

    turns: int
    drifted: int
    exited: int

    @property
    def words(self) -> str:
        """As `3 of 17 = .18`."""
        if not self.turns:
            return "–"
        return f"{self.drifted} of {self.turns} = {share(self.drifted / self.turns)}"


class Aftermath(msgspec.Struct, frozen=True):
    """Of one arm."""

    failed: After
    succeeded: After


def aftermath(
    results: Sequence[RunResult], commands: Mapping[str, Sequence[Ran]], arms: int
) -> tuple[Aftermath, ...]:
    """By arm, the turns that came after commands; `commands` by session.

    A command in a run's last turn is left out: nothing came after it.
    """
    seen = {(arm, failed): [0, 0, 0] for arm in range(arms) for failed in (True, False)}
    for result in results:
        for ran in commands.get(result.session, ()):
            if ran.turn < result.turns:
                counts = seen[result.config, ran.failed]
                following = ran.turn + 1
                counts[0] += 1
                counts[1] += result.drift_turn == following
                counts[2] += result.outcome == "clean" and result.turns == following
    return tuple(
        Aftermath(After(*seen[arm, True]), After(*seen[arm, False])) for arm in range(arms)
    )


def after_errors(found: Findings, after: Sequence[Aftermath]) -> Iterator[Block]:
    """The table; nothing where no recording has a command with a turn after it."""
    if not any(each.failed.turns or each.succeeded.turns for each in after):
        return
    yield Heading("After an error", 3)
    yield Paragraph(
        line(
            "Turns that drifted, of those that came after a command that failed (a status that is not "
            "0, or no return) and after one that did not. Only described: a run gives several turns, "
            "and those that got so far are not like those that did not."
        )
    )
    yield Table(
        (
            Column("#", numbers=True),
            Column("config"),
            Column("drifted after an error", numbers=True),
            Column("drifted after success", numbers=True),
            Column("exited after an error", numbers=True),
            Column("exited after success", numbers=True),
        ),
        tuple(
            (
                line(str(arm.place + 1)),
                line(code(arm.name)),
                line(after[arm.place].failed.words),
                line(after[arm.place].succeeded.words),
                line(str(after[arm.place].failed.exited)),
                line(str(after[arm.place].succeeded.exited)),
            )
            for arm in found.ranked
        ),
    )
