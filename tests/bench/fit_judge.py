"""Fit the weights by which a line is told command or prose: `python -m tests.bench.fit_judge`.

Logistic regression with a quadratic penalty over `engine.drift.evidence.features`, on the half of the
NL2Bash pairs that is not held out (commands, sentences, sentences lower-cased at the start), on the
model's own lines of `tests/engine/drift`, and on a fifth of the former with a slip of the fingers in
the first word. Writes `engine/drift/weights.toml`; the same data gives the same file.
"""

import hashlib
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from engine.drift import evidence
from engine.drift.judge import told_by_form
from tests.engine.drift.corpus import Pair, lowered, own_model_lines, pairs

PENALTY = 1.0
"""By cross-validation .3, 1 and 3 differ by less than their noise."""

OWN_WEIGHT = 2.0
"""A line of a model counts for two: they are what will be judged, and there are few."""

_HEADER = """\
# How much each feature of a line adds to the log-odds that it is a command.
# Written by `python -m tests.bench.fit_judge`; what the features mean stands in evidence.py.

[weights]
"""


class Sample(msgspec.Struct, frozen=True):
    """One line to learn from."""

    line: str
    is_command: bool
    weight: float


def fit(samples: list[Sample], penalty: float = PENALTY) -> dict[str, float]:
    """The weights under which the samples are likeliest, less the penalty."""
    rows = [evidence.features(sample.line) for sample in samples]
    names = sorted({name for row in rows for name in row})
    matrix = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    sign = np.array([1.0 if sample.is_command else -1.0 for sample in samples])
    weight = np.array([sample.weight for sample in samples])

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (matrix @ beta)
        slope = weight * sign / (1 + np.exp(margin))
        value = float((weight * np.logaddexp(0, -margin)).sum() + penalty * (beta @ beta) / 2)
        return value, penalty * beta - matrix.T @ slope

    beta = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    return dict(zip(names, (float(each) for each in beta), strict=True))


def samples_of(learned: list[Pair]) -> list[Sample]:
    """What is learned from pairs: commands and sentences weigh the same in sum.

    Half of NL2Bash begins with `find`; each command counts by the inverse root of how often its first
    word comes, so that no one program is learned in place of commands.
    """
    heads = Counter(_head(pair.command) for pair in learned)
    shares = [heads[_head(pair.command)] ** -0.5 for pair in learned]
    scale = len(learned) / sum(shares)
    samples = []
    for pair, share in zip(learned, shares, strict=True):
        low = lowered(pair.english)
        samples.append(Sample(pair.command, True, share * scale))
        samples += [Sample(pair.english, False, 0.5), Sample(low, False, 0.5)]
        for line, is_command, weight in ((pair.command, True, share * scale), (low, False, 0.5)):
            if _digest(line)[5] % 5 == 0 and (slipped := _slip(line)):
                samples.append(Sample(slipped, is_command, weight))
    return samples


def own_samples() -> list[Sample]:
    """What is learned from the model's own lines: those that are not told by their form."""
    return [
        Sample(own.line, own.label == "command", OWN_WEIGHT)
        for own in own_model_lines()
        if not told_by_form(own.line)
    ]


def main() -> None:
    """Fit, and write the weights into the package."""
    learned = [pair for pair in pairs() if not pair.held_out]
    if not learned:
        raise SystemExit(
            "The NL2Bash pairs are not here: expected ../shared/data/nl2bash.dev.jsonl."
        )
    samples = samples_of(learned) + own_samples()
    weights = fit(samples)
    lines = [f"{name} = {weight:.2f}" for name, weight in weights.items() if abs(weight) >= 0.005]
    path = Path(evidence.__file__).with_name("weights.toml")
    path.write_text(_HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(samples)} lines, {len(lines)} weights, written to {path.name}")


def _slip(line: str) -> str | None:
    """The line with two letters of its first word swapped, or one lost or doubled."""
    head, space, rest = line.partition(" ")
    if not space or not head.isalpha() or len(head) < 3:
        return None
    digest = _digest(line)
    at = digest[1] % (len(head) - 1)
    kinds = (
        head[:at] + head[at + 1] + head[at] + head[at + 2 :],
        head[: at + 1] + head[at + 2 :],
        head[: at + 1] + head[at:],
    )
    slipped = kinds[digest[2] % 3]
    return f"{slipped} {rest}" if slipped != head else None


def _head(line: str) -> str:
    return line.split(maxsplit=1)[0]


def _digest(line: str) -> bytes:
    return hashlib.sha256(line.encode()).digest()


if __name__ == "__main__":
    main()
