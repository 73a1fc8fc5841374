"""The plots of a report, from what was found."""

from collections.abc import Sequence

from console.report.blocks import Figure
from console.report.findings import Arm, Findings
from console.report.svg.forest import Estimate, Panel, Row, forest
from console.report.svg.grid import Lane, Mark, run_grid
from console.report.svg.panels import Curve, Point, Small, small_panels
from console.tallytable import rate, task_name
from engine.drift.effects import Effect
from engine.drift.interval import Interval
from engine.drift.result import Axis
from engine.drift.tallies import share, signed
from engine.experiment import Cell
from engine.seeds.seed import ELEMENTS

_TENTHS = tuple((tenth / 4, share(tenth / 4)) for tenth in range(5))
_PANELS: tuple[tuple[Axis, str], ...] = (
    ("clean", "clean"),
    ("operated", "operated"),
    ("exited", "exited"),
    ("done", "done"),
)


def rates_figure(found: Findings) -> Figure:
    """Every config's rates with their intervals, the cleanest first."""
    axes = [
        (axis, name)
        for axis, name in _PANELS
        if axis != "done" or any(arm.tally.checked for arm in found.arms)
    ]
    columns = _columns(found)
    rows = [
        Row(
            label=_label(found, arm),
            switches=_switches(arm, columns),
            estimates=tuple(_estimate(arm, axis) for axis, _ in axes),
        )
        for arm in found.ranked
    ]
    best = found.ranked[0] if found.arms else None
    described = (
        f"{len(rows)} configs. Highest: {best.name}, {best.tally.sentence}"
        if best
        else "No config."
    )
    drawing = forest(
        rows,
        [Panel(title=name, low=0, high=1, ticks=_TENTHS, width=130) for _, name in axes],
        title="Rates with intervals that hold at every look",
        description=described,
        columns=columns,
    )
    return Figure(
        "rates",
        drawing,
        "Share of runs that were clean, operated, exited"
        + (" and got the task done" if len(axes) > 3 else "")
        + ", with intervals that may be watched (95 %). Thin lines at the clean rate: bounds with "
        "room for the judge's errors, as on held-out lines. Full dots: elements that are on.",
    )


def _estimate(arm: Arm, axis: Axis) -> Estimate | None:
    tally = arm.tally
    interval: Interval | None = {
        "clean": tally.clean_interval,
        "operated": tally.operated_interval,
        "exited": tally.exited_interval,
        "done": tally.done_interval,
    }[axis]
    if interval is None:
        return None
    wider = None
    if axis == "clean" and arm.corrected:
        wider = (arm.corrected[0].low, arm.corrected[0].high)
    return Estimate(
        value=interval.rate,
        low=interval.low,
        high=interval.high,
        wider=wider,
        words=rate(interval),
    )


def effects_figure(found: Findings, size: int) -> Figure | None:
    """Effects of elements (`size` 1) or of two together (2), on operating and on exiting."""
    axes: tuple[Axis, ...] = ("operated", "exited", "clean")
    by_axis = {axis: _of_size(found.effects[axis], size) for axis in axes}
    first = by_axis["clean"]
    if not first or all(effect.difference is None for each in by_axis.values() for effect in each):
        return None
    rows = [
        Row(
            label=" × ".join(effect.elements) + (" *" if effect.partners else ""),
            estimates=tuple(_effect(by_axis[axis][at]) for axis in axes),
        )
        for at, effect in enumerate(first)
        if any(by_axis[axis][at].difference is not None for axis in axes)
    ]
    reach = 1.0 if size == 1 else 1.5
    ticks = tuple((each, signed(each)) for each in (-reach, -reach / 2, 0.0, reach / 2, reach))
    named = "elements" if size == 1 else "two elements together"
    drawing = forest(
        rows,
        [
            Panel(title=axis, low=-reach, high=reach, ticks=ticks, nought=0.0, width=150)
            for axis in axes
        ],
        title=f"Effects of {named}, as differences of rates",
        description="; ".join(
            f"{' × '.join(effect.elements)} on clean: {effect.why}" for effect in first
        ),
    )
    caption = (
        "What each element changes in the rate, with against without, over the tasks and "
        "combinations that were run. "
        if size == 1
        else "By how much one element's effect is larger where the other is on. "
    )
    return Figure(
        "effects" if size == 1 else "interactions",
        drawing,
        caption + "95 % intervals for one look; full: told from none, corrected for the others of "
        "its kind; hollow: not told from none."
        + (
            " *: the design cannot tell it from others, which the table names; what is drawn is what "
            "they come to together."
            if any(effect.partners for effect in first)
            else ""
        ),
    )


def _of_size(effects: Sequence[Effect], size: int) -> list[Effect]:
    return [effect for effect in effects if len(effect.elements) == size]


