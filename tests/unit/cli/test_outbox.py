import asyncio

import pytest

from market_maker.cli import main
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.store import DatabaseStore
from tests.builders import event


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("POSTGRES_URL", raising=False)
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))
    return tmp_path


def filled(folder, *, parked):
    async def run():
        database = open_database(embedded_url(folder))
        async with DatabaseStore(database).transaction() as unit:
            await unit.outbox.add([event(1, "BTCUSDT-PERP"), event(2, "ETHUSDT-PERP")])
            await unit.outbox.failed(parked, park=True)
        await database.close()

    main.run(["db", "upgrade"])
    asyncio.run(run())


def test_it_says_how_many_events_wait_and_since_when(folder, capsys):
    filled(folder, parked=["event-2"])
    capsys.readouterr()
    assert main.run(["outbox", "status"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 events wait, 1 of them parked, the oldest since 2025-10-09 ")


def test_an_empty_outbox_has_no_oldest_event(capsys):
    main.run(["db", "upgrade"])
    capsys.readouterr()
    main.run(["outbox", "status"])
    assert capsys.readouterr().out == "0 events wait, 0 of them parked\n"


@pytest.mark.thorough
def test_a_parked_key_is_let_go_once(folder, capsys):
    filled(folder, parked=["event-2"])
    capsys.readouterr()
    assert main.run(["outbox", "unpark", "ETHUSDT-PERP"]) == 0
    assert capsys.readouterr().out == "1 events of ETHUSDT-PERP may go again\n"
    assert main.run(["outbox", "unpark", "ETHUSDT-PERP"]) == 2
    assert "there is no parked event of 'ETHUSDT-PERP'" in capsys.readouterr().err


def test_without_tables_it_names_the_command_that_makes_them(capsys):
    assert main.run(["outbox", "status"]) == 1
    assert "run `market_maker db upgrade`" in capsys.readouterr().err
