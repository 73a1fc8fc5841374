"""`driftty tally` as a process of its own, with the scripted operator and real shells."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from console.cli.tally import command
from sessions.experiments import Experiments

TALLY = [sys.executable, "-m", "console", "tally"]
DEMO = ["--demo", "-c", "false-memories", "-c", "bare", "--turns", "2"]
CONFIG = {"config", "n", "clean", "drift", "no_exit", "fault", "operated", "exited", "done", "rate"}


def tally(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*TALLY, *arguments], capture_output=True, text=True, timeout=90, check=False
    )


@pytest.mark.shell
def test_one_object_on_standard_output_and_raising_n_keeps_the_first_runs() -> None:
    ran = tally(*DEMO, "-n", "1", "--json")
    assert ran.returncode == 0, ran.stderr
    document: dict[str, Any] = msgspec.json.decode(ran.stdout)
    assert {"experiment", "configs", "pairs", "effects"} <= set(document)
    assert set(document["configs"][0]) >= CONFIG | {"low", "high", "drift_kinds"}
    assert [(each["n"], each["no_exit"]) for each in document["configs"]] == [(1, 1), (1, 1)]
    assert {"a", "b", "e_value", "decided"} <= set(document["pairs"][0])
    assert "2 configs × 1 task × 1 = 2" in ran.stderr
    assert "1 run: nothing can be concluded from it" in ran.stderr
    first = Experiments().read("last").runs

    ran = tally("--resume", "-n", "2")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    assert "= 4; 2 are there already" in ran.stderr
    kept = Experiments().read(document["experiment"])
    assert kept.runs[:2] == first
    assert not list(kept.missing())


@pytest.mark.shell
def test_an_interrupt_says_how_to_go_on() -> None:
    process = subprocess.Popen([*TALLY, *DEMO, "-n", "500"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "  runs " in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=60) == 130
    kept = Experiments().take_up("last")
    assert f"To go on: driftty tally --resume {kept.experiment.id}\n" in rest
    assert "Traceback" not in rest


@pytest.mark.shell
def test_a_terminal_that_goes_away_stops_it_as_an_interrupt_does(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(
            [*TALLY, *DEMO, "-n", "500"], stdout=out, stderr=theirs, env=os.environ | TERM
        )
    os.close(theirs)
    shown = b""
    while b"of 1000 runs" not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 130
    assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.shell
def test_on_a_terminal_one_table_is_drawn_over_and_over() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*TALLY, *DEMO, "-n", "1"], stderr=theirs, env=os.environ | TERM)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"\x1b[2K" in shown
    assert b"2 of 2 runs" in shown
    assert "●".encode() in shown


TERM = {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-n", "0"], "-n"),
        (["--stuck", "ask"], "nobody is there to be asked"),
        (["-c", "bare", "-c", "bare"], "show the model the same"),
        (["-t", "look", "-t", "look"], "A task is given twice"),
        (["-T", "0.5", "-T", "0.5"], "A temperature is given twice"),
        (["-m", "banana"], "There is no model called 'banana'"),
        (["--device", "banana"], "'banana' is no device"),
        (["--anyway"], "--anyway is for an experiment that goes on"),
        (["--resume", "--plan"], "--plan is for a new experiment"),
        (["--resume", "-T", "0.5"], "--temperature is part of the experiment"),
    ],
)
def test_what_makes_no_sense_is_usage_and_begins_no_experiment(
    arguments: list[str], says: str
) -> None:
    ran = CliRunner().invoke(command, arguments)
    assert ran.exit_code == 2
    assert says in " ".join(ran.stderr.split())
    assert Experiments().outlines() == []


def test_a_plan_says_what_would_be_run_and_begins_no_experiment() -> None:
    ran = CliRunner().invoke(command, [*DEMO, "-T", "0.3", "-T", "1", "-n", "5", "--plan"])
    assert ran.exit_code == 0, ran.stderr
    lines = [line.strip() for line in ran.stdout.splitlines()]
    assert any("demo · T 0.3, 1 · at most 2 turns a run" in line for line in lines)
    assert "config  bare+prompt · T 0.3" in lines
    assert "runs    4 configs × 1 task × 5 = 20" in lines
    assert any(line.startswith("time    not known for 20 runs: demo was not run") for line in lines)
    assert Experiments().outlines() == []


@pytest.mark.shell
def test_a_plan_says_what_it_needs_and_what_to_mind() -> None:
    ran = CliRunner().invoke(
        command, ["--demo", "-c", "bare", "-c", "operator", "-t", "hostnam", "-n", "5", "--plan"]
    )
    words = " ".join(ran.stdout.split())
    assert "needs about n 100 to separate, while watching, two configs that differ by .30" in words
    assert "! one task is n = 1 too" in words
    assert "“hostnam” is no task of `driftty tasks list`: it is asked in this word" in words
    two = ["-t", "hostname", "-t", "count-lines", "--plan"]
    ran = CliRunner().invoke(command, ["--demo", "-c", "bare", *two])
    assert "!" not in ran.stdout


def test_temperatures_are_arms_of_one_experiment_and_the_next_plan_knows_its_speed() -> None:
    ran = tally("--demo", "-c", "bare", "--turns", "1", "-T", "0.3", "-T", "1", "-n", "2", "--json")
    assert ran.returncode == 0, ran.stderr
    document: dict[str, Any] = msgspec.json.decode(ran.stdout)
    assert [(each["config"], each["n"]) for each in document["configs"]] == [
        ("bare+prompt · T 0.3", 2),
        ("bare+prompt · T 1", 2),
    ]
    assert document["pairs"][0]["blocks"] == 2
    assert [(each["model"], each["runs"]) for each in document["made_on"]] == [("demo", 4)]
    assert (document["mixture"], document["race"]) == ([], None)
    specs = [run.result.session for run in Experiments().read("last").runs]
    shown = subprocess.run(
        [sys.executable, "-m", "console", "sessions", "show", specs[1], "--json"],
        capture_output=True,
        check=True,
    )
    assert msgspec.json.decode(shown.stdout)["spec"]["sampling"]["temperature"] == 1
    planned = CliRunner().invoke(command, ["--demo", "-c", "bare", "-n", "50", "--plan"])
    assert "for 50 runs, at" in planned.stdout
    assert "as the last 4 runs of demo here" in planned.stdout


def test_a_race_of_one_is_refused_before_it_begins() -> None:
    given = ["--demo", "-c", "bare", "--until-decided", "-n", "3"]
    ran = CliRunner().invoke(command, given)
    assert ran.exit_code == 2
    assert "one config alone" in ran.stderr
    assert CliRunner().invoke(command, [*given, "-T", "0", "-T", "1", "--plan"]).exit_code == 0


@pytest.mark.shell
def test_a_race_says_which_are_left_and_what_it_saved() -> None:
    ran = tally(*DEMO, "-n", "2", "--until-decided", "--json")
    assert ran.returncode == 0, ran.stderr
    document: dict[str, Any] = msgspec.json.decode(ran.stdout)
    names = [each["config"] for each in document["configs"]]
    assert document["race"] == {"over": False, "left": names, "out": [], "saved": 0}
    assert "2 of 2 may still be the best by their bounds, and no runs are left." in ran.stderr
    assert "fewer if it is decided before" in ran.stderr


def test_help_names_every_way_to_go_on_and_what_the_exit_status_means() -> None:
    text = CliRunner().invoke(command, ["--help"]).stdout
    for word in (
        "--resume",
        "--anyway",
        "--plan",
        "--until-decided",
        "--factorial",
        "separated",
        "exit status",
        "--json",
    ):
        assert word in text
