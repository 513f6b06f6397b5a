"""Questions and actions: what each answer of the server proves."""

import asyncio
import select
import socket
from collections import deque
from contextlib import ExitStack
from random import Random

import aiohttp
import pytest

from market_maker.clocks import WallClock
from market_maker.model.errors import (
    VenueError,
    VenueRefusedError,
    VenueUnavailableError,
)
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.conversation import REQUESTS
from market_maker.venues.courier import TOO_LATE
from market_maker.venues.courier_connections import OPENED_AT_ONCE
from market_maker.venues.courier_line import NO_ANSWER, CourierReply, RequestRank
from market_maker.venues.hyperliquid.actions import Noop
from market_maker.venues.hyperliquid.addresses import (
    MAINNET_URL,
    TESTNET_URL,
)
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Delivery, Rest
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.signing import Network, SigningTerms, body, signed
from tests.support.connections import Counted
from tests.unit.venues.hyperliquid.stub import Stub, serving, until

pytestmark = pytest.mark.anyio
CLOCK = WallClock()
NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
KEY = SigningKey.from_text("01" * 32)
REQUEST = signed(KEY, Noop(), SigningTerms(1), Network.TESTNET)
URGENT = signed(KEY, Noop(), SigningTerms(2), Network.TESTNET)


class StillClock:
    def now(self):
        return NOON


@pytest.fixture
def stub():
    return Stub()


@pytest.fixture
async def rest(stub):
    async with serving(stub) as url, aiohttp.ClientSession() as session:
        made = Rest(url, session, StillClock(), WeightBudget(Random(1)), timeout_s=1.0)
        yield made
        await made.hang_up()


async def test_a_question_is_answered_and_weighed(stub, rest):
    stub.answers["userRole"] = {"role": "agent", "data": {"user": "0xab"}}
    answer = await rest.ask(ask("userRole", user="0x12"))
    assert (answer.role, answer.data.user) == ("agent", "0xab")
    assert stub.heard == [{"type": "userRole", "user": "0x12"}]
    assert rest.budget.use(NOON).used == 60


async def test_a_long_list_weighs_more(stub, rest):
    fill = {"coin": "A", "px": "1", "sz": "1", "side": "B", "time": 1, "oid": 1}
    stub.answers["userFillsByTime"] = [fill] * 100
    assert len(await rest.ask(ask("userFillsByTime", user="0x12", startTime=0))) == 100
    assert rest.budget.use(NOON).used == 20 + 5


@pytest.mark.parametrize(
    "answer", [None, (500, "oops"), (502, ""), {"strange": 1}, (200, "<html>")]
)
async def test_a_question_without_a_proper_answer_proves_nothing(stub, rest, answer):
    stub.answers["openOrders"] = answer
    with pytest.raises(VenueUnavailableError, match="openOrders"):
        await rest.ask(ask("openOrders", user="0x12"))


async def test_a_question_that_is_not_understood_is_not_asked_again(stub, rest):
    text = "Failed to deserialize the JSON body into the target type"
    stub.answers["openOrders"] = (422, text)
    with pytest.raises(VenueRefusedError, match=text):
        await rest.ask(ask("openOrders", user="nonsense"))


async def test_a_429_makes_others_wait_and_is_counted(stub, rest):
    stub.answers["exchangeStatus"] = (429, "null")
    with pytest.raises(VenueUnavailableError, match="429"):
        await rest.ask(ask("exchangeStatus"))
    assert rest.budget.take(NOON, 1) > 0
    assert rest.budget.use(NOON).refused == 1


async def test_a_question_that_may_wait_is_asked_again_after_a_429(stub):
    async with serving(stub) as url, aiohttp.ClientSession() as session:
        rest = Rest(url, session, CLOCK, WeightBudget(Random(1)), timeout_s=1.0)
        said = []
        rest.on_limited = lambda: said.append("429")
        stub.answers["exchangeStatus"] = deque([(429, "null"), (429, "null"), {"time": 5}])
        assert (await rest.ask(ask("exchangeStatus"))).time == 5
    assert said == ["429", "429"]
    assert len(stub.heard) == 3


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "/info: no answer"),
        ((500, "oops"), "/info: HTTP 500"),
        ((302, ""), "/info: HTTP 302"),
        ((403, ""), "/info: HTTP 403"),
        ((200, "<html>"), "exchangeStatus: not the answer that it should be"),
        ((422, "Failed to deserialize"), ""),
        ((429, "null"), ""),
    ],
)
async def test_who_answers_is_the_venue_or_is_named_until_it_is_again(stub, rest, answer, problem):
    stub.answers["exchangeStatus"] = answer
    with pytest.raises(VenueError):
        await rest.ask(ask("exchangeStatus"))
    said = rest.conversation.problem
    assert said.endswith(problem)
    assert bool(said) == bool(problem)
    stub.answers["exchangeStatus"] = {"time": 5}
    await rest.ask(ask("exchangeStatus"), urgent=True)
    assert rest.conversation.problem == ""


