"""What `run` and `open` both ask: the options that describe a run, and the run they describe."""

import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
import msgspec

from engine.errors import DrifttyError, ModelError, SeedError, TaskError
from engine.run import (
    Channel,
    CommandPolicy,
    Config,
    DriftPolicy,
    RunSpec,
    Sampling,
    SandboxPolicy,
    StuckPolicy,
    Task,
)

if TYPE_CHECKING:
    from engine.seeds.library import SeedLibrary

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_CONFIG = "operator"
DEFAULT_TASK = "Show the hostname, then exit."
DEFAULT_MODEL = "smollm2-135m"

_SAMPLING = Sampling()
_DEVICE = re.compile(r"auto|(cpu|cuda|mps|xpu|hpu|npu|mlu|musa|xla|mtia)(:\d+)?")


class ModelChoice(msgspec.Struct, frozen=True):
    """Which model, and where it runs."""

    model: str
    device: str
    dtype: str
    threads: int


def run_options(command: Command) -> Command:
    """Add every option that describes a run."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def template_options(command: Command) -> Command:
    """Add every option that describes a run but what differs between the runs of an experiment:
    config, task, seed, temperature and model.
    """
    for option in reversed(_OPTIONS):
        if option not in (_CONFIG, _TASK, _RNG, _TEMPERATURE, _MODEL):
            command = option(command)
    return command


class Finite(click.FloatRange):
    """A number in a range that is one: neither `nan`, which no range excludes, nor endless."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; fails as usage does."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def _device(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """What torch may call a device; whether it is there, the model's process finds out."""
    if not _DEVICE.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no device; choose auto, cpu, cuda:0, mps …")
    return value


_CONFIG: Callable[[Any], Any] = click.option(
    "--config",
    "-c",
    default=DEFAULT_CONFIG,
    show_default=True,
    metavar="SEED[+ELEMENT…]",
    help="The seed and which of its elements, such as operator+history+exit; "
    "a seed alone takes its defaults. `driftty seeds list` shows them.",
)
_TASK: Callable[[Any], Any] = click.option(
    "--task",
    "-t",
    default=DEFAULT_TASK,
    show_default=True,
    metavar="TEXT|NAME",
    help="What the operator is asked: a task's name (`driftty tasks list`) or any text.",
)
_RNG: Callable[[Any], Any] = click.option(
    "--rng",
    default=42,
    show_default=True,
    type=click.IntRange(0),
    help="The run seed: the same seed draws the same tokens.",
)
_TEMPERATURE: Callable[[Any], Any] = click.option(
    "--temperature",
    "-T",
    default=_SAMPLING.temperature,
    show_default=True,
    type=Finite(0.0),
    help="0 takes the likeliest token.",
)
_MODEL: Callable[[Any], Any] = click.option(
    "--model",
    "-m",
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME|ID|FOLDER",
    help="A name of `driftty models list`, a Hugging Face id, or a local folder.",
)
_DTYPES = ("auto", "float32", "bfloat16", "float16")
_OPTIONS: list[Callable[[Any], Any]] = [
    _CONFIG,
    _TASK,
    click.option(
        "--turns", default=8, show_default=True, type=click.IntRange(1), help="The turn limit."
    ),
    _TEMPERATURE,
    click.option(
        "--top-p",
        default=_SAMPLING.top_p,
        show_default=True,
        type=Finite(0, 1, min_open=True),
        help="Only the likeliest tokens that make up so much together; 1 is off.",
    ),
    click.option(
        "--top-k",
        default=_SAMPLING.top_k,
        show_default=True,
        type=click.IntRange(0),
        help="0 is off.",
    ),
    click.option(
        "--min-p",
        default=_SAMPLING.min_p,
        show_default=True,
        type=Finite(0, 1),
        help="No token less likely than this share of the likeliest one; 0 is off.",
    ),
    click.option(
        "--repetition-penalty",
        default=_SAMPLING.repetition_penalty,
        show_default=True,
        type=Finite(0, min_open=True),
        help="1 is off.",
    ),
    click.option(
        "--max-tokens",
        default=_SAMPLING.max_tokens,
        show_default=True,
        type=click.IntRange(1),
        help="At most this many tokens a completion.",
    ),
    _RNG,
    _MODEL,
    click.option(
        "--device",
        default="auto",
        show_default=True,
        callback=_device,
        help="auto, cpu, cuda:0, mps …",
    ),
    click.option(
        "--dtype",
        default="auto",
        show_default=True,
        type=click.Choice(_DTYPES),
        help="auto measures; float32 makes a run repeat token for token.",
    ),
    click.option(
        "--threads",
        default=0,
        type=click.IntRange(0),
        help="CPU threads for the model; by default one less than there are cores.",
    ),
    click.option(
        "--channel",
        default="cooked",
        show_default=True,
        type=click.Choice(get_args(Channel)),
        help="How the shell's bytes become user turns; fragmented is the historical bug.",
    ),
    click.option(
        "--policy",
        default="first-line",
        show_default=True,
        type=click.Choice(get_args(CommandPolicy)),
        help="Run the first command line of a completion, or every line of it.",
    ),
    click.option(
        "--drift",
        default="stop",
        show_default=True,
        type=click.Choice(get_args(DriftPolicy)),
        help="On drift: stop the run, continue and execute it, or flag it and withhold the line.",
    ),
    click.option(
        "--stuck",
        default="interrupt",
        show_default=True,
        type=click.Choice(get_args(StuckPolicy)),
        help="For a command that does not come back: Ctrl+C, Ctrl+D, or ask the person.",
    ),
    click.option(
        "--patience",
        default=10.0,
        show_default=True,
        type=Finite(0.1),
        help="Seconds a command may stay silent before it counts as stalled.",
    ),
    click.option(
        "--sandbox",
        default="auto",
        show_default=True,
        type=click.Choice([policy for policy in get_args(SandboxPolicy) if policy != "none"]),
        help="Which sandbox to use; auto takes the best that works.",
    ),
    click.option(
        "--no-sandbox",
        is_flag=True,
        help="Let the model type into an unconfined shell: it can do whatever you can.",
    ),
]


def build_spec(options: dict[str, Any]) -> RunSpec:
    """The run that these options describe.

    Raises `click.BadParameter` for a config or task that is not one.
    """
    from engine.seeds.library import SeedLibrary

    return RunSpec(
        config=find_config(options["config"], SeedLibrary()),
        task=find_task(options["task"]),
        model=options["model"],
        sampling=Sampling(
            temperature=options["temperature"],
            top_p=options["top_p"],
            top_k=options["top_k"],
            min_p=options["min_p"],
            repetition_penalty=options["repetition_penalty"],
            max_tokens=options["max_tokens"],
        ),
        rng=options["rng"],
        turns=options["turns"],
        channel=options["channel"],
        policy=options["policy"],
        drift=options["drift"],
        stuck=options["stuck"],
        patience=options["patience"],
        sandbox="none" if options["no_sandbox"] else options["sandbox"],
    )


def _unusable(option: str, error: DrifttyError) -> click.BadParameter:
    from console.safe import clean

    return click.BadParameter(clean(str(error)), param_hint=f"'{option}'")


def placed_as_recorded(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for where a model runs that answered in a recording: as there, by default."""
    recorded = "by default that of the recording."
    for option in (
        click.option(
            "--threads", default=0, type=click.IntRange(0), help="CPU threads; 0 chooses."
        ),
        click.option(
            "--dtype",
            default="",
            type=click.Choice(("", *_DTYPES)),
            help=recorded.capitalize(),
        ),
        click.option("--device", default="", help=f"auto, cpu, cuda:0 …; {recorded}"),
    ):
        command = option(command)
    return command


def find_config(given: str, library: "SeedLibrary") -> Config:
    """The config of a name. Raises `click.BadParameter` where it is none."""
    from engine.seeds.config import parse_config

    try:
        return parse_config(given, library)
    except SeedError as error:
        raise _unusable("--config' / '-c", error) from error


def find_task(given: str) -> Task:
    """A task of the library by its name, or the text itself as a task.

    Raises `click.BadParameter` for a task file that is wrong.
    """
    from engine.tasks.library import TaskLibrary

    library = TaskLibrary()
    try:
        return library.named_or_plain(given)
    except TaskError as error:
        raise _unusable("--task' / '-t", error) from error


def see_it_is_a_model(name: str) -> None:
    """Raises `click.BadParameter` for a name or folder that is no model."""
    from engine.model.catalogue import NotFetched, resolve

    try:
        if not name.strip():
            raise ModelError("A model's name is not empty; `driftty models list` has some.")
        with suppress(NotFetched):  # It is fetched when the model is started.
            resolve(name)
    except ModelError as error:
        raise _unusable("--model' / '-m", error) from error


def model_choice(options: dict[str, Any], *, demo: bool) -> ModelChoice:
    """Which model these options ask for.

    Raises `click.BadParameter` for a name or folder that is no model; one that has yet to be
    fetched is one.
    """
    if not demo:
        see_it_is_a_model(options["model"])
    return ModelChoice(
        model=options["model"],
        device=options["device"],
        dtype=options["dtype"],
        threads=options["threads"],
    )