def _effect(effect: Effect) -> Estimate | None:
    if effect.difference is None or effect.low is None or effect.high is None:
        return None
    return Estimate(
        value=effect.difference,
        low=effect.low,
        high=effect.high,
        sure=effect.told,
        words=f"{signed(effect.difference)} [{signed(effect.low)}, {signed(effect.high)}]",
    )


def survival_figure(found: Findings) -> Figure:
    """When runs drift, and when they exit, of each config."""
    smalls = [
        Small(_title(arm), _ended(arm), (_drifting(arm), _exiting(arm))) for arm in found.ranked
    ]
    drawing = small_panels(
        smalls,
        [
            ("bad", False, "has drifted, with its interval"),
            ("good", True, "has exited, not drifted"),
        ],
        up="share of runs",
        title="First drift and exit by turn",
        description="; ".join(f"{arm.name}: {_ended(arm)}" for arm in found.ranked),
    )
    return Figure(
        "survival",
        drawing,
        "How likely a first drift is to have come by each turn, with exit as a competing event "
        "(Aalen–Johansen; 95 % for one look at one turn). What is left above both curves is still "
        "operating.",
    )


def _drifting(arm: Arm) -> Curve:
    points = tuple(Point(each.turn, each.drift, each.low, each.high) for each in arm.incidence)
    return Curve("bad", points, steps=True)


def _exiting(arm: Arm) -> Curve:
    points = tuple(Point(each.turn, each.exit, each.exit, each.exit) for each in arm.incidence)
    return Curve("good", points, steps=True, banded=False, dashed=True)


def _ended(arm: Arm) -> str:
    if not arm.incidence:
        return "no run counts yet"
    last = arm.incidence[-1]
    runs = arm.incidence[0].at_risk
    return f"{runs} runs: {_share(last.drift)} drift, {_share(last.exit)} exit"


def _share(value: float) -> str:
    """A share that was added up, without what adding up leaves at its end."""
    return share(round(value, 9))


def margins_figure(found: Findings) -> Figure | None:
    """How likely a command was at each turn's first token; none where that was not recorded."""
    shown = [arm for arm in found.ranked if arm.margins]
    if not shown:
        return None
    smalls = [
        Small(
            _title(arm),
            f"{arm.margins[0].runs} runs at turn 1, {arm.margins[-1].runs} at {len(arm.margins)}",
            (
                Curve(
                    "good",
                    tuple(Point(m.turn, m.median, m.lower, m.upper) for m in arm.margins),
                    steps=False,
                ),
            ),
        )
        for arm in shown
    ]
    drawing = small_panels(
        smalls,
        [("good", False, "median; the band holds the middle half of the runs")],
        up="probability",
        title="Margin by turn: how likely the first token was to start a command",
        description="; ".join(
            f"{arm.name}: median {share(arm.margins[0].median)} at turn 1" for arm in shown
        ),
    )
    return Figure(
        "margins",
        drawing,
        "The probability that the turn begins with a command, read from the model before it wrote. "
        "Later turns show the survivors alone: a margin may rise because the weak have gone.",
    )


def grid_figure(found: Findings) -> Figure:
    """Every run, in the order in which it was planned."""
    marks: dict[Cell, Mark] = {}
    for result in found.results:
        outcome = result.outcome
        marks[Cell(result.config, result.task, result.replicate)] = (
            "missing" if outcome == "stopped" else outcome
        )
    n, columns = found.experiment.n, _columns(found)
    lanes = [
        Lane(
            _label(found, arm),
            _switches(arm, columns),
            tuple(
                tuple(marks.get(Cell(arm.place, task, at), "missing") for at in range(n))
                for task in range(len(found.tasks))
            ),
        )
        for arm in found.ranked
    ]
    tasks = [task_name(task.name, task.text) for task in found.tasks]
    drawing = run_grid(
        lanes,
        tasks,
        columns,
        title="Every run by its outcome",
        description=f"{len(found.results)} runs of {found.planned} planned.",
    )
    return Figure(
        "runs", drawing, "Every run, in planned order from left to right, block by block."
    )


def _columns(found: Findings) -> tuple[str, ...]:
    """The elements that any config has."""
    return tuple(
        element for element in ELEMENTS if any(element in arm.config.elements for arm in found.arms)
    )


def _switches(arm: Arm, columns: Sequence[str]) -> tuple[bool | None, ...]:
    """Which of these are on; none that its seed does not have."""
    return tuple(
        None if element not in arm.available else element in arm.config.elements
        for element in columns
    )


def _label(found: Findings, arm: Arm) -> str:
    """An arm by number and seed: its elements stand beside it."""
    condition = found.experiment.condition(arm.place).label
    return f"{arm.place + 1}  {arm.config.seed}" + (f" · {condition}" if condition else "")


def _title(arm: Arm) -> str:
    return f"{arm.place + 1}  {arm.name}"
