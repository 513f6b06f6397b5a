"""Only what proves that an order was not accepted is a refusal; all else is unknown."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock
from market_maker.execution.symbol_lease import MARGIN
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.venues.conversation import REQUESTS, Conversation
from market_maker.venues.order_service.client import (
    SENT_WITHIN_S,
    AnswerProof,
    OrderServiceClient,
    courier_to,
)
from market_maker.venues.order_service.wire import (
    BODY_MAX,
    OrderInfo,
    OrderPage,
    WireOrder,
    WireOrderStatus,
)
from tests.servers import free_port

pytestmark = pytest.mark.anyio

ORDER = WireOrder("mm-ann-X-0-BUY-1", "account-ann", "X", Side.BUY, 100, 1)
INFO = OrderInfo(
    client_order_id=ORDER.client_order_id,
    order_id=1,
    account_id=ORDER.account_id,
    symbol="X",
    side=Side.BUY,
    price=100,
    size=1,
    filled=0,
    status=WireOrderStatus.NEW,
    received_at=5,
    times_received=1,
)
RECEIPT = msgspec.json.encode(INFO)
OTHER = msgspec.json.encode(msgspec.structs.replace(INFO, client_order_id="another"))


def conversation():
    return Conversation("order service", SimClock(1))


async def answered(handler, question, timeout_s=5.0, **options):
    """What the client makes of a service that answers like `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        return await asked(str(server.make_url("/")), question, timeout_s=timeout_s, **options)


async def asked(url, question, **options):
    """The same of an address."""
    async with aiohttp.ClientSession() as session, courier_to(url, **options) as courier:
        return await question(OrderServiceClient(courier, session, conversation()))


def fixed(status, body=b"", **options):
    async def handler(_request):
        return web.Response(status=status, body=body, **options)

    return handler


async def submit(client, order=ORDER, ago=0.0):
    sent = client.send_order(order, asyncio.get_running_loop().time() - ago)
    return await client.submitted(order, sent)


async def withdraw(client):
    return await client.withdraw("X", "mm/odd name?")


async def test_an_order_that_was_decided_too_long_ago_never_reaches_the_service():
    """The process was frozen between the last check and the wire."""
    received = []

    async def handler(request):
        received.append((request.content_type, await request.read()))
        return web.Response(status=201, body=RECEIPT)

    async def late_and_in_time(client):
        return await submit(client, ago=2 * SENT_WITHIN_S), await submit(client)

    verdicts = await answered(handler, late_and_in_time)
    assert verdicts == (AnswerProof.LATE, AnswerProof.RECEIVED)
    assert received == [("application/json", msgspec.json.encode(ORDER))]


def test_an_order_is_written_before_the_lease_that_was_checked_ends():
    assert SENT_WITHIN_S * NANOS_PER_SECOND < MARGIN


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, RECEIPT, AnswerProof.RECEIVED),
        (201, RECEIPT, AnswerProof.RECEIVED),
        (202, RECEIPT, AnswerProof.RECEIVED),
        (200, b"<html>welcome</html>", AnswerProof.UNKNOWN),
        (200, b"{}", AnswerProof.UNKNOWN),
        (201, OTHER, AnswerProof.UNKNOWN),
        (201, RECEIPT[:-3], AnswerProof.UNKNOWN),
        (201, b"\xff\xfe", AnswerProof.UNKNOWN),
        (204, b"", AnswerProof.UNKNOWN),
        (400, b"", AnswerProof.REFUSED),
        (401, b"", AnswerProof.NOT_LET_IN),
        (403, b"", AnswerProof.NOT_LET_IN),
        (413, b"", AnswerProof.REFUSED),
        (422, b"", AnswerProof.REFUSED),
        (429, b"", AnswerProof.LIMITED),
        (408, b"", AnswerProof.UNKNOWN),
        (409, b"", AnswerProof.UNKNOWN),
        (500, b"", AnswerProof.UNKNOWN),
        (502, b"", AnswerProof.UNKNOWN),
        (503, RECEIPT, AnswerProof.UNKNOWN),
    ],
)
async def test_an_answer_to_an_order_is_judged_by_what_it_proves(status, body, verdict):
    assert await answered(fixed(status, body), submit) is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, AnswerProof.RECEIVED),
        (202, AnswerProof.RECEIVED),
        (422, AnswerProof.REFUSED),
        (429, AnswerProof.LIMITED),
        (500, AnswerProof.UNKNOWN),
    ],
)
async def test_an_answer_to_a_cancel_is_judged_by_what_it_proves(status, verdict):
    assert await answered(fixed(status), withdraw) is verdict


@pytest.mark.parametrize(
    ("question", "there", "elsewhere"),
    [
        (submit, AnswerProof.REFUSED, AnswerProof.UNKNOWN),
        (withdraw, AnswerProof.GONE, AnswerProof.UNKNOWN),
    ],
)
async def test_what_is_not_found_is_its_word_only_where_the_service_is(question, there, elsewhere):
    """With a wrong path in ORDER_SERVICE_URL nothing is found, and what rests there least of
    all."""

    async def knows_nothing_of_it(request):
        return web.Response(status=422 if request.method == "GET" else 404)

    assert await answered(knows_nothing_of_it, question) is there
    assert await answered(fixed(404), question) is elsewhere


async def test_what_is_not_found_is_no_sign_of_life_and_no_failure():
    async def questions(client):
        await client.withdraw("X", "name")
        said = client.conversation.problem
        client.conversation.closed(REQUESTS)
        with pytest.raises(VenueUnavailableError):
            await client.get("/v1/orders", {}, OrderPage)
        return said, client.conversation.problem

    said, lists = await answered(fixed(404), questions)
    assert "404: there is no order service at http://127.0.0.1" in said
    assert "order service: lists" in lists


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status):
    asked = []

    async def handler(request):
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    assert await answered(handler, submit) is AnswerProof.UNKNOWN
    assert asked == ["/v1/orders"]


async def test_an_answer_that_does_not_end_in_time_is_unknown():
    released = asyncio.Event()

    async def handler(request):
        response = web.StreamResponse(status=201)
        await response.prepare(request)
        await response.write(RECEIPT[:5])
        await released.wait()
        return response

    async def question(client):
        verdict = await submit(client)
        released.set()
        return verdict

    assert await answered(handler, question, timeout_s=0.05) is AnswerProof.UNKNOWN


async def test_a_huge_answer_is_not_read_to_its_end():
    sent = []

    async def handler(request):
        response = web.StreamResponse(status=201)
        await response.prepare(request)
        try:
            for _ in range(200):
                await response.write(b" " * 100_000)
                sent.append(100_000)
        except ConnectionError:
            pass
        return response

    assert await answered(handler, submit) is AnswerProof.UNKNOWN
    assert sum(sent) < 20 * BODY_MAX


async def test_a_cut_connection_is_unknown():
    async def handler(request):
        request.transport.close()
        return web.Response()

    assert await answered(handler, submit) is AnswerProof.UNKNOWN


async def test_an_order_to_a_venue_that_is_away_is_unknown():
    async def questions(client):
        assert await submit(client) is AnswerProof.UNKNOWN
        with pytest.raises(VenueUnavailableError):
            await client.stream()

    await asked(f"http://127.0.0.1:{free_port()}", questions)


@pytest.mark.parametrize(("status", "body"), [(500, b""), (404, b""), (200, b"[]"), (200, b"")])
async def test_a_question_without_a_proper_answer_is_no_evidence(status, body):
    async def question(client):
        with pytest.raises(VenueUnavailableError):
            await client.get("/v1/orders", {}, OrderPage)

    await answered(fixed(status, body), question)


async def test_the_name_of_an_order_is_quoted_in_its_address():
    asked = []

    async def handler(request):
        asked.append(request.raw_path)
        return web.Response(status=202)

    await answered(handler, withdraw)
    assert asked == ["/v1/orders/mm%2Fodd%20name%3F?symbol=X"]


async def test_an_order_says_whose_it_is_and_every_request_carries_the_credential():
    seen = []

    async def handler(request):
        seen.append((request.headers.get("Authorization"), await request.read()))
        return web.Response(status=202, body=RECEIPT)

    order = msgspec.structs.replace(ORDER, user_id="user-ann")

    async def questions(client):
        await submit(client, order)
        await client.withdraw("X", "name")
        await client.ping()

    await answered(handler, questions, token="s3cret")  # noqa: S106  no real one
    assert [header for header, _ in seen] == ["Bearer s3cret"] * 3
    sent = msgspec.json.decode(seen[0][1])
    assert (sent["account_type"], sent["user_id"]) == ("SYSTEM_MARKET_MAKER", "user-ann")
    assert sent["account_id"] == "account-ann"


async def test_a_service_that_fails_is_named_until_it_answers_again():
    answers = iter([500, 200])

    async def handler(_request):
        return web.Response(status=next(answers), body=b'{"orders":[],"more":false}')

    async def questions(client):
        with pytest.raises(VenueUnavailableError):
            await client.get("/v1/orders", {}, OrderPage)
        before = client.conversation.problem
        await client.get("/v1/orders", {}, OrderPage)
        return before, client.conversation.problem

    before, after = await answered(handler, questions)
    assert before.startswith("order service: requests: no good answer yet: GET /v1/orders: 500")
    assert after == ""


async def test_a_service_that_refuses_connections_never_answered():
    async def question(client):
        await client.ping()
        assert "no good answer yet" in client.conversation.problem
        assert "hunter2" not in client.conversation.problem
        assert client.conversation.is_broken

    await asked(f"http://user:hunter2@127.0.0.1:{free_port()}", question)


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (400, b"", ""),
        (409, b"", ""),
        (422, b"", ""),
        (429, b"", ""),
        (
            404,
            b"",
            "404: there is no order service at http://127.0.0.1:{port}, see ORDER_SERVICE_URL",
        ),
        (405, b"", "405"),
        (410, b"", "410"),
        (200, b'{"orders":[],"more":false}', ""),
        (200, b"<html>welcome</html>", "not the answer that it should be"),
        (200, b"", "not the answer that it should be"),
        (204, b"", "204"),
        (302, b"", "302"),
        (401, b"", "401, the credential is not accepted"),
        (403, b"", "403, the credential is not accepted"),
        (500, b"", "500"),
        (502, b"<html>bad gateway</html>", "502"),
    ],
)
async def test_who_answers_is_the_service_or_is_named(status, body, problem):
    async def question(client):
        await client.ping()
        return client.conversation.problem, urlsplit(client.url).port

    said, port = await answered(fixed(status, body), question)
    assert said.endswith(f"GET /v1/orders: {problem.format(port=port)}" if problem else "")
    assert bool(said) == bool(problem)


async def test_a_service_that_takes_orders_but_answers_no_question_is_not_ready():
    async def handler(request):
        return web.Response(status=404 if request.path == "/v1/fills" else 400)

    async def questions(client):
        with pytest.raises(VenueUnavailableError):
            await client.get("/v1/fills", {}, OrderPage)
        await client.ping()
        return client.conversation.problem

    assert "lists: no good answer yet: GET /v1/fills: 404" in await answered(handler, questions)


@pytest.mark.parametrize("status", [500, 302, 401])
async def test_an_order_that_the_service_did_not_judge_is_a_failure_to_answer(status):
    async def questions(client):
        await submit(client)
        return client.conversation.problem

    end = ORDER.account_id[-4:]
    expected = f"POST /v1/orders of the account that ends in {end}: {status}"
    assert expected in await answered(fixed(status), questions)


async def test_the_account_that_the_service_shuts_out_is_named_by_its_end():
    """One member's credential was revoked, and nothing said whose."""

    async def questions(client):
        with pytest.raises(VenueUnavailableError):
            await client.get("/v1/fills", {"symbol": "X", "account_id": "5d6e-0001"}, OrderPage)
        return client.conversation.problem

    said = await answered(fixed(403), questions)
    named = "GET /v1/fills of the account that ends in 0001: 403, the credential is not accepted"
    assert named in said
    assert "5d6e" not in said
