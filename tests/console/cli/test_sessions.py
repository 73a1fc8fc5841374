"""`driftty sessions`: what a person or a script gets to see."""

import asyncio
import json
import subprocess
import sys
from io import StringIO

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from console.cli import driftty
from console.settings import Settings, write_settings
from engine.errors import SettingsError, StoreError
from engine.events import AnyEvent, ModelReady, PartClosed, ShellWrote
from sessions import database
from sessions.ids import new_id
from sessions.recorder import Recorder
from tests.sessions.made import PROVENANCE, begin, end, make_session, make_spec
from tests.sessions.many import experiment_of, fill

HOSTILE = "\x1b]52;c;aGk=\x07 [red]bold[/red] [@click=app.quit]x[/] \x9b31m \u202e"


def record(*sessions: list[AnyEvent]) -> list[str]:
    """Record events under new ids; returns these."""

    async def run() -> list[str]:
        ids = []
        async with Recorder.open() as recorder:
            for events in sessions:
                ids.append(new_id())
                for event in events:
                    recorder.record(ids[-1], _named(event, ids[-1]))
        return ids

    return asyncio.run(run())


def _named(event: AnyEvent, session: str) -> AnyEvent:
    if hasattr(event, "session"):
        return msgspec.structs.replace(event, session=session)
    return event


def run(*arguments: str) -> Result:
    return CliRunner().invoke(driftty, ["sessions", *arguments], catch_exceptions=False)


def test_an_empty_library_says_how_to_fill_it() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "driftty run" in result.stderr
    assert json.loads(run("list", "--json").stdout) == []


def test_a_list_has_a_line_a_session() -> None:
    first, second = record(make_session("a"), make_session("b")[:20])
    lines = run("list").stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(second)
    assert "⊘ interrupted" in lines[1]
    assert lines[2].startswith(first)
    for part in (
        "▲ drift",
        "operator+history",
        "smollm2-135m",
        "hostname",
        "narration @2",
        "1.0 s",
    ):
        assert part in lines[2]


def test_a_list_as_json_has_all_fields() -> None:
    (session,) = record(make_session("a"))
    (found,) = json.loads(run("list", "--json").stdout)
    assert found["id"] == session
    assert found["outcome"] == "drift"
    assert found["drift_turn"] == 2
    assert found["tags"] == []


def test_a_list_can_be_narrowed_and_paged() -> None:
    record(*([make_session("a")] * 3), [begin("x", make_spec("bare")), end("x")])
    assert len(json.loads(run("list", "--json", "--config", "bare").stdout)) == 1
    assert len(json.loads(run("list", "--json", "-n", "2").stdout)) == 2
    assert "1 to 2 of 4" in run("list", "-n", "2").stdout
    assert "3 to 4 of 4" in run("list", "-n", "2", "--offset", "2").stdout
    nothing = run("list", "--outcome", "clean")
    assert nothing.stdout == ""
    assert "shows all" in nothing.stderr
    assert run("list", "--outcome", "splendid").exit_code == 2


def test_show_tells_the_session_from_what_was_asked_to_how_it_ended() -> None:
    record(make_session("a"))
    shown = run("show", "last").stdout
    for part in (
        "operator+history",
        "temperature 0.7",
        "rng 42",
        "cpu (a processor)",
        "torch 2.13.0",
        "bwrap",
        "── turn 1",
        "… I ask for the name.",
        "$ hostname -s",
        "box",
        "▲ DRIFT narration, turn 2: Let me try something else.",
        "exec 12 ms",
        "── drift in turn 2",
    ):
        assert part in shown
    assert "\x1b" not in shown


def test_show_events_are_the_events_as_recorded() -> None:
    (session,) = record(make_session("a"))
    lines = run("show", session[:11], "--events").stdout.splitlines()
    decoder = msgspec.json.Decoder(AnyEvent)
    assert [decoder.decode(line) for line in lines] == [
        _named(event, session) for event in make_session("a")
    ]


def test_show_as_json_has_what_was_asked_and_who_answered() -> None:
    record(make_session("a"))
    shown = json.loads(run("show", "last", "--json").stdout)
    assert shown["spec"]["config"]["source"] == 'name = "operator"\n'
    assert shown["provenance"]["dtype"] == "float32"
    assert shown["stages"]["tokens"] == 22
    assert shown["summary"]["events"] == len(make_session("a"))


