"""Connections of a courier: kept in use, bounded after a flood, and counted with why they end."""

import asyncio

import pytest

from market_maker.venues.courier import KEPT_OPEN, KEPT_S
from tests.support.connections import Counted
from tests.support.patient_loop import PatientLoop
from tests.support.scripted_server import OK, PATIENCE_S, TAKEN, ready, server_at, soon

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": True} if request.param else {"loop_factory": PatientLoop}


async def test_questions_keep_all_connections_in_use_and_an_order_has_the_last_one():
    async with server_at(connections=3) as (made, courier):
        while courier.connections < 3:
            courier.tend()
            await asyncio.gather(*courier._connecting)
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
        for connection in courier._idle[:-1]:
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
        (connection,) = courier._open
        connection.waiting[0].since -= PATIENCE_S
        await silent
        made.answer = OK
        await courier.question("/idle")
        (connection,) = courier._idle
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
