"""What may be subscribed to, and what each begins with."""

import msgspec
import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.subscriptions import EVENTS, STATES, cadence, echo, read
from market_maker.emulators.hyperliquid.venue import VenueSettings
from tests.support.scripted_market import Script
from tests.unit.emulators.hyperliquid.box import BTC, Box, heard

KINDS = sorted(EVENTS | STATES.keys() | {"l2Book"})


@pytest.fixture(scope="module")
def box():
    return Box(coins=("BTC",))


def terms(kind):
    return {"type": kind, "coin": "BTC", "user": TEST_ADDRESS, "interval": "1m"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_confirmed_and_begins(box, kind):
    socket = box.venue.connect("10.0.0.1", box.now)
    box.say(socket, {"method": "subscribe", "subscription": terms(kind)})
    frames = heard(socket)
    assert frames[0]["channel"] == "subscriptionResponse"
    assert frames[0]["data"]["subscription"]["type"] == kind
    if kind in STATES or kind == "l2Book":
        assert kind == "candle" or frames[1]["channel"] == kind
    box.venue.disconnect(socket)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "nope"},
        {"type": "l2Book", "coin": "NOPE"},
        {"type": "l2Book"},
        {"type": "userFills", "user": "0x12"},
        {"type": "candle", "coin": "BTC", "interval": "7m"},
        {"type": "allMids", "dex": "nope"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 17},
        [],
    ],
)
def test_what_makes_no_sense_is_an_error_that_repeats_it(box, wrong):
    socket = box.socket()
    box.say(socket, {"method": "subscribe", "subscription": wrong})
    (frame,) = heard(socket)
    assert frame["channel"] == "error"
    assert frame["data"].startswith("Invalid subscription ")
    box.venue.disconnect(socket)


def test_a_fast_book_has_five_levels_each_half_second(box):
    raw = msgspec.json.encode({"type": "l2Book", "coin": "BTC", "fast": True})
    asked = read(raw, box.venue.info)
    assert cadence(asked).every == 500
    socket = box.socket({"type": "l2Book", "coin": "BTC", "fast": True})
    box.wait(2)
    frames = heard(socket)
    assert len(frames) == 4
    assert len(frames[0]["data"]["levels"][0]) == 5
    assert frames[0]["data"]["fast"] is True
    box.venue.disconnect(socket)


def test_a_fast_book_without_a_pause_comes_with_each_change_and_only_then():
    script = Script()
    box = Box(VenueSettings(fast_book_ms=0), coins=("BTC",), markets=script.make)
    socket = box.socket({"type": "l2Book", "coin": "BTC", "fast": True})
    box.wait(0.1)
    heard(socket)
    box.wait(5)
    assert heard(socket) == []
    for _ in range(3):
        script.markets["BTC"].move(0.001)
        box.wait(0.1)
    assert len(heard(socket)) == 3


def test_a_book_is_repeated_with_the_terms_that_were_left_out(box):
    asked = read(b'{"type":"l2Book","coin":"BTC"}', box.venue.info)
    assert echo(asked) == {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None}


def test_fills_begin_with_a_snapshot_and_order_updates_with_nothing():
    box = Box(coins=("BTC",))
    box.one(BTC, True, box.best()[1], "0.0002", tif="Ioc")
    socket = box.venue.connect("10.0.0.1", box.now)
    for kind in ("userFills", "orderUpdates", "userEvents"):
        box.say(socket, {"method": "subscribe", "subscription": terms(kind)})
    frames = [one for one in heard(socket) if one["channel"] != "subscriptionResponse"]
    assert [one["channel"] for one in frames] == ["userFills"]
    assert frames[0]["data"]["isSnapshot"] is True
    assert len(frames[0]["data"]["fills"]) == 1


@pytest.mark.parametrize("kind", ["l2Book", "bbo", "trades", "activeAssetCtx", "candle"])
def test_a_spot_pair_is_listed_and_stands_still(box, kind):
    socket = box.venue.connect("10.0.0.2", box.now)
    wanted = {"type": kind, "coin": "PURR/USDC", "interval": "1m"}
    box.say(socket, {"method": "subscribe", "subscription": wanted})
    frames = heard(socket)
    assert frames[0]["channel"] == "subscriptionResponse"
    if kind == "activeAssetCtx":
        assert frames[1]["channel"] == "activeSpotAssetCtx"
    box.wait(1)
    box.venue.disconnect(socket)
