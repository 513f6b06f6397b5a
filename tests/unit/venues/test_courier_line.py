"""One connection: answers come in order, and one that may be of another request ends it."""

import pytest

from market_maker.venues.courier_line import NO_ANSWER, CourierReply
from market_maker.venues.http import SILENT
from tests.support.patient_loop import PatientLoop
from tests.support.scripted_server import OK, PATIENCE_S, TAKEN, lines_of, ready, server_at

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": True} if request.param else {"loop_factory": PatientLoop}


@pytest.mark.parametrize("unasked", [OK, OK + OK, b"HTTP/1.1 408 Request Timeout\r\n", b"noise"])
async def test_an_answer_that_nothing_asked_for_is_not_taken_for_the_next_one(unasked):
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.says(0, unasked)
        await made.until(lambda: made.ended == 1)
        assert courier.connections == 0
        assert await courier.question("/next") == TAKEN
        assert made.asked == [(1, "GET /next")]


async def test_what_cannot_be_read_ends_the_connection_and_not_the_others():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b"<html>\r\n\r\n"
        assert (await courier.question("/a")).status == NO_ANSWER
        made.answer = OK
        assert await courier.question("/b") == TAKEN
        assert made.asked == [(0, "GET /a"), (1, "GET /b")]


async def test_a_body_that_lasts_to_the_end_of_its_connection_is_whole():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        answer = courier.question("/a")
        await made.until(lambda: made.asked)
        made.says(0, b"HTTP/1.1 200 OK\r\n\r\nwhole")
        made.writers[0].close()
        assert await answer == CourierReply(200, b"whole")


async def test_of_a_connection_that_is_silent_only_the_first_request_is_given_up():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        first = courier.cancel("DELETE", ["/first"])[0]
        behind = courier.cancel("DELETE", ["/behind"])[0]
        await made.until(lambda: len(made.asked) == 2)
        made.answer = OK
        (connection,) = courier.lines.open
        connection.waiting[0].since -= PATIENCE_S
        assert await first == CourierReply(NO_ANSWER, problem=SILENT)
        assert await behind == TAKEN
        assert lines_of(made) == ["DELETE /first", "DELETE /behind", "DELETE /behind"]
