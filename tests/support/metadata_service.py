"""A metadata service of a test's own, over real gRPC and REST on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from aiohttp.test_utils import TestServer

from market_maker.clocks import WallClock
from market_maker.emulators.metadata import InstrumentBook, MetadataServer
from market_maker.sandbox.listings import LISTINGS
from market_maker.venues.metadata import grpc_client
from tests.support.grpc_loop import GrpcLoop


class MetadataService:
    """server: what answers. address: of gRPC; url: of REST. Stopped, it keeps its instruments."""

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        clock = WallClock()
        self.server = MetadataServer(InstrumentBook(LISTINGS, clock), clock)
        self.book = self.server.book
        self._grpc, self.port = self.server.grpc_server(0, credentials)
        self.address = f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        await self._grpc.start()

    async def stop(self) -> None:
        await self._grpc.stop(None)

    async def restart(self) -> None:
        """On the same port."""
        self._grpc, _ = self.server.grpc_server(self.port)
        await self.start()


def wait_for_it(monkeypatch) -> None:
    """However late its answers and heartbeats come: gRPC's own thread keeps to the machine's
    time."""
    monkeypatch.setattr(grpc_client, "CALL_WITHIN_S", 60.0)
    monkeypatch.setattr(grpc_client, "MISSED_HEARTBEATS", 600)


@asynccontextmanager
async def metadata_service(
    credentials: grpc.ServerCredentials | None = None,
) -> AsyncIterator[MetadataService]:
    """credentials: for TLS, None for plain connections."""
    assert isinstance(asyncio.get_running_loop(), GrpcLoop), "anyio_backend: needs grpc_loops"
    service = MetadataService(credentials)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


@asynccontextmanager
async def metadata_rest(service: MetadataService) -> AsyncIterator[str]:
    """Its REST, while the block lasts."""
    async with TestServer(service.server.app) as rest:
        yield str(rest.make_url("")).rstrip("/")
