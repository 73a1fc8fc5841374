"""`driftty sessions verify`: recordings run again, token by token."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from console.cli.editing import write_json
from console.cli.options import placed_as_recorded
from console.cli.run import INTERRUPTED
from engine.errors import DrifttyError

if TYPE_CHECKING:
    from console.cli.options import ModelChoice
    from engine.rerun.finding import Verification
    from engine.rerun.past import Past

DIFFERENT = 1
AT_ONCE = 8
"""Sessions that share the model's batch."""
UNABLE = 3
"""Exit status where nothing could be compared, so that it is not taken for a difference."""


@click.command("verify")
@click.argument("sessions", nargs=-1)
@click.option("--live", is_flag=True, help="Do the commands again too, in a fresh shell.")
@click.option("--baseline", is_flag=True, help="Every session that is tagged as a baseline.")
@click.option("--experiment", default="", metavar="ID", help="Every session of an experiment.")
@placed_as_recorded
@click.option("--json", "as_json", is_flag=True, help="One JSON list, an object for each session.")
def verify(
    sessions: Sequence[str],
    live: bool,
    baseline: bool,
    experiment: str,
    device: str,
    dtype: str,
    threads: int,
    as_json: bool,
) -> None:
    """Run SESSIONS again with the same dice, and compare every token.

    Each completion is generated again from what the model was shown then; the recorded shell output
    is fed back, no command is run. The first token that differs is told with both continuations, what
    the model thought of them, whether rounding explains it, and what is not as it was recorded:
    versions, device, number format, weights, tokenizer, template. After it, every further place where
    the model chooses otherwise is found as well. With --live the recorded commands are typed into a
    fresh shell too, and where it answers otherwise is told.

    What is found is kept with the session; its recording is never touched.

    \b
      driftty sessions verify last
      driftty sessions verify last --live
      driftty sessions verify last --dtype bfloat16     # how far is the other format?
      driftty sessions verify --baseline

    The exit status is 0 where every token is the same (and with --live the shell's answers, but for
    times and numbers), 1 where anything differs, near-ties among it, 2 for a wrong option, 3 where a
    session could not be run again, 130 when it was interrupted.
    """
    found = verify_all(
        sessions,
        baseline=baseline,
        experiment=experiment,
        placed={"device": device, "dtype": dtype, "threads": threads},
        live=live,
        silent=as_json,
    )
    if as_json:
        write_json([document(each) for each in found])
    same = all(each.verdict in ("identical", "nothing") and each.world_same for each in found)
    sys.exit(0 if same else DIFFERENT)


def document(found: "Verification") -> dict[str, Any]:
    """A verification as JSON, with what follows from its parts."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(found)
    return {
        "session": found.session,
        "verdict": found.verdict,
        "tokens": found.tokens,
        "divergences": len(found.divergences),
        "deviation": found.deviation,
        "world_same": found.world_same if found.world is not None else None,
        **{name: value for name, value in plain.items() if name != "session"},
    }


def verify_all(
    sessions: Sequence[str],
    *,
    baseline: bool = False,
    experiment: str = "",
    placed: dict[str, Any] | None = None,
    live: bool = False,
    silent: bool = False,
) -> "list[Verification]":
    """Verify sessions and keep what that came to; ends the process where one cannot be run again."""
    try:
        return asyncio.run(
            _verify(sessions, baseline, experiment, placed or {}, live=live, silent=silent)
        )
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except DrifttyError as error:
        from console.safe import clean

        click.echo(f"driftty: {clean(str(error))}", err=True)
        sys.exit(UNABLE)


async def named(
    sessions: Sequence[str], *, baseline: bool = False, experiment: str = ""
) -> list[str]:
    """The whole ids of the sessions that are meant, each once."""
    from console.baselines import BASELINE
    from sessions.library import Library
    from sessions.summary import Query

    ids = []
    for name in sessions:
        async with Library.holding(name) as library:
            ids.append((await library.find(name)).id)
    if baseline:
        async with Library.open() as library:
            tagged = Query(tag=BASELINE)
            found = await library.sessions(tagged, limit=max(1, await library.count(tagged)))
        ids += [one.id for one in found]
        if not found:
            raise DrifttyError(
                "No session is tagged as a baseline; `driftty sessions baseline ID` makes one."
            )
    if experiment:
        from sessions.experiments import Experiments

        kept = await asyncio.to_thread(Experiments().read, experiment)
        ids += [run.result.session for run in kept.runs]
    if not ids:
        raise click.UsageError("Name a session, or --experiment ID.")
    return list(dict.fromkeys(ids))


async def _verify(
    sessions: Sequence[str],
    baseline: bool,
    experiment: str,
    placed: dict[str, Any],
    *,
    live: bool,
    silent: bool,
) -> "list[Verification]":
    from console.verifying import answering
    from sessions.past import open_past

    names = await named(sessions, baseline=baseline, experiment=experiment)
    pasts = [await open_past(name) for name in names]
    groups: dict[ModelChoice, list[Past]] = {}
    for past in pasts:
        groups.setdefault(answering(past, **placed), []).append(past)
    found: list[Verification] = []
    for asked, group in groups.items():
        found.extend(await _group(asked, group, live=live, silent=silent))
    return found


async def _group(
    asked: "ModelChoice", pasts: "list[Past]", *, live: bool, silent: bool
) -> "list[Verification]":
    """Sessions that the same model wrote, told in order."""
    from console.baselines import keep_verified
    from console.cli.linesview import print_lines
    from console.verifying import open_model, verify
    from console.view.rerun import verification

    # In float32 no batch changes a token; in lower precision each is verified by itself.
    places = asyncio.Semaphore(AT_ONCE if asked.dtype == "float32" else 1)
    with Counter(len(pasts)) as counter:
        counter.say("loading", 0, 0)
        async with open_model(asked) as model:

            async def one(past: "Past") -> "Verification":
                async with places:
                    found = await verify(past, model, counter.say, live=live)
                    await asyncio.to_thread(keep_verified, found, model.provenance)
                    return found

            tasks = [asyncio.create_task(one(past)) for past in pasts]
            found = []
            try:
                for task in tasks:
                    found.append(await task)
                    counter.done = len(found)
                    counter.clear()
                    if not silent:
                        print_lines(verification(found[-1]))
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    return found


class Counter:
    """How far it is, on a terminal's standard error, drawn over and over."""

    def __init__(self, of: int) -> None:
        """`of`: how many sessions there are."""
        self.done = 0
        self._of = of
        self._drawn = False

    def __enter__(self) -> "Counter":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def say(self, what: str, done: int, of: int) -> None:
        """Draw it."""
        if not sys.stderr.isatty():
            return
        words = f"{what} {done} of {of}" if of else f"{what} …"
        if self._of > 1:
            words = f"{self.done} of {self._of} sessions · {words}"
        click.echo(f"\r\x1b[2K{words}", nl=False, err=True)
        self._drawn = True

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            click.echo("\r\x1b[2K", nl=False, err=True)
            self._drawn = False
