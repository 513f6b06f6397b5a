"""A listener among people who send half a request, and many."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from market_maker.serving import connections
from market_maker.serving.connections import ConnectionLimits
from market_maker.serving.listeners import Listener, listen
from tests.support.patient_loop import patient

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def application(_scope, _receive, send):
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(**limits):
    with listen("HTTP_PORT", "127.0.0.1", 0) as socket:
        server = Listener(application, socket, ConnectionLimits(**limits))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.run_until_told())
            try:
                yield server, socket.getsockname()[1]
            finally:
                server.should_exit = True


async def said(port, *pieces):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
    return reader, writer


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  no event says so
            await asyncio.sleep(0)


@pytest.mark.thorough
def test_half_sent_requests_make_room_for_whole_ones():
    async def play():
        async with served(total=5, per_address=5) as (server, port):
            halves = [await said(port, HALF) for _ in range(20)]
            reader, writer = await said(port, WHOLE)
            assert (await reader.read(15)).startswith(b"HTTP/1.1 200")
            assert server.book.evicted == 16
            await until(lambda: sum(is_over(each) for each, _ in halves) == 16)
            for _, each in (*halves, (reader, writer)):
                each.close()

    patient(play())


def is_over(reader):
    return reader.at_eof() or reader.exception() is not None


async def ends(reader):
    try:
        async with asyncio.timeout(60):
            return await reader.read() == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


@pytest.mark.thorough
@pytest.mark.parametrize("first", [(HALF,), (), (WHOLE, HALF)])
def test_a_head_that_does_not_come_in_time_ends_its_connection(monkeypatch, first):
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", 0.2)

    async def play():
        async with served() as (_, port):
            reader, writer = await said(port, *first)
            if WHOLE in first:
                await reader.readuntil(b"ok")
            assert await ends(reader)
            writer.close()

    patient(play())


def test_a_connection_at_work_makes_no_room():
    async def play():
        gate = asyncio.Event()

        async def slow(scope, receive, send):
            await gate.wait()
            await application(scope, receive, send)

        with listen("HTTP_PORT", "127.0.0.1", 0) as socket:
            server = Listener(slow, socket, ConnectionLimits(total=1, per_address=1))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.run_until_told())
                port = socket.getsockname()[1]
                reader, writer = await said(port, WHOLE)
                await until(lambda: server.book._by_address and not server.book._waiting)
                other, late = await said(port, WHOLE)
                assert await ends(other)
                gate.set()
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
                assert server.book.refused == 1
                server.should_exit = True
                for each in (writer, late):
                    each.close()

    patient(play())


BODY_TO_COME = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"


def test_a_request_whose_body_does_not_come_makes_room_for_a_whole_one():
    async def play():
        async def reading(scope, receive, send):
            while (await receive()).get("more_body"):
                pass
            await application(scope, receive, send)

        with listen("HTTP_PORT", "127.0.0.1", 0) as socket:
            server = Listener(reading, socket, ConnectionLimits(total=2, per_address=2))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.run_until_told())
                port = socket.getsockname()[1]
                slow = [await said(port, BODY_TO_COME) for _ in range(2)]
                await until(lambda: len(server.book._waiting) == 2)
                reader, writer = await said(port, WHOLE)
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
                assert (server.book.evicted, server.book.refused) == (1, 0)
                # The other one finishes its body and is answered all the same.
                slow[1][1].write(b"123456789")
                assert (await slow[1][0].readuntil(b"ok")).startswith(b"HTTP/1.1 200")
                server.should_exit = True
                for _, each in (*slow, (reader, writer)):
                    each.close()

    patient(play())


async def long(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1_000):
        await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})


def test_a_client_that_does_not_read_its_answer_makes_room_and_is_cut_in_time(monkeypatch):
    monkeypatch.setattr(connections, "READ_WITHIN_S", 0.1)

    async def play():
        with listen("HTTP_PORT", "127.0.0.1", 0) as socket:
            server = Listener(long, socket, ConnectionLimits(total=1, per_address=1))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.run_until_told())
                port = socket.getsockname()[1]
                deaf = [await said(port, WHOLE)]
                deaf[0][1].transport.pause_reading()
                await until(lambda: server.book._waiting)
                deaf.append(await said(port, WHOLE))
                deaf[1][1].transport.pause_reading()
                await until(lambda: server.book.evicted == 1)
                await until(lambda: not server.book._by_address)
                assert server.book.refused == 0
                server.should_exit = True
                for _, each in deaf:
                    each.transport.abort()

    patient(play())


def test_requests_one_after_the_other_and_at_once_on_one_connection_are_answered():
    async def play():
        async with served() as (server, port):
            reader, writer = await said(port, WHOLE, WHOLE + WHOLE)
            for _ in range(3):
                await reader.readuntil(b"ok")
            writer.close()
            await writer.wait_closed()
            await until(lambda: not server.book._by_address)

    patient(play())