def test_an_interrupted_session_shows_what_there_is() -> None:
    recording = (
        "import asyncio, os\n"
        "from sessions.recorder import Recorder\n"
        "from tests.sessions.made import make_session\n"
        "async def main():\n"
        "    async with Recorder.open() as recorder:\n"
        "        for event in make_session('x')[:20]: recorder.record('x', event)\n"
        "        await recorder.flush()\n"
        "        os._exit(9)\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, "-c", recording], check=False).returncode == 9
    shown = run("show", "last").stdout
    assert "⊘ interrupted" in shown
    assert "this is all there was" in shown


@pytest.mark.parametrize("command", ["list", "show last"])
def test_untrusted_text_neither_reaches_the_terminal_nor_is_read_as_markup(command: str) -> None:
    spec = msgspec.structs.replace(make_spec(HOSTILE, HOSTILE), model=HOSTILE)
    events: list[AnyEvent] = [
        begin("a", spec),
        PartClosed(at=1, turn=1, part=0, kind="reasoning", text=HOSTILE, complete=True),
        ShellWrote(at=2, data=HOSTILE.encode()),
        msgspec.structs.replace(end("a"), why=HOSTILE),
    ]
    record(events)
    shown = run(*command.split()).stdout
    assert not set(shown) & set("\x1b\x07\x9b\u202e")
    assert "[red]bold[/red]" in shown


def test_it_is_told_which_forward_of_the_model_answered() -> None:
    provenance = msgspec.structs.replace(PROVENANCE, forward="written out")
    record([begin("a"), ModelReady(at=1, provenance=provenance), end("a")])
    assert "forward written out" in " ".join(run("show", "last").stdout.split())
    document = json.loads(run("show", "last", "--json").stdout)
    assert document["provenance"]["forward"] == "written out"


def test_an_id_that_nothing_has_is_a_sentence() -> None:
    record(make_session("a"))
    with pytest.raises(StoreError, match="`driftty sessions list` shows them"):
        run("show", "zzz")


def test_listing_imports_neither_textual_nor_torch() -> None:
    record(make_session("a"))
    program = (
        "import sys\n"
        "from console.cli import driftty\n"
        "driftty(['sessions', 'list'], standalone_mode=False)\n"
        "assert not {'textual', 'torch', 'transformers'} & set(sys.modules), sorted(sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_a_reader_who_leaves_early_is_no_error() -> None:
    output = ShellWrote(at=1, data=bytes(100_000))
    record([begin("a"), *[output] * 30, end("a")])
    ran = subprocess.run(
        f"{sys.executable} -c 'from console.cli import main; main()' sessions show last --events"
        " | head -c 10",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert ran.stderr == b""


@pytest.mark.parametrize("width", [80, 120, 200])
def test_on_a_narrow_terminal_only_words_are_cut(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "operator+system+instruction+history+exit+prompt"
    record(
        [begin("a", make_spec(long, "a task with a long text " * 5)), *make_session("a")[1:]],
        make_session("b"),
    )
    written = StringIO()
    console = Console(file=written, width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr("console.cli.sessionview.plain_console", lambda: console)
    run("list")
    lines = written.getvalue().splitlines()
    assert len(lines) == 3
    assert all(cell_len(line) <= width for line in lines)
    for line in lines[1:]:
        assert "▲ drift" in line
        assert line.rstrip().endswith("narration @2   1.0 s")
    assert ("smol" in lines[1]) == (width > 100)


def test_a_list_takes_the_query_of_the_screen() -> None:
    fill(database.default_path(), 12, events=30)
    listed = json.loads(run("list", "outcome:drift", "turns>2", "--json").stdout)
    assert listed
    assert all(one["outcome"] == "drift" and one["turns"] > 2 for one in listed)
    assert len(json.loads(run("list", "hostname", "-n", "5", "--json").stdout)) == 5
    with pytest.raises(StoreError, match="There is no field “colour”"):
        run("list", "colour:red")
    assert "No session is like that" in run("list", "turns>99").stderr


def test_a_list_is_paged_and_sorted() -> None:
    fill(database.default_path(), 12, events=3)
    pages = [
        [one["turns"] for one in json.loads(run(*arguments, "--json").stdout)]
        for arguments in (
            ("list", "-n", "5", "--sort", "turns"),
            ("list", "-n", "5", "--offset", "5", "--sort", "turns"),
            ("list", "-n", "50", "--sort", "turns", "--reverse"),
        )
    ]
    assert [len(page) for page in pages] == [5, 5, 12]
    assert pages[0] + pages[1] == sorted(pages[2])[:10]
    assert pages[2] == sorted(pages[2], reverse=True)
    assert "1 to 5 of 12" in run("list", "-n", "5").stdout


def test_runs_of_experiments_are_left_out_unless_they_are_asked_for() -> None:
    ids = fill(database.default_path(), 6, events=3)
    experiment = experiment_of(database.default_path(), ids[1:4])

    def listed(*arguments: str) -> set[str]:
        return {one["id"] for one in json.loads(run("list", *arguments, "--json").stdout)}

    assert listed() == {ids[0], *ids[4:]}
    assert listed("--all") == set(ids)
    for asked in (experiment, experiment[:8], "last"):
        assert listed("-e", asked) == set(ids[1:4])
    assert listed(f"experiment:{experiment}") == set(ids[1:4])
    assert "3 runs of experiments left out" in run("list").stderr
    assert "left out" not in run("list", "--all").stderr
    with pytest.raises(StoreError, match="No experiment's id begins with “zzz”"):
        run("list", "-e", "zzz")


def test_only_what_is_old_and_unmarked_is_pruned_and_only_when_agreed() -> None:
    ids = fill(database.default_path(), 4, events=3)
    run("tag", ids[0], "baseline")
    assert run("prune").exit_code == 2
    dry = run("prune", "--days", "1", "--dry-run")
    assert [line.split()[0] for line in dry.stdout.splitlines()] == ids[1:]
    assert "3 recordings" in dry.stderr
    assert CliRunner().invoke(driftty, ["sessions", "prune", "--days", "1"], input="n\n").exit_code
    assert len(json.loads(run("list", "--json").stdout)) == 4
    done = json.loads(run("prune", "--days", "1", "--yes", "--json").stdout)
    assert done["removed"] == 3
    assert [one["id"] for one in json.loads(run("list", "--json").stdout)] == [ids[0]]


def test_a_rule_of_the_settings_is_what_prune_goes_by() -> None:
    fill(database.default_path(), 2, events=3)
    write_settings(Settings(keep_days=1))
    assert "2 recordings" in run("prune", "--dry-run").stderr
    write_settings(Settings(keep_days=-1))
    with pytest.raises(SettingsError, match="0 or more"):
        run("prune", "--dry-run")
