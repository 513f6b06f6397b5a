"""A cancel waits for nothing, an order shares its connection with nothing, questions come last."""

import asyncio
import socket

import pytest

from market_maker.venues.courier import (
    CALLED_OFF,
    CANCELS_FIRST,
    QUESTIONS_AT_ONCE,
    SILENT,
    TOO_LATE,
    Courier,
)
from market_maker.venues.courier_connections import CLOSED, LineTerms
from market_maker.venues.courier_line import ENDED, NO_ANSWER, CourierReply
from tests.servers import free_port
from tests.support.patient_loop import PatientLoop
from tests.support.scripted_server import (
    OK,
    ONE_BYTE,
    PATIENCE_S,
    TAKEN,
    lines_of,
    ready,
    server_at,
    soon,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": True} if request.param else {"loop_factory": PatientLoop}


async def test_every_cancel_is_on_the_wire_before_the_caller_goes_on():
    """Whatever else the loop has to do: it gets no turn here. No answer is waited for either."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    loop = asyncio.get_running_loop()
    with listening:
        terms = LineTerms(most=1, timeout_s=PATIENCE_S)
        async with Courier(address, terms=terms) as courier:
            warm = courier.question("/warm")
            there, _ = await loop.sock_accept(listening)
            with there:
                await loop.sock_recv(there, 1_000)
                await loop.sock_sendall(there, OK)
                assert await warm == TAKEN
                answers = [courier.cancel("DELETE", [f"/{number}"])[0] for number in range(500)]
                there.setblocking(True)
                got = b""
                while got.count(b"\r\n\r\n") < len(answers):
                    got += there.recv(1_000_000)
                lines = [part.partition(b" HTTP")[0] for part in got.split(b"\r\n\r\n")]
                assert lines[:-1] == [b"DELETE /%d" % number for number in range(500)]
                assert courier.cancels == len(answers)
    assert await answers[0] == CourierReply(NO_ANSWER, problem=CLOSED)


async def test_cancels_take_turns_on_the_connections_and_each_has_its_own_answer():
    async with server_at(connections=3) as (made, courier):
        await ready(made, courier, 3)
        made.answer = b""
        answers = [courier.cancel("DELETE", [f"/{number}"])[0] for number in range(9)]
        await made.until(lambda: len(made.asked) == len(answers))
        by_line = [[what for line, what in made.asked if line == number] for number in range(3)]
        assert [len(each) for each in by_line] == [3, 3, 3]
        for number, asked in enumerate(by_line):
            made.says(number, *(ONE_BYTE + what[-1:].encode() for what in asked))
        replies = await asyncio.gather(*answers)
        assert [reply.body for reply in replies] == [b"%d" % number for number in range(9)]
        assert courier.cancels == 0


async def test_an_order_shares_its_connection_with_nothing_that_was_written_before():
    async with server_at(connections=2) as (made, courier):
        await ready(made, courier, 2)
        made.answer = b""
        answers = [courier.order(f"/{number}", b"{}", soon()) for number in range(3)]
        await made.until(lambda: len(made.asked) == 2)
        assert {line for line, _ in made.asked} == {0, 1}
        last = made.asked[0][0]
        made.says(last, OK)
        await made.until(lambda: len(made.asked) == 3)
        assert made.asked[2] == (last, "POST /2")
        for number in range(2):
            made.says(number, OK)
        assert await asyncio.gather(*answers) == [TAKEN] * 3


async def test_an_order_goes_before_the_questions_that_wait():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        first = courier.question("/first")
        waiting = [courier.question("/later"), courier.order("/order", b"{}", soon())]
        await made.until(lambda: len(made.asked) == 1)
        made.answer = OK
        made.says(0, OK)
        await asyncio.gather(first, *waiting)
        assert [what for _, what in made.asked] == ["GET /first", "POST /order", "GET /later"]


async def test_an_order_that_is_first_goes_before_the_others_that_wait():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        first = courier.question("/first")
        later = courier.order("/later", b"{}", soon())
        urgent = courier.order("/urgent", b"{}", soon(), first=True)
        await made.until(lambda: len(made.asked) == 1)
        made.answer = OK
        made.says(0, OK)
        await asyncio.gather(first, later, urgent)
        assert [what for _, what in made.asked] == ["GET /first", "POST /urgent", "POST /later"]


async def test_an_order_that_is_called_off_is_not_written():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        busy = courier.question("/busy")
        waiting = courier.order("/order", b"{}", soon())
        assert courier.call_off(waiting, "DELETE", "/order/1") is None
        assert await waiting == CourierReply(NO_ANSWER, problem=CALLED_OFF)
        await made.until(lambda: len(made.asked) == 1)
        made.says(0, OK)
        assert await busy == TAKEN
        assert [what for _, what in made.asked] == ["GET /busy"]
        assert courier.cancels == 0


async def test_an_order_that_is_not_answered_is_cancelled_right_behind_itself():
    """On its own connection, so that the cancel cannot come in before the order does; the others
    are free meanwhile."""
    async with server_at(connections=3) as (made, courier):
        await ready(made, courier, 3)
        made.answer = b""
        order = courier.order("/order", b"{}", soon())
        cancel = courier.call_off(order, "DELETE", "/order/1")
        assert cancel is not None
        assert courier.cancels == 1
        await made.until(lambda: len(made.asked) == 2)
        (line, first), (same, second) = made.asked
        assert (line, first, second) == (same, "POST /order", "DELETE /order/1")
        made.says(line, OK, OK)
        assert [await order, await cancel] == [TAKEN, TAKEN]
        assert courier.cancels == 0
        assert courier.call_off(order, "DELETE", "/order/1") is None, "it is answered"


async def test_no_question_is_asked_while_many_cancels_are_not_answered():
    async with server_at(connections=2) as (made, courier):
        await ready(made, courier, 2)
        made.answer = b""
        cancels = [courier.cancel("DELETE", ["/x"])[0] for _ in range(CANCELS_FIRST + 2)]
        question = courier.question("/lists")
        await made.until(lambda: len(made.asked) == len(cancels))
        half = len(cancels) // 2
        made.says(0, OK)
        await asyncio.wait(cancels, return_when=asyncio.FIRST_COMPLETED)
        assert len(made.asked) == len(cancels)
        made.answer = OK
        made.says(0, *[OK] * (half - 1))
        assert await question == TAKEN
        assert made.asked[-1][1] == "GET /lists"
        assert sum(cancel.done() for cancel in cancels) == half
        made.says(1, *[OK] * half)
        await asyncio.gather(*cancels)


async def test_a_question_does_not_wait_for_ever_behind_cancels():
    """At a server that is slow there are always many: pools could not be enabled."""
    async with server_at(connections=2, gives_way_s=0.2) as (made, courier):
        await ready(made, courier, 2)
        made.answer = b""
        cancels = [courier.cancel("DELETE", ["/x"])[0] for _ in range(2 * CANCELS_FIRST + 4)]
        await made.until(lambda: len(made.asked) == len(cancels))
        question = courier.question("/lists")
        made.says(1, *[OK] * (len(cancels) // 2))
        made.answer = OK
        assert await question == TAKEN
        assert made.asked[-1][1] == "GET /lists"
        assert courier.cancels > CANCELS_FIRST
        made.says(0, *[OK] * (len(cancels) // 2))
        await asyncio.gather(*cancels)


async def test_only_so_many_questions_are_asked_at_once_and_orders_find_a_connection():
    async with server_at() as (made, courier):
        made.answer = b""
        questions = [courier.question(f"/{n}") for n in range(QUESTIONS_AT_ONCE + 5)]
        await made.until(lambda: len(made.asked) == QUESTIONS_AT_ONCE)
        order = courier.order("/order", b"{}", soon())
        await made.until(lambda: len(made.asked) == QUESTIONS_AT_ONCE + 1)
        assert made.asked[-1][1] == "POST /order"
        made.answer = OK
        for number in range(len(made.writers)):
            made.says(number, OK)
        assert await asyncio.gather(order, *questions) == [TAKEN] * (len(questions) + 1)


async def test_what_may_be_repeated_is_asked_again_once_where_its_connection_ends():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        answers = [courier.cancel("DELETE", [path])[0] for path in ("/a", "/b")]
        await made.until(lambda: len(made.asked) == 2)
        made.says(0, OK)
        assert await answers[0] == TAKEN
        made.writers[0].close()
        await made.until(lambda: len(made.asked) == 3)
        assert made.asked[2] == (1, "DELETE /b")
        made.writers[1].close()
        assert await answers[1] == CourierReply(NO_ANSWER, problem=ENDED)
        assert courier.cancels == 0


async def test_a_server_that_closes_after_each_answer_gets_every_cancel():
    """What stood behind is asked again; a proxy that takes one request a connection is one."""
    async with server_at(connections=4) as (made, courier):
        await ready(made, courier, 4)
        made.answer = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
        answers = [courier.cancel("DELETE", [f"/{number}"])[0] for number in range(8)]
        replies = await asyncio.gather(*answers)
        assert replies.count(TAKEN) >= 4
        assert {reply.status for reply in replies} <= {202, NO_ANSWER}
        assert {what for _, what in made.asked} == {f"DELETE /{number}" for number in range(8)}
        assert courier.cancels == 0


async def test_an_order_is_never_written_twice():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        answer = courier.order("/v1/orders", b"{}", soon())
        await made.until(lambda: len(made.asked) == 1)
        made.writers[0].close()
        assert await answer == CourierReply(NO_ANSWER, problem=ENDED)
        assert lines_of(made) == ["POST /v1/orders"]


async def test_an_order_whose_time_is_over_is_not_written():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        late = courier.order("/late", b"{}", asyncio.get_running_loop().time() - 0.001)
        assert await late == CourierReply(NO_ANSWER, problem=TOO_LATE)
        assert await courier.question("/next") == TAKEN
        assert lines_of(made) == ["GET /next"]


async def test_an_order_that_waits_for_a_connection_is_given_up_when_its_time_is_over():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        first = courier.order("/first", b"{}", soon())
        late = courier.order("/late", b"{}", asyncio.get_running_loop().time() + 0.01)
        assert await late == CourierReply(NO_ANSWER, problem=TOO_LATE)
        made.says(0, OK)
        assert await first == TAKEN
        assert lines_of(made) == ["POST /first"]


@pytest.mark.parametrize("kind", ["cancel", "order", "question"])
async def test_a_server_that_is_away_is_said_at_once(kind):
    async with Courier(f"http://127.0.0.1:{free_port()}") as courier:
        asked = {
            "cancel": lambda: courier.cancel("DELETE", ["/"])[0],
            "order": lambda: courier.order("/", b"", soon()),
            "question": lambda: courier.question("/"),
        }
        replies = await asyncio.gather(*(asked[kind]() for _ in range(3)))
        assert {reply.status for reply in replies} == {NO_ANSWER}
        assert {reply.problem for reply in replies}.isdisjoint({"", SILENT, ENDED})
        assert courier.cancels == 0


async def test_who_leaves_answers_what_is_under_way():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        written = courier.order("/written", b"{}", soon())
        waits = courier.question("/waits")
        await made.until(lambda: made.asked)
    assert await written == CourierReply(NO_ANSWER, problem=CLOSED)
    assert await waits == CourierReply(NO_ANSWER, problem=CLOSED)


async def test_a_caller_that_is_gone_costs_no_other_its_answer():
    async with server_at(connections=1) as (made, courier):
        await ready(made, courier)
        made.answer = b""
        gone, other = (courier.cancel("DELETE", [path])[0] for path in ("/a", "/b"))
        await made.until(lambda: len(made.asked) == 2)
        gone.cancel()
        made.says(0, OK, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        assert await other == CourierReply(404)
        assert courier.cancels == 0


@pytest.mark.parametrize(
    ("user", "token", "header"),
    [
        ("", None, None),
        ("", "t0k", "Bearer t0k"),
        ("ann:pass%20word@", None, "Basic YW5uOnBhc3Mgd29yZA=="),
        ("ann@", None, "Basic YW5uOg=="),
    ],
)
async def test_every_request_names_the_host_and_carries_the_credential(user, token, header):
    async with server_at(user, "/at/", token=token) as (made, courier):
        await courier.order("/o", b'{"a":1}', soon())
        await courier.cancel("DELETE", ["/c?symbol=X"])[0]
        await courier.question("/q")
    assert lines_of(made) == ["POST /at/o", "DELETE /at/c?symbol=X", "GET /at/q"]
    for head in made.heads:
        lines = head.split("\r\n")
        assert lines[1].startswith("Host: 127.0.0.1:")
        given = [line.partition(": ")[2] for line in lines if line.startswith("Authorization")]
        assert given == ([header] if header else [])
    assert "Content-Type: application/json\r\nContent-Length: 7\r\n" in made.heads[0]
