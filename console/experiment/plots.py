"""The plots of an experiment, each as lines for a pane of so many cells and rows."""

from collections.abc import Sequence

from rich.cells import cell_len

from console.experiment.board import Board, Mark
from console.experiment.configtable import fitting
from console.experiment.curves import Curve, Point, beneath, plot
from console.experiment.effects import Effects
from console.experiment.forest import Estimate, Heading, forest
from console.view.line import Line, Piece, line
from engine.drift.effects import Effect
from engine.drift.interval import Interval, confidence_sequence
from engine.drift.margin import TurnMargin
from engine.drift.result import Axis
from engine.drift.tallies import ConfigTally, share, signed

SHARES = ((0.0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1.0, "1"))
HALF = 0.5
"""Effects that all lie within this much of none are drawn on half the scale."""
CURVES = 6
"""So many curves can still be told apart by their colours."""
FEWEST = 3
"""Runs; a margin's curve ends where fewer are left."""
NAME = 24
NOTHING = confidence_sequence(0, 0)
"""Of a rate before the first run."""
_AXES: dict[Axis, str] = {
    "clean": "clean: operated and exited",
    "operated": "operated",
    "exited": "exited",
    "done": "done, where a check says",
}


def interval_forest(board: Board, width: int, height: int) -> list[Line]:
    """Every config's clean rate with its bounds, and as many of the other axes as there is room for."""
    marks, tallies = board.marks, board.now.configs
    axes = _axes(tallies)
    fitting_axes = max((height - 3) // (len(marks) + 1), 1)
    rows: list[Estimate | Heading] = []
    shown = axes[:fitting_axes]
    roomy = len(shown) * (len(marks) + 2) + 2 <= height
    for axis in shown:
        if rows and roomy:
            rows.append(Heading(""))
        rows.append(Heading(_AXES[axis]))
        for config, (mark, tally) in enumerate(zip(marks, tallies, strict=True)):
            wide = _corrected(board, config) if axis == "clean" else None
            rows.append(_estimate(mark, _interval(tally, axis), wide))
    said = line(("━ holds at every look  ─ with the judge's errors"[:width], "faint"))
    return [*forest(rows, width, low=0, high=1, marks=SHARES), said]


def survival_plot(board: Board, width: int, height: int) -> list[Line]:
    """How many runs had drifted by each turn; of the chosen config with bounds, exits and counts."""
    turns = board.experiment.template.turns
    incidence = board.survival(board.chosen)
    curves = []
    for config in _others(board):
        points = [Point(each.turn, each.drift) for each in board.survival(config)]
        if points:
            whole = _to_the_end([Point(0, 0.0), *points], turns)
            curves.append(_other(board, config, whole, steps=True))
    if not curves and not incidence:
        return [
            line(("No run has counted yet.", "note")),
            line(("The curves will tell how many runs have drifted by each turn.", "faint")),
        ]
    mark = board.marks[board.chosen]
    if incidence:
        bounded = [Point(0, 0.0, 0.0, 0.0)]
        bounded += [Point(each.turn, each.drift, each.low, each.high) for each in incidence]
        exits = [Point(0, 0.0), *(Point(each.turn, each.exit) for each in incidence)]
        curves.append(Curve("", "plot-exit", _to_the_end(exits, turns), dotted=True))
        curves.append(Curve(mark.letter, mark.style, _to_the_end(bounded, turns)))
    counts = _at_risk(board, width) if height >= 12 else []
    said = _caption("drifted by turn", mark, "band 95 % at one look, dotted its exits", width)
    drawn = plot(curves, width, height - len(counts) - 1, turns)
    return [said, *drawn, *counts]


def margin_plot(board: Board, width: int, height: int) -> list[Line]:
    """How likely the model was to begin each turn with a command, the mean over the runs there."""
    turns = board.experiment.template.turns
    curves = []
    for config in _others(board):
        points = tuple(Point(each.turn, each.mean) for each in _enough(board.margin(config)))
        if points:
            curves.append(_other(board, config, points, steps=False))
    mark, margins = board.marks[board.chosen], board.margin(board.chosen)
    if enough := _enough(margins):
        points = tuple(Point(each.turn, each.mean, each.lower, each.upper) for each in enough)
        curves.append(Curve(mark.letter, mark.style, points, steps=False))
    if not curves:
        return [
            line(("No margin was recorded for these runs yet.", "note")),
            line(("It is read from the model at every prompt: the chance that its first token "
                  "starts a command.", "faint")),
        ]  # fmt: skip
    said = _caption("chance of a command", mark, "band the middle half of its runs", width)
    counts = beneath("runs left", [each.runs for each in margins], width, turns)
    return [said, *plot(curves, width, height - 2, turns), counts]


def effect_forest(effects: Effects, width: int) -> list[Line]:
    """What each element does to operating and to exiting, and pairs of elements, side by side."""
    if effects.why:
        return [line((effects.why, "note"))]
    shown: tuple[Axis, ...] = ("operated", "exited")
    apart = width >= 100
    half = (width - 3) // 2 if apart else width
    columns = [_effects_of(effects, axis, half) for axis in shown]
    foot = line((effects.sentence, "faint"))
    if not apart:
        return [*columns[0], *columns[1], foot]
    deep = max(map(len, columns))
    padded = [[*column, *[line("")] * (deep - len(column))] for column in columns]
    beside = [
        Line((*_padded(left, half), *right.pieces)) for left, right in zip(*padded, strict=True)
    ]
    return [*beside, foot]


def _effects_of(effects: Effects, axis: Axis, width: int) -> list[Line]:
    words = {"operated": "operating", "exited": "exiting"}[axis]
    rows: list[Estimate | Heading] = [Heading(f"on {words}", "heading")]
    measured = effects.measured.get(axis, ())
    rows += [_effect(effect) for effect in measured if len(effect.elements) == 1]
    pairs = [effect for effect in measured if len(effect.elements) > 1]
    if pairs:
        rows.append(Heading("two together", "faint"))
        rows += [_effect(effect) for effect in pairs]
    bounds = [abs(each) for one in measured for each in (one.low, one.high) if each is not None]
    reach = HALF if max(bounds, default=1.0) <= HALF else 1.0
    marks = tuple((value * reach, signed(value * reach)) for value in (-1.0, -0.5, 0.0, 0.5, 1.0))
    return forest(rows, width, low=-reach, high=reach, marks=marks, zero=0.0)


def _effect(effect: Effect) -> Estimate:
    label = "×".join(effect.elements)
    if effect.difference is None or effect.low is None or effect.high is None:
        return Estimate(label, "faint", words=effect.why)
    sign = "◆" if effect.told else "○"
    words = f"{sign} {signed(effect.difference)} [{signed(effect.low)}, {signed(effect.high)}]"
    style = "faint"
    if effect.told:
        style = "good" if effect.difference > 0 else "bad"
    low, high = max(effect.low, -1.0), min(effect.high, 1.0)
    return Estimate(
        label, style, at=effect.difference, low=low, high=high, words=words, sure=effect.told
    )


def _estimate(mark: Mark, interval: Interval, wide: tuple[float, float] | None) -> Estimate:
    label = fitting(mark.columns, NAME)
    if interval.rate is None:
        return Estimate(label, mark.style, words="no run counted yet", letter=mark.letter)
    words = f"{share(interval.rate)} [{share(interval.low)}–{share(interval.high)}]"
    low, high = wide or (None, None)
    return Estimate(
        label,
        mark.style,
        interval.rate,
        interval.low,
        interval.high,
        low,
        high,
        words,
        sure=True,
        letter=mark.letter,
    )


def _axes(tallies: Sequence[ConfigTally]) -> tuple[Axis, ...]:
    checked = any(tally.done_interval is not None for tally in tallies)
    return ("clean", "operated", "exited", "done") if checked else ("clean", "operated", "exited")


def _interval(tally: ConfigTally, axis: Axis) -> Interval:
    return {
        "clean": tally.clean_interval,
        "operated": tally.operated_interval,
        "exited": tally.exited_interval,
        "done": tally.done_interval or NOTHING,
    }[axis]


def _corrected(board: Board, config: int) -> tuple[float, float]:
    """The bounds with the judge's errors on most lines; the smaller sample's are in the verdicts."""
    first = board.watched.tally.corrected(config)[0]
    return first.low, first.high


def _enough(margins: Sequence[TurnMargin]) -> list[TurnMargin]:
    """The turns that enough runs got to: what one run did at turn 7 is no curve."""
    return [each for each in margins if each.runs >= FEWEST]


def _others(board: Board) -> list[int]:
    return [config for config in range(len(board.marks)) if config != board.chosen]


def _other(board: Board, config: int, points: tuple[Point, ...], *, steps: bool) -> Curve:
    """A curve that is not the chosen one's: grey where there are too many to be told apart."""
    mark = board.marks[config]
    many = len(board.marks) > CURVES
    style = "plot-other" if many else mark.style
    return Curve(mark.letter, style, points, steps=steps, letter_style=mark.style)


def _to_the_end(points: Sequence[Point], turns: int) -> tuple[Point, ...]:
    """A curve of which nobody is left stays as it is."""
    last = points[-1]
    return (*points, last._replace(turn=turns)) if last.turn < turns else tuple(points)


def _at_risk(board: Board, width: int) -> list[Line]:
    turns, incidence = board.experiment.template.turns, board.survival(board.chosen)
    return [
        beneath("at risk", [each.at_risk for each in incidence], width, turns),
        beneath("drifted", [each.drifted for each in incidence], width, turns),
        beneath("exited", [each.exited for each in incidence], width, turns),
    ]


def _caption(what: str, mark: Mark, how: str, width: int) -> Line:
    """What a plot shows, and how the chosen config stands out; as much as fits on a line."""
    name = f"{mark.letter} {fitting(mark.name, NAME)}"
    room = width - cell_len(f"{what}  {name}: ")
    fitting_words = [how, how.split(",")[0]]
    shown = next((f": {each}" for each in fitting_words if cell_len(each) <= room), "")
    return line((f"{what}  ", "faint"), (name, mark.style), (shown, "faint"))


def _padded(one: Line, cells: int) -> tuple[Piece, ...]:
    return (*one.pieces, Piece(" " * max(cells - cell_len(one.text), 1)))
