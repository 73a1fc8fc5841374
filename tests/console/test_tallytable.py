"""What a tally looks like, from numbers alone."""

import io

import msgspec
import pytest
from rich.console import Console

from console.experimenting import ExperimentSnapshot
from console.tallytable import (
    duration,
    interval_bar,
    live,
    misjudging,
    pair_sentence,
    rate,
    short,
    verdicts,
)
from engine.drift.interval import confidence_sequence
from engine.drift.tallies import PairTally
from engine.drift.tally import Tally
from engine.experiment import Cell
from engine.model.supervisor import WorkerStatus
from tests.sessions.madeexperiments import make_result as result

CONFIGS = ("bare+prompt", "operator+system+history+exit+prompt", "operator+system+prompt")


def snapshot(*outcomes: str) -> ExperimentSnapshot:
    """So many replicates of three configs, of which the second is always clean."""
    tally = Tally(CONFIGS)
    for replicate, outcome in enumerate(outcomes):
        for config in range(3):
            came = "clean" if config == 1 else outcome
            tally.feed(result(Cell(config, 0, replicate), came))
    return ExperimentSnapshot(
        experiment="6ahx",
        state="running",
        worker=WorkerStatus(state="ready", since=0),
        version=tally.version,
        configs=tally.all_configs,
        pairs=tally.pairs(),
        planned=60,
        finished=3 * len(outcomes),
        broken=0,
        dropped=frozenset(),
        under_way=(),
        at_once=8,
        seconds=10.0,
        seconds_left=75.0,
        tokens_per_second=33.0,
    )


def drawn(now: ExperimentSnapshot, width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(live(now, width))
    return stream.getvalue().splitlines()


def test_a_bar_shows_the_interval_and_the_rate_on_the_scale_from_0_to_1() -> None:
    assert interval_bar(confidence_sequence(0, 0), 10) == "━━━━━━━━━━"
    assert interval_bar(confidence_sequence(0, 5), 10) == "●━━━━━━···"
    assert interval_bar(confidence_sequence(20, 0), 10) == "·······━━●"
    assert interval_bar(confidence_sequence(500, 500), 10) == "····━●····"


def test_five_of_five_is_not_certain() -> None:
    assert rate(confidence_sequence(5, 0)) == "1 [.38–1]"
    assert rate(confidence_sequence(0, 0)) == "[0–1]"


@pytest.mark.parametrize(("seconds", "said"), [(7, "0:07"), (750, "12:30"), (7209, "2:00:09")])
def test_durations_are_said_as_on_a_clock(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_configs_are_shortened_to_what_tells_them_apart() -> None:
    assert short(CONFIGS) == {
        "bare+prompt": "bare+prompt",
        "operator+system+history+exit+prompt": "operator+…+history+exit",
        "operator+system+prompt": "operator+…",
    }
    assert len(set(short(("operator+a+b+c", "operator+a+b+d", "bare+none")).values())) == 3


def test_a_pair_is_a_sentence_with_the_better_one_first() -> None:
    undecided, *_ = snapshot("drift").pairs
    assert pair_sentence(undecided).endswith("one pair tells nothing, whatever it showed")
    decided, *_ = snapshot(*["drift"] * 8).pairs
    level = PairTally(
        a="bare",
        b="literal",
        blocks=20,
        successes=(10, 10),
        e_value=2.0,
        peak=31.0,
        threshold=20.0,
        decided=True,
        further=0,
    )
    assert pair_sentence(level) == (
        "bare and literal differ, though both went well equally often: separated (E reached 31)"
    )
    assert pair_sentence(decided).startswith(f"{CONFIGS[1]} is better than bare+prompt: separated")


def test_many_pairs_are_told_from_the_decided_on_and_the_rest_is_counted() -> None:
    tally = Tally([f"c{number}" for number in range(8)])
    for replicate in range(20):
        for config in range(8):
            came = "clean" if config == 7 else "drift"
            tally.feed(result(Cell(config, 0, replicate), came))
    told = list(verdicts((), tally.pairs()))
    assert len(told) == 9
    assert [line.startswith("c7 is better than") for line in told[:8]] == [True] * 7 + [False]
    assert told[-1] == "and 20 pairs more, none separated."


def test_what_the_judges_errors_do_to_the_intervals_is_said_once_a_sample() -> None:
    tally = Tally(["a", "b"])
    for config in range(2):
        tally.feed(result(Cell(config, 0, 0), "drift"))
    corrections = [tally.corrected(config) for config in range(2)]
    told = list(misjudging(["a", "b"], corrections))
    assert len(told) == len(corrections[0])
    for line, judge in zip(told, corrections[0], strict=True):
        assert f"{judge.judge.missed} of {judge.judge.commands} commands missed" in line
        assert "a 0–" in line
        assert ", b 0–" in line


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_live_table_fits_and_tells_all_counts(width: int) -> None:
    lines = drawn(snapshot("drift", "drift", "no-exit"), width)
    assert max(map(len, lines)) <= width
    whole = " ".join(" ".join(lines).split())
    assert "9 of 60 runs" in whole
    assert "about 1:15 left" in whole
    assert {line[0] for line in lines if "─" in line} == {"━"}
    (bare,) = (line.split() for line in lines if line.startswith("bare") and "/" in line)
    assert bare[1:4] == ["0/3", "2", "1"]
    assert ("tok/run" in whole) == (width >= 120)


def test_a_fault_is_never_hidden() -> None:
    assert "fault" in "\n".join(drawn(snapshot("fault"), 80))


def test_a_names_escapes_are_shown_and_not_obeyed() -> None:
    now = snapshot("drift")
    evil = [msgspec.structs.replace(each, config=f"\x1b[2J{each.config}") for each in now.configs]
    whole = "\n".join(drawn(msgspec.structs.replace(now, configs=tuple(evil)), 140))
    assert "\x1b" not in whole
    assert "␛[2Jbare" in whole
