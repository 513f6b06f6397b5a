"""Connections of a courier: kept in use, bounded after a flood, and counted with why they end."""

import asyncio
import ssl

import pytest

from market_maker.venues.courier import TOO_LATE, Courier
from market_maker.venues.courier_connections import KEPT_OPEN, KEPT_S, LineTerms
from market_maker.venues.courier_line import NO_ANSWER, CourierReply
from tests.support.certificates import Authority
from tests.support.connections import Counted
from tests.support.patient_loop import PatientLoop
from tests.support.scripted_server import (
    OK,
    PATIENCE_S,
    TAKEN,
    Server,
    lines_of,
    ready,
    server_at,
    soon,
)

pytestmark = pytest.mark.anyio

TERMS = LineTerms(timeout_s=PATIENCE_S)


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": True} if request.param else {"loop_factory": PatientLoop}


async def test_questions_keep_all_connections_in_use_and_an_order_has_the_last_one():
    async with server_at(connections=3) as (made, courier):
        while courier.connections < 3:
            courier.tend()
            await asyncio.gather(*courier.lines.making)
        for number in range(6):
            assert await courier.question(f"/{number}") == TAKEN
        used = [number for number, _ in made.asked]
        assert sorted(used[:3]) == sorted(used[3:]) == [0, 1, 2]
        assert await courier.order("/orders", b"{}", soon()) == TAKEN
        assert made.asked[-1][0] == used[-1]
        assert len(made.writers) == 3


async def test_what_a_flood_leaves_of_connections_grows_old_and_is_closed():
    async with server_at() as (made, courier):
        await ready(made, courier, KEPT_OPEN + 5)
        for number in range(3):
            await courier.question(f"/{number}")
        assert len({number for number, _ in made.asked}) == 1
        for connection in courier.lines.idle[:-1]:
            connection.idle_since -= KEPT_S + 1
        courier.tend()
        assert courier.connections == 1


async def test_connections_are_counted_with_why_they_are_given_up():
    watch = Counted()
    async with server_at(connections=1, watch=watch) as (made, courier):
        await ready(made, courier)
        assert await courier.question("/again") == TAKEN
        assert watch.made_to == ["order_service"]
        made.answer = b"<html>\r\n\r\n"
        await courier.question("/unreadable")
        made.answer = b""
        silent = courier.cancel("DELETE", ["/silent"])[0]
        await made.until(lambda: len(made.asked) == 3)
        (connection,) = courier.lines.open
        connection.waiting[0].since -= PATIENCE_S
        await silent
        made.answer = OK
        await courier.question("/idle")
        (connection,) = courier.lines.idle
        connection.idle_since -= KEPT_S + 1
        courier.tend()
        await courier.question("/open")
        made.writers[-1].close()
        async with asyncio.timeout(PATIENCE_S):
            while courier.connections:  # noqa: ASYNC110  the network's own time
                await asyncio.sleep(0)
        await courier.question("/left in order")
    reasons = [why for _, why in watch.lost]
    assert reasons == ["unreadable", "silent", "idle", "ended"]
    assert len(watch.made_to) == 5


async def test_no_more_connections_are_made_than_allowed_and_none_without_need():
    async with server_at(connections=5) as (made, courier):
        replies = await asyncio.gather(*(courier.question(f"/{n}") for n in range(40)))
        assert replies == [TAKEN] * 40
        assert len(made.writers) <= 5
        before = len(made.writers)
        for number in range(10):
            await courier.question(f"/{number}")
        assert len(made.writers) == before


async def test_room_for_a_flood_is_kept_and_what_was_idle_for_long_is_closed():
    async with server_at() as (made, courier):
        await ready(made, courier)
        while courier.connections < KEPT_OPEN:
            courier.tend()
            assert courier.lines.making
            await asyncio.gather(*courier.lines.making)
        courier.tend()
        assert courier.connections == KEPT_OPEN
        for connection in courier.lines.idle[:10]:
            connection.idle_since -= KEPT_S + 1
        courier.tend()
        assert courier.connections == KEPT_OPEN - 10
        assert await courier.question("/still") == TAKEN


async def test_a_connection_that_is_given_up_in_the_moment_in_which_it_is_there_is_not_used():
    """An order that is late by then has its answer before the task that made the connection goes
    on: what is done at that answer comes at no other moment."""
    async with server_at(connections=1) as (made, courier):
        late = courier.order("/late", b"{}", asyncio.get_running_loop().time() - 1)
        (task,) = courier.lines.making
        late.add_done_callback(lambda _: task.cancel())
        assert await late == CourierReply(NO_ANSWER, problem=TOO_LATE)
        await asyncio.wait([task])
        assert await courier.order("/next", b"{}", soon()) == TAKEN
        assert lines_of(made) == ["POST /next"]
        assert courier.connections == 1


async def test_a_server_needs_a_certificate_of_an_authority(tmp_path, monkeypatch):
    """Those of the system, or of SSL_CERT_FILE."""
    authority = Authority(tmp_path, "ours")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority.server("exchange"))
    made = Server()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        async with Courier(url, terms=TERMS) as courier:
            assert (
                "its certificate is refused" in (await courier.order("/o", b"{}", soon())).problem
            )
        assert not made.asked
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        async with Courier(url, terms=TERMS) as courier:
            assert await courier.order("/o", b"{}", soon()) == TAKEN
            cancels = courier.cancel("DELETE", [f"/{number}" for number in range(3)])
            assert [reply.status for reply in await asyncio.gather(*cancels)] == [202] * 3
        await asyncio.gather(*made.tasks)
