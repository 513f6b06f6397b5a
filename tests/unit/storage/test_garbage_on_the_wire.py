"""What is no PostgreSQL on the other end of the wire is a database that is away."""

import asyncio
import gc
from contextlib import asynccontextmanager
from random import Random

import pytest

from market_maker.model.errors import StoreUnavailableError
from market_maker.storage.database import open_database, postgresql_url
from market_maker.storage.store import DatabaseStore

pytestmark = pytest.mark.anyio

AUTHENTICATED = b"R\0\0\0\x08\0\0\0\0"
READY = b"Z\0\0\0\x05I"
SSL_REQUEST = b"\x04\xd2\x16/"
NOISE = Random(7).randbytes(300)

ANSWERS = {
    "noise": [NOISE],
    "noise once authenticated": [AUTHENTICATED + NOISE],
    "ready without a version": [AUTHENTICATED + READY],
    "noise for an answer": [AUTHENTICATED + READY, NOISE],
    "an unknown way to authenticate": [b"R\0\0\0\x08\0\0\0\x63"],
    "an error that says nothing": [b"E\0\0\0\x05\0"],
    "another protocol": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "nothing": [],
}


@asynccontextmanager
async def server(answers):
    called = []

    async def speak(reader, writer):
        called.append(writer)
        request = await reader.read(65_536)
        if request[4:8] == SSL_REQUEST:
            writer.write(b"N")
            request = await reader.read(65_536)
        for answer in answers:
            writer.write(answer)
            await writer.drain()
            await reader.read(65_536)
        writer.close()

    listening = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
    # What is not closed here complains in whichever test the collector next walks through.
    for writer in called:
        writer.transport.abort()
    called.clear()
    await asyncio.sleep(0)
    gc.collect()


@pytest.mark.thorough
@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_garbage_means_that_the_database_is_away(answers):
    async with server(answers) as port:
        database = open_database(postgresql_url(f"postgresql://u:p@127.0.0.1:{port}/d"))
        with pytest.raises(StoreUnavailableError):
            async with asyncio.timeout(60), DatabaseStore(database).reading() as unit:
                await unit.outbox.backlog()
        await database.close()
        # The driver leaves half a connection behind, whose end complains.
        gc.collect()
