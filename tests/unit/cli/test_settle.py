"""`market_maker settle` and `market_maker statement` on a database of their own."""

import asyncio
import csv
from types import SimpleNamespace

import pytest

from market_maker.accounting.statements import Form
from market_maker.cli import main
from market_maker.cli.statement import _write
from market_maker.clocks import WallClock
from market_maker.model.calendar import month_of
from market_maker.model.errors import InvalidDataError
from market_maker.model.records import SettlementCriteria
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from tests.support.full_disk import full_disk
from tests.unit.api.trading import MONTH, traded_month

pytestmark = pytest.mark.thorough

FUTURE = "2199-12"
ACME = f"stl-{MONTH}-1-acme"


def on_store(folder, task):
    async def work():
        database = open_database(embedded_url(folder))
        try:
            return await task(database)
        finally:
            await database.close()

    return asyncio.run(work())


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """A database with a month of trading, to be copied."""
    folder = tmp_path_factory.mktemp("traded")

    async def make(database):
        await upgrade_schema(database)
        await traded_month(DatabaseStore(database))

    on_store(folder, make)
    return (folder / "market_maker.db").read_bytes()


@pytest.fixture
def data_dir(tmp_path, traded, monkeypatch):
    (tmp_path / "market_maker.db").write_bytes(traded)
    for variable in ("MM_DATA_DIR", "POSTGRES_URL", "SETTLEMENT_MONEY_FLOW"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def cli(data_dir, capsys):
    """Runs a command line; returns its exit code, and what it wrote."""

    def run(*arguments):
        code = main.run([*arguments, "--data-dir", str(data_dir)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def stored(data_dir):
    """Of each settlement: id, gross and who made it."""

    async def read(database):
        async with DatabaseStore(database).reading() as unit:
            page = await unit.settlements.page(SettlementCriteria(), 100)
            assert (await unit.settlements.run(MONTH) is None) == (not page.items)
        return {row.settlement_id: (str(row.gross_pnl_usdt), row.created_by) for row in page.items}

    return on_store(data_dir, read)


def test_a_month_is_settled_once_and_shown_as_a_table(cli, data_dir):
    code, out, err = cli("settle", "--month", MONTH)
    assert (code, err) == (0, "")
    assert f"2 settlements of {MONTH} up to ledger entry 4, 2 of them new" in out
    for shown in (ACME, "100.06", "20.01", "80.05", "participant pays", "no payment"):
        assert shown in out
    made = stored(data_dir)
    assert {gross for gross, _ in made.values()} == {"100.06"}
    assert {by.partition(":")[0] for _, by in made.values()} == {"cli"}
    _, out, _ = cli("settle", "--month", MONTH)
    assert "0 of them new" in out
    assert stored(data_dir) == made


def test_a_dry_run_shows_the_amounts_and_writes_nothing(cli, data_dir):
    code, out, _ = cli("settle", "--month", MONTH, "--dry-run")
    assert code == 0
    assert "20.01" in out
    assert "dry run: nothing was written" in out
    _, out, _ = cli("settle", "--month", MONTH, "--dry-run", "--participant", "beta")
    assert f"1 settlements of {MONTH}" in out
    assert "acme" not in out
    assert stored(data_dir) == {}


BAD = [
    (["--month", FUTURE], FUTURE),
    (["--month", FUTURE, "--dry-run"], FUTURE),
    (["--month", "2026-3"], "2026-3"),
    (["--month", "march"], "march"),
    ([], "--month"),
    (["--month", MONTH, "--participant", "acme"], "acme"),
    (["--month", MONTH, "--dry-run", "--participant", "nobody"], "nobody"),
    (["--month", MONTH, "--share", "101"], "--share"),
    (["--month", "2026-04"], MONTH),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_a_month_that_makes_no_sense_is_one_line_and_nothing_is_made(
    cli, data_dir, arguments, named
):
    code, out, err = cli("settle", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: ")
    assert named in err
    assert stored(data_dir) == {}


def test_the_month_under_way_wants_a_dry_run(cli, data_dir):
    now = month_of(WallClock().now()).name
    code, out, err = cli("settle", "--month", now)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert now in err
    assert "dry run" in err
    assert stored(data_dir) == {}


def test_without_tables_it_names_the_command_that_makes_them(cli, data_dir):
    (data_dir / "market_maker.db").unlink()
    for arguments in (("settle", "--month", MONTH), ("statement", ACME)):
        code, _, err = cli(*arguments)
        assert code == 1
        assert "run `market_maker db upgrade`" in err
    assert list(data_dir.iterdir()) == []


def test_a_statement_shows_each_step_and_writes_whole_files(cli, data_dir):
    cli("settle", "--month", MONTH)
    code, out, _ = cli("statement", ACME)
    assert code == 0
    for step in ("Realised profit", "Rebates", "Gross", "Platform share", "Amount", "20.01"):
        assert step in out
    page, table = data_dir / "acme.html", data_dir / "acme.csv"
    named = ("--month", MONTH, "--participant", "acme")
    code, out, _ = cli("statement", *named, "--html", str(page), "--csv", str(table))
    assert code == 0
    assert f"wrote {page}\nwrote {table}" in out
    assert page.read_text("utf-8").rstrip().endswith("</html>")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(row["line"] == "entry" for row in rows) == 2
    assert rows[-1]["total_usdt"] == "20.01"
    assert {path.name for path in data_dir.iterdir() if path.name.startswith(".")} == set()


BAD_STATEMENTS = [
    ([], "missing"),
    (["stl-2026-03-1-nobody"], "stl-2026-03-1-nobody"),
    ([ACME, "--month", MONTH], ACME),
    (["--month", MONTH], MONTH),
    (["--month", "2026-02", "--participant", "acme"], "2026-02"),
    (["--month", MONTH, "--participant", "nobody"], "nobody"),
    ([ACME, "--csv", "{folder}"], "--csv"),
    ([ACME, "--html", "{folder}/none/page.html"], "none"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_STATEMENTS)
def test_a_statement_that_cannot_be_is_one_line_and_no_file(cli, data_dir, arguments, named):
    cli("settle", "--month", MONTH)
    before = written(data_dir)
    code, out, err = cli("statement", *(word.format(folder=data_dir) for word in arguments))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err
    assert written(data_dir) == before


def written(folder):
    """Files but SQLite's own beside its database, which a reader that writes nothing may leave."""
    return sorted(each for each in folder.rglob("*") if not each.name.endswith(("-wal", "-shm")))


def test_a_statement_whose_entries_do_not_fit_is_not_written(cli, data_dir):
    cli("settle", "--month", MONTH)

    async def forge(database):
        async with database.writer.begin() as connection:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
            for (name,) in await connection.exec_driver_sql(triggers, ("mm_ledger",)):
                await connection.exec_driver_sql(f"DROP TRIGGER {name}")
            change = "UPDATE mm_ledger SET realised = '-99' WHERE realised <> '0'"
            await connection.exec_driver_sql(change)

    on_store(data_dir, forge)
    target = data_dir / "acme.csv"
    target.write_text("of an earlier day")
    code, _, err = cli("statement", ACME, "--csv", str(target))
    assert code == 2
    assert "its entries add up to realised" in err
    assert target.read_text() == "of an earlier day"
    assert [path for path in data_dir.iterdir() if path.name.startswith(".")] == []


class LongStatement:
    """Stands for a desk whose statements are longer than the disk has room."""

    @property
    def statements(self):
        return self

    async def write(self, _settlement_id, _form):
        return SimpleNamespace(parts=self.parts())

    async def parts(self):
        for _ in range(100):
            yield "entry\n" * 1_000


def test_a_full_disk_is_one_line_that_names_the_statement_and_leaves_nothing(tmp_path):
    path, record = tmp_path / "statement.csv", SimpleNamespace(settlement_id=ACME)
    with full_disk(), pytest.raises(InvalidDataError) as refused:
        asyncio.run(_write(LongStatement(), record, Form.CSV, path))
    assert str(refused.value) == f"{path}: cannot be written: file too large"
    assert list(tmp_path.iterdir()) == []
