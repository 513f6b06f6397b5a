import gc
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
import typer

from market_maker.cli import main
from market_maker.model.errors import InvalidFieldError, VenueUnavailableError
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording


def fail(error):
    def command():
        raise error

    return command


@pytest.fixture
def demo(monkeypatch):
    """Stand a function in for the demo command."""

    def install(function):
        module = ModuleType("market_maker.cli.stand_in")
        module.command = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        stand_in = main.CliCommand(module.__name__, "command", "A stand-in.")
        monkeypatch.setitem(main.COMMANDS, "demo", stand_in)

    return install


def one_error_line(capsys):
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_broken_rule_is_one_line_and_exit_code_2(demo, capsys):
    demo(fail(InvalidFieldError("seconds", -1, "a number above 0")))
    assert main.run(["demo"]) == 2
    assert one_error_line(capsys) == (
        "error: seconds: -1 is not allowed; allowed: a number above 0\n"
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["demo", "--bogus"], ["--bogus"]),
        (["demo", "--count", "many"], ["--count", "many"]),
        (["demo"], ["--count", "Missing"]),
        (["dmeo"], ["dmeo", "demo", "import", "replay", "simulate"]),
        (["--bogus", "demo"], ["--bogus"]),
    ],
)
def test_a_usage_error_is_one_line_that_names_what_was_wrong(demo, capsys, arguments, named):
    def command(count: Annotated[int, typer.Option()]):
        raise AssertionError(count)

    demo(command)
    assert main.run(arguments) == 2
    line = one_error_line(capsys)
    assert [word for word in named if word not in line] == []


def test_a_venue_failure_is_one_line_and_exit_code_1(demo, capsys):
    demo(fail(VenueUnavailableError("no answer from the venue")))
    assert main.run(["demo"]) == 1
    assert one_error_line(capsys) == "error: no answer from the venue\n"


def test_a_connection_that_breaks_is_one_line_and_not_taken_for_the_readers_end(demo, capsys):
    demo(fail(BrokenPipeError(32, "Broken pipe")))
    assert main.run(["demo"]) == 1
    assert one_error_line(capsys) == "error: [Errno 32] Broken pipe\n"


def test_a_missing_file_is_one_line_that_names_it(demo, capsys):
    def command():
        Path("no/such/file").read_bytes()

    demo(command)
    assert main.run(["demo"]) == 2
    assert one_error_line(capsys) == "error: no/such/file: No such file or directory\n"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "words", [["openapi"], ["--help"], ["generate-config", "--output", "-"], ["validate-config"]]
)
def test_a_full_disk_behind_standard_output_is_one_line_that_says_so(words):
    usual = dict(os.environ)  # noqa: TID251  for a child
    usual.pop("PYTHONUNBUFFERED", None)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "market_maker", *words],
            env=usual,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: standard output: cannot be written: no space left on device\n"


def test_an_interrupt_is_130(demo):
    demo(fail(KeyboardInterrupt()))
    assert main.run(["demo"]) == 130


def test_a_commands_own_exit_code_is_kept(demo):
    demo(fail(typer.Exit(7)))
    assert main.run(["demo"]) == 7


def test_a_bug_keeps_its_traceback(demo):
    demo(fail(AssertionError("a bug")))
    with pytest.raises(AssertionError, match="a bug"):
        main.run(["demo"])


def test_no_arguments_show_the_commands(capsys):
    assert main.run([]) == 0
    shown = capsys.readouterr().out
    assert [name for name in main.COMMANDS if name not in shown] == []


def test_help_shows_the_commands_by_what_they_are_for(capsys):
    assert main.run(["--help"]) == 0
    shown = capsys.readouterr().out
    groups = list(dict.fromkeys(command.group for command in main.COMMANDS.values()))
    places = [shown.index(f"─ {group} ─") for group in groups]
    assert places == sorted(places)
    for name, command in main.COMMANDS.items():
        group = groups.index(command.group)
        end = places[group + 1] if group + 1 < len(groups) else None
        assert f"│ {name} " in shown[places[group] : end]


@pytest.mark.thorough
def test_help_is_the_same_wherever_tests_are_started():
    """A terminal may be 40 columns wide, and typer writes in colour where GITHUB_ACTIONS is set."""
    test = test_help_shows_the_commands_by_what_they_are_for.__name__
    words = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", f"{__file__}::{test}"]
    environment = os.environ | {"COLUMNS": "40", "GITHUB_ACTIONS": "true"}  # noqa: TID251  for a child
    ran = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_help_does_not_import_what_the_commands_need(capsys):
    before = set(sys.modules)
    assert main.run(["--help"]) == 0
    capsys.readouterr()
    assert not {name for name in set(sys.modules) - before if "numba" in name}


def test_nothing_is_collected_while_the_module_of_a_command_is_read(demo, monkeypatch):
    """What modules make stays, and walking through it was a tenth of what a command began with."""
    collects = []

    class Module(ModuleType):
        @property
        def command(self):
            collects.append(gc.isenabled())
            return lambda: collects.append(gc.isenabled())

    demo(None)
    monkeypatch.setitem(sys.modules, "market_maker.cli.stand_in", Module("stand_in"))
    assert main.run(["demo"]) == 0
    assert collects == [False, True]


PYDANTIC = {"pydantic"}
RESEARCH = {"numba", "numpy"}
DRAWN = {"rich", "markdown_it"}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "code", "others"),
    [
        (["--help"], 0, RESEARCH | PYDANTIC | {"importlib.metadata"}),
        (["kill", "--help"], 0, RESEARCH | PYDANTIC | {"aiohttp", "market_maker.engine.engine"}),
        (
            ["kill", "--data-dir", "none", "--symbol=X"],
            2,
            RESEARCH
            | PYDANTIC
            | DRAWN
            | {"aiohttp", "asyncio", "market_maker.engine.engine", "market_maker.research"},
        ),
        (
            ["replay", "one.mmrec", "--engine=python", "--strategy", "symmetric", "--json"],
            0,
            PYDANTIC
            | {
                "rich.progress",
                "concurrent.futures.process",
                "market_maker.research.report",
                "market_maker.research.report_page",
            },
        ),
    ],
    ids=["help", "help of kill", "kill", "replay"],
)
def test_a_command_begins_without_what_others_need(words, code, others, tmp_path):
    """`--version` reads what is known of packages, research compiles, pages have charts, bars are
    for terminals; and pydantic reads what is no plain word."""
    write_recording(tmp_path / "one.mmrec", toy_recording(seconds=20))
    program = (
        "import sys\n"
        "from market_maker.cli.main import run\n"
        f"assert run({words!r}) == {code}\n"
        f"print(sorted({others!r} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.splitlines()[-1:]) == (0, ["[]"]), ran.stderr


def test_version_is_printed(capsys):
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("market_maker 0.")


def test_the_package_itself_is_the_command_line():
    ran = subprocess.run(
        [sys.executable, "-m", "market_maker", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("market_maker 0.")


def test_errors_of_tasks_side_by_side_are_one_line_and_a_bug_among_them_keeps_its_traceback(
    demo, capsys
):
    refused = InvalidFieldError("token", None, "one that is valid")
    demo(fail(ExceptionGroup("tasks", [ExceptionGroup("more", [refused])])))
    assert main.run(["demo"]) == 2
    assert "token" in one_error_line(capsys)
    demo(fail(ExceptionGroup("tasks", [refused, ZeroDivisionError()])))
    with pytest.raises(ExceptionGroup):
        main.run(["demo"])
