import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.metadata.directory import CACHE_NAME, InstrumentDirectory
from market_maker.venues.metadata.grpc_client import MetadataClient
from market_maker.venues.metadata.rest_client import MetadataRest
from tests.support.metadata_service import metadata_rest, metadata_service
from tests.unit.telemetry.lines import Lines

pytestmark = pytest.mark.anyio

BTC = "BTCUSDT-PERP"


@asynccontextmanager
async def directory(folder, address, url=None):
    """Not loaded yet."""
    client = MetadataClient(address, heartbeat_s=0.1)
    rest = None if url is None else MetadataRest(url)
    made = InstrumentDirectory(client, rest, folder / CACHE_NAME, Lines())
    yield made
    await client.close()


@asynccontextmanager
async def following(made):
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        await until(lambda: not made.problem)
        yield made
        running.cancel()


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  another process's work, seen from outside
            await asyncio.sleep(0.005)


async def test_a_halt_a_new_listing_of_a_grid_and_a_delisting_arrive(tmp_path):
    changed = []
    async with metadata_service() as service, directory(tmp_path, service.address) as made:
        made.grid_changed = lambda symbol, words: changed.append((symbol, words))
        await made.load()
        assert made.find(BTC).tick_size == Decimal("0.1")
        assert made.reference_price(BTC) == 100_000
        assert not made.is_halted(BTC)
        async with following(made):
            service.book.change(BTC, {"status": "INSTRUMENT_STATUS_HALTED"})
            await until(lambda: made.is_halted(BTC))
            assert not made.is_halted("ETHUSDT-PERP")
            service.book.change(BTC, {"status": "INSTRUMENT_STATUS_TRADING"})
            await until(lambda: not made.is_halted(BTC))
            service.book.change(BTC, {"tick_size": "0.5"})
            await until(lambda: changed)
            service.book.change(BTC, {"status": "INSTRUMENT_STATUS_DELISTED"})
            await until(lambda: made.is_halted(BTC))
        assert BTC not in made.symbols()
        assert made.find(BTC).tick_size == Decimal("0.5")
    words = "the exchange changed the grid: tick 0.1 -> 0.5, lot 0.001 -> 0.001"
    assert changed == [(BTC, words)]


async def test_a_change_that_makes_no_sense_halts_the_instrument_and_keeps_its_grid(tmp_path):
    async with metadata_service() as service, directory(tmp_path, service.address) as made:
        await made.load()
        async with following(made):
            service.book.change(BTC, {"lot_size": ""})
            await until(lambda: made.is_halted(BTC))
            assert made.find(BTC).lot_size == Decimal("0.001")
            assert "lot_size '' is no decimal" in made.detail
            service.book.change(BTC, {"lot_size": "0.001"})
            await until(lambda: not made.is_halted(BTC))
            assert made.detail == ""


@pytest.mark.thorough
async def test_a_service_that_was_away_is_followed_again_from_its_whole_state(tmp_path):
    async with metadata_service() as service, directory(tmp_path, service.address) as made:
        await made.load()
        async with following(made):
            await service.stop()
            await until(lambda: made.problem)
            assert not made.is_halted(BTC)
            service.book.change(BTC, {"status": "INSTRUMENT_STATUS_HALTED"})
            await service.restart()
            await until(lambda: made.is_halted(BTC))
            await until(lambda: not made.problem)


@pytest.mark.thorough
async def test_rest_stands_in_while_grpc_is_away(tmp_path):
    async with metadata_service() as service, metadata_rest(service) as url:
        await service.stop()
        async with directory(tmp_path, service.address, url) as made:
            await made.load()
            assert made.find(BTC) is not None
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(made.run())
                await until(lambda: "followed by REST" in made.problem)
                service.book.change(BTC, {"status": "INSTRUMENT_STATUS_CANCEL_ONLY"})
                await until(lambda: made.is_halted(BTC))
                running.cancel()


class Away:
    """A service that does not answer, by gRPC; by REST it answers every second question."""

    asked = 0

    async def updates(self):
        raise VenueUnavailableError("no answer")
        yield

    async def instruments(self):
        self.asked += 1
        if self.asked % 2:
            raise VenueUnavailableError("none by REST either")
        return []


async def test_an_outage_is_a_line_for_each_reason_however_long_it_lasts(tmp_path, monkeypatch):
    monkeypatch.setattr("market_maker.venues.metadata.directory.RETRY_S", 0)
    away, lines = Away(), Lines()
    made = InstrumentDirectory(away, away, tmp_path / CACHE_NAME, lines)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        await until(lambda: away.asked > 50)
        running.cancel()
    assert [(event, fields["problem"]) for _, event, fields in lines.written] == [
        ("metadata service away", "no answer; none by REST either"),
        ("metadata service away", "no answer; followed by REST"),
    ]


async def test_without_any_service_the_list_of_the_last_run_serves_and_says_so(tmp_path):
    async with metadata_service() as service:
        async with directory(tmp_path, service.address) as made:
            await made.load()
            async with following(made):
                await until((tmp_path / CACHE_NAME).exists)
        address = service.address
    async with directory(tmp_path, address) as made:
        await made.load()
        assert made.find(BTC) is not None
        assert "the list is of an earlier run" in made.detail


@pytest.mark.parametrize("kept", [None, b"\xff\xff no list"])
async def test_without_any_list_there_is_no_start(tmp_path, kept):
    if kept is not None:
        (tmp_path / CACHE_NAME).write_bytes(kept)
    async with directory(tmp_path, "127.0.0.1:9", "http://127.0.0.1:9") as made:
        with pytest.raises(VenueUnavailableError) as found:
            await made.load()
    said = "METADATA_SERVICE_GRPC_URL 127.0.0.1:9: no answer; METADATA_SERVICE_URL: no answer"
    assert str(found.value).startswith(f"{said} (")
