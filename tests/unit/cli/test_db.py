import sqlite3
from pathlib import Path

import pytest

from market_maker.cli import main
from market_maker.storage.migrations import versions
from tests.support.full_disk import full_disk

pytestmark = pytest.mark.thorough

A_DAY = ["simulate", "month", "--month", "2023-09", "--days", "1", "--symbols", "BTCUSDT-PERP"]
NEWEST = max(each.name[1:5] for each in Path(versions.__path__[0]).glob("v*.py"))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("POSTGRES_URL", raising=False)
    monkeypatch.delenv("MM_DATA_DIR", raising=False)


def test_upgrade_makes_a_private_folder_and_the_tables_and_then_has_nothing_to_do(tmp_path, capsys):
    folder = tmp_path / "a" / "b"
    assert main.run(["db", "upgrade", "--data-dir", str(folder)]) == 0
    assert folder.stat().st_mode & 0o777 == 0o700
    assert capsys.readouterr().out == f"{folder / 'market_maker.db'}: schema empty -> {NEWEST}\n"
    assert main.run(["db", "upgrade", "--data-dir", str(folder)]) == 0
    assert main.run(["db", "check", "--data-dir", str(folder)]) == 0
    line = f"{folder / 'market_maker.db'}: schema {NEWEST} is up to date\n"
    assert capsys.readouterr().out == line * 2


def test_check_of_a_missing_database_names_the_command_and_makes_nothing(tmp_path, capsys):
    folder = tmp_path / "nothing"
    assert main.run(["db", "check", "--data-dir", str(folder)]) == 1
    error = capsys.readouterr().err
    assert (
        f"there is no database {folder / 'market_maker.db'}: name the service's directory" in error
    )
    assert "`market_maker db upgrade`" in error
    assert not folder.exists()


@pytest.mark.parametrize("room", [50_000, 600_000])
def test_a_disk_that_fills_up_under_a_simulated_month_is_one_line_and_no_half_of_it(
    tmp_path, capsys, room
):
    with full_disk(room=room):
        assert main.run([*A_DAY, "--data-dir", str(tmp_path)]) == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {tmp_path / 'market_maker.db'}: ")
    assert {path.name for path in tmp_path.iterdir()} == {"serve.lock"}


@pytest.mark.parametrize("damage", ["no database", "cut off", "overwritten"])
@pytest.mark.parametrize("command", [["db", "check"], ["db", "upgrade"], ["serve"]])
def test_a_broken_database_is_one_line_that_says_what_to_do(
    tmp_path, capsys, monkeypatch, command, damage
):
    monkeypatch.setenv("HTTP_PORT", "any")
    monkeypatch.setenv("METRICS_PORT", "any")
    main.run(["db", "upgrade", "--data-dir", str(tmp_path)])
    path = tmp_path / "market_maker.db"
    whole = path.read_bytes()
    path.write_bytes(
        {
            "no database": b"not a database" * 100,
            "cut off": whole[: len(whole) // 8],
            "overwritten": whole[:4096] + bytes(len(whole) - 4096),
        }[damage]
    )
    broken = path.read_bytes()
    capsys.readouterr()
    assert main.run([*command, "--data-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert f"{path}: is damaged, or no database" in error
    assert "restore a backup" in error
    assert error.count("\n") == 1
    assert path.read_bytes() == broken


def test_the_data_folder_may_come_from_the_environment(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))
    assert main.run(["db", "upgrade"]) == 0
    assert str(tmp_path) in capsys.readouterr().out


def test_a_newer_schema_is_refused_by_check_and_by_upgrade(tmp_path, capsys):
    main.run(["db", "upgrade", "--data-dir", str(tmp_path)])
    with sqlite3.connect(tmp_path / "market_maker.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in ("check", "upgrade"):
        assert main.run(["db", command, "--data-dir", str(tmp_path)]) == 1
        error = capsys.readouterr().err
        assert f"is 9999, newer than this program, which knows {NEWEST}" in error
        assert error.count("\n") == 1


def test_a_full_disk_is_one_line_that_names_the_file_and_leaves_no_half_of_it(tmp_path, capsys):
    with full_disk(room=50_000):
        assert main.run(["db", "upgrade", "--data-dir", str(tmp_path)]) == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {tmp_path / 'market_maker.db'}: the database failed: ")
    assert list(tmp_path.iterdir()) == []
    assert main.run(["db", "upgrade", "--data-dir", str(tmp_path)]) == 0
    # One that was there before stays, and is what it was.
    whole = (tmp_path / "market_maker.db").read_bytes()
    with full_disk(room=50_000):
        main.run(["db", "upgrade", "--data-dir", str(tmp_path)])
    assert (tmp_path / "market_maker.db").read_bytes() == whole


@pytest.mark.parametrize("command", [["db", "upgrade"], A_DAY])
def test_a_folder_that_others_could_read_is_closed_first(tmp_path, command):
    tmp_path.chmod(0o755)
    with full_disk(room=20_000):
        assert main.run([*command, "--data-dir", str(tmp_path)]) != 0
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_wrong_address_of_postgresql_is_refused_without_its_password(monkeypatch, capsys):
    monkeypatch.setenv("POSTGRES_URL", "mysql://u:secret@h/d")
    assert main.run(["db", "check"]) == 2
    error = capsys.readouterr().err
    assert "POSTGRES_URL" in error
    assert "secret" not in error


def test_a_server_that_does_not_answer_is_one_line_and_exit_code_1(monkeypatch, capsys):
    monkeypatch.setenv("POSTGRES_URL", "postgres://u:secret@127.0.0.1:1/d")
    assert main.run(["db", "check"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: the database does not answer")
    assert error.count("\n") == 1
    assert "secret" not in error
