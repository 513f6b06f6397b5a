import asyncio
import sqlite3

import pytest

from market_maker.cli import main
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.store import DatabaseStore
from tests.builders import NOW, enroll, fill, order

pytestmark = pytest.mark.thorough

FILLS = 5


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("POSTGRES_URL", raising=False)
    monkeypatch.delenv("MM_DATA_DIR", raising=False)


def trade(folder, *, posted):
    """A database with fills: as this version writes them, or as one without a ledger did."""

    async def run():
        database = open_database(embedded_url(folder))
        async with DatabaseStore(database).transaction() as unit:
            await enroll(unit)
            await unit.orders.add([order()])
            new = await unit.fills.add([fill(number) for number in range(1, FILLS + 1)])
            if posted:
                await Bookkeeper().post(unit, new, {order().client_order_id: 1}, NOW)
        await database.close()

    assert main.run(["db", "upgrade", "--data-dir", str(folder)]) == 0
    asyncio.run(run())


def test_a_ledger_that_is_right_is_said_to_be_and_the_exit_code_is_0(tmp_path, capsys):
    trade(tmp_path, posted=True)
    capsys.readouterr()
    assert main.run(["ledger", "check", "--data-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"ledger of {tmp_path / 'market_maker.db'}\n5 entries, 5 fills, 1 sums")
    assert "  cash " in out
    assert out.endswith("right: it balances, and follows from the fills to the last digit\n")
    assert main.run(["ledger", "check", "--month", "2025-10", "--data-dir", str(tmp_path)]) == 0
    assert "2025-10\n5 entries" in capsys.readouterr().out
    assert main.run(["ledger", "check", "--month", "2025-11", "--data-dir", str(tmp_path)]) == 0
    assert "2025-11\n0 entries" in capsys.readouterr().out


def test_what_is_wrong_is_said_and_the_exit_code_is_1(tmp_path, capsys):
    trade(tmp_path, posted=True)
    with sqlite3.connect(tmp_path / "market_maker.db") as database:
        database.execute("DROP TRIGGER mm_ledger_no_UPDATE")
        database.execute("UPDATE mm_ledger SET cash = '7' WHERE entry_id = 3")
    capsys.readouterr()
    assert main.run(["ledger", "check", "--data-dir", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "entry 3: does not balance: its amounts sum to " in out
    assert "entry 3: cash is 7, fill " in out
    assert out.endswith("NOT right: what is stored does not follow from what happened\n")


def test_many_findings_are_counted_and_the_first_shown(tmp_path, capsys):
    trade(tmp_path, posted=True)
    with sqlite3.connect(tmp_path / "market_maker.db") as database:
        database.execute("DROP TRIGGER mm_ledger_no_UPDATE")
        database.execute("UPDATE mm_ledger SET cash = '7', fees = '7', position = '7', cost = '7'")
    capsys.readouterr()
    assert main.run(["ledger", "check", "--data-dir", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.count("entry ") == 20
    assert "and 6 more\n" in out


@pytest.mark.parametrize("month", ["2025-13", "2025", "last", "2025-10-01"])
def test_a_month_that_is_none_is_refused(tmp_path, capsys, month):
    assert main.run(["ledger", "check", "--month", month, "--data-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: month: {month!r} is not allowed") or "month" in error
    assert error.count("\n") == 1


def test_a_database_that_is_missing_is_one_line(tmp_path, capsys):
    assert main.run(["ledger", "check", "--data-dir", str(tmp_path / "none")]) == 1
    assert "run `market_maker db upgrade`" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_an_upgrade_posts_what_an_earlier_version_stored(tmp_path, capsys):
    trade(tmp_path, posted=False)
    assert main.run(["ledger", "check", "--data-dir", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.count(" has no entry\n") == FILLS
    assert main.run(["db", "upgrade", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith(
        "5 fills that were stored before there was a ledger are posted to it\n"
    )
    assert main.run(["ledger", "check", "--data-dir", str(tmp_path)]) == 0
    assert main.run(["db", "upgrade", "--data-dir", str(tmp_path)]) == 0
    assert "posted" not in capsys.readouterr().out


def test_the_service_does_not_start_before_that(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HTTP_PORT", "any")
    monkeypatch.setenv("METRICS_PORT", "any")
    monkeypatch.setenv("DISABLE_AUTH", "true")
    trade(tmp_path, posted=False)
    capsys.readouterr()
    assert main.run(["serve", "--data-dir", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "are not in it: run `market_maker db upgrade`" in error