async def test_a_redirect_is_not_followed(stub, rest):
    stub.answers["exchangeStatus"] = (302, "")
    with pytest.raises(VenueRefusedError, match="302"):
        await rest.ask(ask("exchangeStatus"))


@pytest.mark.parametrize(
    ("answer", "delivery"),
    [
        ({"status": "ok", "response": {"type": "default"}}, Delivery.ANSWERED),
        ({"status": "err", "response": "no"}, Delivery.ANSWERED),
        ((429, "null"), Delivery.LIMITED),
        ((422, "Failed to deserialize"), Delivery.REFUSED),
        ((500, ""), Delivery.UNKNOWN),
        ((408, ""), Delivery.UNKNOWN),
        ((409, ""), Delivery.UNKNOWN),
        ((302, ""), Delivery.UNKNOWN),
        (None, Delivery.UNKNOWN),
        ((200, "{}"), Delivery.UNKNOWN),
    ],
)
async def test_what_an_answer_to_an_action_proves(stub, rest, answer, delivery):
    stub.answers["noop"] = answer
    assert (await rest.act(REQUEST, 1)).delivery is delivery
    assert len(stub.heard) == 1


async def test_an_action_beyond_our_own_budget_is_not_sent(stub, rest):
    rest.budget.add(NOON, 1_200)
    assert (await rest.act(REQUEST, 1)).delivery is Delivery.HELD
    assert stub.heard == []


async def test_after_a_429_nothing_is_sent_for_a_while_and_counts_as_limited(stub, rest):
    stub.answers["noop"] = (429, "null")
    assert (await rest.act(REQUEST, 1)).delivery is Delivery.LIMITED
    assert (await rest.act(REQUEST, 1)).delivery is Delivery.LIMITED
    assert len(stub.heard) == 1


async def test_an_action_is_on_the_wire_before_the_caller_goes_on():
    """Whatever else the loop has to do, the turns of a hundred engines: it gets no turn here."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        watch = Counted()
        rest = Rest(url, None, StillClock(), WeightBudget(Random(1)), watch=watch)
        rest.tend()
        with ExitStack() as stack:
            ends = [(await loop.sock_accept(listening))[0] for _ in range(OPENED_AT_ONCE)]
            for end in ends:
                stack.enter_context(end)
            await until(lambda: len(rest._courier.lines.idle) == OPENED_AT_ONCE)
            answering = rest.act(REQUEST, 1, urgent=True)
            (there,), _, _ = select.select(ends, (), (), 60)
            got = there.recv(100_000)
            assert got.startswith(b"POST /exchange HTTP/1.1\r\n")
            assert got.endswith(b"\r\n\r\n" + body(REQUEST))
            there.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}')
            assert (await answering).delivery is Delivery.ANSWERED
            await rest.hang_up()
    assert watch.made_to == ["hyperliquid_actions"] * OPENED_AT_ONCE
    assert watch.lost == []


async def test_of_actions_that_wait_for_a_connection_the_urgent_one_is_written_first(stub, rest):
    told = [rest.act(REQUEST, 1), rest.act(URGENT, 1, urgent=True)]
    ahead, behind = rest._courier._queues[RequestRank.ORDER]
    assert ahead.content.endswith(body(URGENT))
    assert behind.content.endswith(body(REQUEST))
    stub.answers["noop"] = {"status": "ok"}
    assert {(await each).delivery for each in told} == {Delivery.ANSWERED}


async def test_an_action_that_found_no_connection_in_time_is_held_back_and_proves_nothing(rest):
    answer = asyncio.get_running_loop().create_future()
    answer.set_result(CourierReply(NO_ANSWER, problem=TOO_LATE))
    assert (await rest._delivered(answer)).delivery is Delivery.HELD
    assert rest.conversation.problem == ""


async def test_no_connections_are_made_up_while_the_venue_does_not_answer(rest):
    rest.conversation.failed(REQUESTS, "no answer")
    rest.tend()
    assert rest._courier.lines.making == set()
    rest.conversation.heard(REQUESTS)
    rest.tend()
    assert len(rest._courier.lines.making) == OPENED_AT_ONCE


def test_only_the_main_network_is_signed_for_as_such():
    def network(url):
        return Rest(url, None, StillClock(), WeightBudget(Random(1))).network

    urls = (MAINNET_URL, MAINNET_URL + "/", TESTNET_URL, "http://localhost:3001")
    main, test = Network.MAINNET, Network.TESTNET
    assert [network(url) for url in urls] == [main, main, test, test]


@pytest.mark.parametrize("number", ["NaN", "-nan", "Infinity", "-inf", "sNaN1"])
async def test_an_amount_that_is_none_is_no_answer(stub, rest, number):
    stub.answers["allMids"] = {"BTC": "97000.5", "ETH": number}
    with pytest.raises(VenueUnavailableError, match="answer to allMids"):
        await rest.ask(ask("allMids"))


async def test_a_name_with_the_letters_of_nan_is_one(stub, rest):
    stub.answers["allMids"] = {"NAN": "1.5", "INFINITY": "2"}
    assert len(await rest.ask(ask("allMids"))) == 2
