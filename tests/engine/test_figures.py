import pytest

from engine.figures import config_name, duration, rate, size


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0 µs"),
        (420_000, "420 µs"),
        (999_600, "1.0 ms"),
        (4_130_000, "4.1 ms"),
        (96_000_000, "96 ms"),
        (999_600_000, "1.0 s"),
        (12_340_000_000, "12.3 s"),
        (185_000_000_000, "3 min 05 s"),
    ],
)
def test_durations_are_short_and_have_a_unit(nanoseconds: int, words: str) -> None:
    assert duration(nanoseconds) == words


def test_a_rate_that_cannot_be_told_is_a_dash() -> None:
    assert rate(0, 10) == "– tok/s"
    assert rate(5, 0) == "– tok/s"
    assert rate(54, 3_000_000_000) == "18 tok/s"
    assert rate(20_000, 1_000_000_000) == "20,000 tok/s"


def test_sizes_change_their_unit() -> None:
    counts = (512, 1200, 3_400_000, 270_100_000, 999_600_000)
    assert [size(n) for n in counts] == ["512 B", "1.2 kB", "3.4 MB", "270 MB", "1.0 GB"]


def test_a_long_config_loses_whole_elements() -> None:
    name = "operator+system+instruction+history"
    assert config_name(name, 40) == name
    assert config_name(name, 30) == "operator+system+instruction+…"
    assert config_name(name, 20) == "operator+system+…"
