"""The doors of the venue as bytes: posts over a socket, faults of requests, and hostile input."""

import random

import msgspec
import pytest

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from market_maker.venues.hyperliquid.signing import Network, body, signed
from tests.unit.emulators.hyperliquid.box import BTC, KEY, PEER, Box, heard, order


@pytest.fixture
def box():
    return Box(coins=("BTC",))


def posted(box, kind, payload, number=7):
    socket = box.socket({"type": "orderUpdates", "user": TEST_ADDRESS})
    request = {"type": kind, "payload": payload}
    box.say(socket, {"method": "post", "id": number, "request": request})
    return heard(socket)


def placing(box, *orders):
    action = {"type": "order", "orders": orders, "grouping": "na"}
    return body(signed(KEY, action, box.terms(), Network.TESTNET))


def test_an_action_over_a_socket_answers_there_and_pushes_its_update(box):
    payload = msgspec.Raw(placing(box, order(BTC, True, "90000", "0.001")))
    frames = posted(box, "action", payload)
    answer = next(frame for frame in frames if frame["channel"] == "post")["data"]
    assert answer["id"] == 7
    assert answer["response"]["payload"]["status"] == "ok"
    assert "orderUpdates" in [frame["channel"] for frame in frames]


def test_a_question_over_a_socket_is_wrapped_with_its_type(box):
    (frame,) = posted(box, "info", {"type": "l2Book", "coin": "BTC", "nSigFigs": 5})
    payload = frame["data"]["response"]["payload"]
    assert payload["type"] == "l2Book"
    assert payload["data"]["coin"] == "BTC"


@pytest.mark.parametrize(("kind", "payload"), [("info", {"type": "nope"}), ("nope", {})])
def test_what_cannot_be_read_over_a_socket_is_a_text_with_its_status(box, kind, payload):
    (frame,) = posted(box, kind, payload)
    assert frame["data"]["response"]["type"] == "error"
    assert frame["data"]["response"]["payload"].startswith("422 Unprocessable Entity: ")


def test_a_dropped_answer_has_had_its_effect():
    box = Box(VenueSettings(faults=VenueFaults(drop_answer=1.0)), coins=("BTC",))
    reply = box.venue.act(PEER, placing(box, order(BTC, True, "90000", "0.001")), box.now)
    assert reply.cut
    assert len(box.open_orders()) == 1


def test_a_busy_venue_does_half_of_what_it_says_it_did_not():
    box = Box(VenueSettings(faults=VenueFaults(busy=1.0)), coins=("BTC",))
    for _ in range(20):
        reply = box.venue.act(PEER, placing(box, order(BTC, True, "90000", "0.001")), box.now)
        assert reply.status == 502
    assert 0 < len(box.open_orders()) < 20


def test_too_many_requests_by_chance_are_429():
    box = Box(VenueSettings(faults=VenueFaults(too_many=1.0)), coins=("BTC",))
    assert box.venue.ask(PEER, b'{"type":"meta"}', box.now).status == 429


def test_a_banner_greets_a_socket_and_a_refused_upgrade_is_none():
    greeting = Box(VenueSettings(banner=True), coins=("BTC",))
    assert greeting.venue.connect(PEER, greeting.now).drain() == [
        b"Websocket connection established."
    ]
    refusing = Box(VenueSettings(faults=VenueFaults(refuse_upgrade=1.0)), coins=("BTC",))
    assert refusing.venue.connect(PEER, refusing.now) is None


def test_who_says_too_much_in_a_minute_is_refused_with_the_reason():
    box = Box(VenueSettings(limits=VenueLimits(messages_a_minute=2)), coins=("BTC",))
    socket = box.socket()
    for _ in range(3):
        box.say(socket, {"method": "ping"})
    assert [frame["channel"] for frame in heard(socket)] == ["pong", "pong", "error"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[" * 50_000,
        b'{"method":"subscribe"}',
        b'{"method":"unsubscribe","subscription":{"type":"allMids"}}',
        b'{"method":"post","id":1}',
        b'{"method":"post","id":-1,"request":{"type":"info","payload":{}}}',
        b'{"method":"nope"}',
        b'{"method":' + b'"' + b"x" * 100_000 + b'"}',
    ],
)
def test_a_socket_answers_nonsense_with_a_short_error(box, raw):
    socket = box.socket()
    box.say(socket, raw)
    (frame,) = heard(socket)
    assert frame["channel"] == "error"
    assert len(frame["data"]) < 2_000


def test_the_same_subscription_twice_and_none_at_all_are_errors(box):
    socket = box.socket({"type": "allMids"})
    for method, said in (
        ("subscribe", "Already subscribed: "),
        ("unsubscribe", None),
        ("unsubscribe", "Already unsubscribed: "),
    ):
        box.say(socket, {"method": method, "subscription": {"type": "allMids"}})
        (frame,) = [one for one in heard(socket) if one["channel"] != "allMids"]
        assert said is None or frame["data"].startswith(said)


def test_random_bytes_and_random_changes_of_good_bodies_never_raise(box):
    rng = random.Random(11)
    good = placing(box, order(BTC, True, "90000", "0.001"))
    for _ in range(2_000):
        raw = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        for door in (box.venue.act, box.venue.ask):
            assert door(str(rng.random()), bytes(raw), box.now).status in {200, 400, 422}


def test_two_thousand_orders_are_as_many_as_may_be_open_and_the_rest_is_refused():
    box = Box(VenueSettings(limits=VenueLimits(ip_weight=None, free_actions=None)), coins=("BTC",))
    statuses = []
    for _ in range(50):
        statuses += box.place(*[order(BTC, True, "90000", "0.0002")] * 40)
    assert sum("resting" in one for one in statuses) == 1_000
    assert all("Too many open orders" in one["error"] for one in statuses[1_000:])
    assert len(box.open_orders()) == 1_000
    assert len(box.info("historicalOrders", user=TEST_ADDRESS)) == 1_000
