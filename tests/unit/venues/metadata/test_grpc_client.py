import asyncio
import socket
from contextlib import aclosing, asynccontextmanager

import pytest

from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.metadata.grpc_client import PAGE, MetadataClient
from tests.support.connections import Counted
from tests.support.metadata_service import metadata_service

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def client_of(address, **options):
    client = MetadataClient(address, **options)
    try:
        yield client
    finally:
        await client.close()


async def test_all_pages_of_the_list_are_read(monkeypatch):
    monkeypatch.setattr("market_maker.venues.metadata.grpc_client.PAGE", 2)
    assert PAGE > 2
    async with metadata_service() as service, client_of(service.address) as client:
        found = [each.symbol for each in await client.instruments()]
    assert found == sorted(found)
    assert len(found) == 5


async def test_changes_come_after_the_whole_state_and_heartbeats_between_them():
    async with metadata_service() as service, client_of(service.address, heartbeat_s=0.1) as client:
        kinds = []
        async with aclosing(client.updates()) as updates:
            async for update in updates:
                kinds.append(update.WhichOneof("update"))
                if kinds[-1] == "heartbeat" and kinds.count("heartbeat") == 1:
                    service.book.change("ETHUSDT-PERP", {"tick_size": "0.02"})
                if kinds.count("instrument") == 6:
                    break
    assert kinds[:7] == ["instrument"] * 5 + ["synced", "heartbeat"]
    assert update.instrument.tick_size == "0.02"
    assert update.revision == 6


async def test_a_service_that_is_not_there_is_named_with_its_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with client_of(f"127.0.0.1:{port}") as client:
        with pytest.raises(VenueUnavailableError, match=f"GRPC_URL 127.0.0.1:{port}: no answer"):
            await client.instruments()


async def test_a_service_that_says_that_it_does_not_serve_is_not_followed():
    async with metadata_service() as service, client_of(service.address) as client:
        service.server.serving = False
        with pytest.raises(VenueUnavailableError, match="does not serve"):
            await anext(client.updates())


async def test_a_stream_that_says_nothing_for_three_heartbeats_is_dead(monkeypatch):
    monkeypatch.setattr("market_maker.venues.metadata.grpc_client.MISSED_HEARTBEATS", 3)
    watch = Counted()
    async with (
        metadata_service() as service,
        client_of(service.address, heartbeat_s=0.02, watch=watch) as client,
    ):
        # The server never sends more often than every 0.1 s.
        with pytest.raises(VenueUnavailableError, match="silent"):
            async for _ in client.updates():
                pass
    assert (watch.made_to, watch.lost) == (["metadata"], [("metadata", "silent")])


async def test_a_service_that_ends_breaks_the_stream_at_once():
    async with metadata_service() as service, client_of(service.address) as client:
        async with aclosing(client.updates()) as updates:
            await anext(updates)
            ending = asyncio.get_running_loop().create_task(service.stop())
            with pytest.raises(VenueUnavailableError):
                async for _ in updates:
                    pass
        await ending
