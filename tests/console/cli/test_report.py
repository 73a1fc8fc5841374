"""`driftty report` as a person calls it."""

from pathlib import Path

from click.testing import CliRunner

from console.cli import COMMANDS
from console.cli.report import command
from sessions.experiments import Experiments
from tests.console.report.results import experiment, kept


def stored() -> str:
    planned, placement = experiment(n=2)
    Experiments().begin(planned, placement)
    Experiments().add(planned.id, kept(planned, placement).runs)
    return planned.id


def test_markdown_goes_to_standard_output() -> None:
    id_ = stored()
    ran = CliRunner().invoke(command, [])
    assert ran.exit_code == 0
    assert ran.stdout.startswith(f"# Experiment {id_}\n")
    assert ran.stderr == ""


def test_several_files_at_once_and_their_names_on_standard_error(tmp_path: Path) -> None:
    id_ = stored()
    wanted = [tmp_path / f"r.{form}" for form in ("html", "csv", "json")]
    arguments = [word for path in wanted for word in ("-o", str(path))]
    ran = CliRunner().invoke(command, [id_[:5], *arguments])
    assert ran.exit_code == 0
    assert ran.stdout == ""
    assert ran.stderr.split() == [str(path) for path in wanted]
    assert all(path.stat().st_size > 100 for path in wanted)


def test_what_is_wrong_is_said_before_anything_is_read(tmp_path: Path) -> None:
    there = tmp_path / "r.html"
    there.write_text("mine")
    for arguments in (["-o", str(there)], ["-o", str(tmp_path / "r.pdf")]):
        ran = CliRunner().invoke(command, ["nothing", *arguments])
        assert ran.exit_code == 1
        assert "nothing" not in str(ran.exception)
    assert there.read_text() == "mine"


def test_it_is_among_the_commands() -> None:
    assert COMMANDS["report"][0] == "console.cli.report"
