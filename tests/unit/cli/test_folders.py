"""Every command that takes a data directory does its work in it, or says in one line why not, and
makes nothing."""

from importlib import import_module

import pytest
import typer

from market_maker.cli.main import COMMANDS, run
from tests.unit.cli.test_wrong_values import leaves

OPTION = "--data-dir"
LINES = {
    "audit head": "",
    "audit replay": "",
    "audit verify": "",
    "backup": "{made}",
    "db check": "",
    "db upgrade": "",
    "explain": "BTCUSDT-PERP --at 2026-11-20T23:15:00Z",
    "kill": "",
    "ledger check": "",
    "outbox status": "",
    "outbox unpark": "BTCUSDT-PERP",
    "parked": "",
    "parity": "--symbol BTCUSDT-PERP",
    "restore": "{backup}",
    "revoke": "--all",
    "serve": "",
    "settle": "--month 2026-02",
    "simulate month": "--month 2023-02 --days 1",
    "statement": "x",
    "token": "--role risk",
    "validate-config": "",
    "watchdog": "--once",
}
"""What else each needs."""
MAKES_ONE = {"db upgrade", "serve", "simulate month", "validate-config"}
"""Those that take a new directory, or would."""
PAGES = {"validate-config"}
"""Those that say on their page what is wrong."""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    names = ("MM_DATA_DIR", "POSTGRES_URL", "ORDER_SERVICE_URL", "WATCHDOG_HYPERLIQUID_KEY")
    for name in (*names, "WATCHDOG_HYPERLIQUID_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


def commands_with_a_folder():
    for name, place in COMMANDS.items():
        app, target = typer.Typer(), getattr(import_module(place.module), place.attribute)
        if isinstance(target, typer.Typer):
            app = target
        else:
            app.command(name)(target)
        for words, parameters in leaves(typer.main.get_command(app), [name]):
            if any(OPTION in each.opts for each in parameters):
                yield " ".join(words)


def test_every_command_with_a_data_directory_is_in_the_table():
    assert sorted(commands_with_a_folder()) == sorted(LINES)


def absent(folder):
    return folder / "nope"


def empty(folder):
    (folder / "empty").mkdir(mode=0o755)
    return folder / "empty"


def a_file(folder):
    (folder / "file").write_text("x")
    return folder / "file"


def below_a_file(folder):
    return a_file(folder) / "below"


def another_program(folder):
    """Open to others, as a directory of many programs is."""
    theirs = folder / "theirs"
    theirs.mkdir()
    # Whatever the umask is.
    theirs.chmod(0o755)
    (theirs / "PG_VERSION").write_text("17")
    (theirs / "base").mkdir(mode=0o755)
    return theirs


def everything_in(folder):
    return {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}


def refused(capsys, tmp_path, command, data_dir):
    """The line that it said."""
    (tmp_path / "backup").mkdir(exist_ok=True)
    rest = LINES[command].format(made=tmp_path / "made", backup=tmp_path / "backup")
    before = everything_in(tmp_path)
    code = run([*command.split(), *rest.split(), OPTION, str(data_dir)])
    captured = capsys.readouterr()
    assert code in {1, 2}, captured
    assert everything_in(tmp_path) == before
    if command in PAGES and "MM_DATA_DIR" in captured.out:
        (line,) = (each for each in captured.out.splitlines() if each.startswith("MM_DATA_DIR"))
        return line
    (line,) = captured.err.splitlines()
    assert captured.out == ""
    return line


@pytest.mark.parametrize("kind", [absent, empty])
@pytest.mark.parametrize("command", sorted(LINES.keys() - MAKES_ONE))
def test_a_new_directory_is_not_one_that_a_service_uses(capsys, tmp_path, command, kind):
    data_dir = kind(tmp_path)
    line = refused(capsys, tmp_path, command, data_dir)
    named = tmp_path / "backup" if command == "restore" else data_dir
    assert str(named) in line


@pytest.mark.parametrize("kind", [a_file, below_a_file])
@pytest.mark.parametrize("command", sorted(LINES))
def test_a_file_is_no_directory(capsys, tmp_path, command, kind):
    data_dir = kind(tmp_path)
    line = refused(capsys, tmp_path, command, data_dir)
    assert str(data_dir) in line or command == "restore"


@pytest.mark.parametrize("command", sorted(LINES))
def test_a_directory_of_another_program_is_left_as_it_is(capsys, tmp_path, command):
    data_dir = another_program(tmp_path)
    line = refused(capsys, tmp_path, command, data_dir)
    assert str(data_dir) in line or command == "restore"
