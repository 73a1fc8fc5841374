"""How well lines are told, and how fast: `python -m tests.bench judge`."""

import time
from collections import Counter

from engine.drift.judge import judge
from engine.drift.verdict import Context
from tests.engine.drift.corpus import ModelLine, Pair, lowered, pairs, shared_model_lines
from tests.engine.drift.tricky import TRICKY

PROMPT = "root@box:~# "
BASELINE = (0.957, 0.018, 0.090)
"""A parse by tree-sitter-bash, a known first word and fewer than two function words, as measured over
3,000 and 3,000 lines of NL2Bash before this judge was written."""


def main() -> None:
    """Print the figures that docs/drift.md quotes."""
    judge("ls")
    _pairs()
    _model_lines()
    lines = [(line, label) for label in TRICKY for line in TRICKY[label]]
    right = sum(judge(line).label == label for line, label in lines)
    print(f"\nhand-written hard lines: {right} of {len(lines)} as labelled")


def _pairs() -> None:
    everything = pairs()
    if not everything:
        print("NL2Bash pairs: not here (../shared/data)")
        return
    held_out = [pair for pair in everything if pair.held_out]
    fitted = [pair for pair in everything if not pair.held_out]
    print(f"{'NL2Bash pairs':<22}{'pairs':>7}{'recall':>9}{'false acc.':>12}{'lower-cased':>13}")
    print(f"{'  parse, head, words':<22}{6000:>7}" + _shares(*BASELINE))
    for name, chosen in (("held out", held_out), ("fitted on", fitted), ("all", everything)):
        print(f"  {name:<20}{len(chosen):>7}" + _shares(*_accepted(chosen)))
    print("\nµs a line (median, 99th, worst of the held-out half)")
    for name, lines in (
        ("commands", [pair.command for pair in held_out]),
        ("English", [pair.english for pair in held_out]),
    ):
        took = sorted(_time(line) for line in lines)
        middle, high = took[len(took) // 2], took[len(took) * 99 // 100]
        print(f"  {name:<20}{middle:>7.0f}{high:>9.0f}{took[-1]:>12.0f}")


def _accepted(chosen: list[Pair]) -> tuple[float, float, float]:
    kinds = (
        [pair.command for pair in chosen],
        [pair.english for pair in chosen],
        [lowered(pair.english) for pair in chosen],
    )
    recall, false, low = (
        sum(judge(line).label == "command" for line in lines) / len(lines) for lines in kinds
    )
    return recall, false, low


def _shares(recall: float, false: float, low: float) -> str:
    return f"{recall:>9.4f}{false:>12.4f}{low:>13.4f}"


def _time(line: str) -> float:
    began = time.thread_time_ns()
    judge(line)
    return (time.thread_time_ns() - began) / 1000


def _model_lines() -> None:
    lines = shared_model_lines()
    if not lines:
        print("\nlines of a model: not here (../shared/data)")
        return
    told = Counter((each.label, _told(each)) for each in lines)
    labels = sorted({label for pair in told for label in pair})
    right = sum(count for (label, said), count in told.items() if label == said)
    print(f"\nlines of a model: {right} of {len(lines)} as labelled (rows: label, columns: judged)")
    print(" " * 12 + "".join(f"{label[:9]:>10}" for label in labels))
    for label in sorted({label for label, _ in told}):
        row = "".join(f"{told[label, said] or '·':>10}" for said in labels)
        print(f"  {label:<10}{row}")


def _told(each: ModelLine) -> str:
    return judge(each.line, Context(shown=each.after, prompt=PROMPT)).label


if __name__ == "__main__":
    main()
