"""Questions: what each type answers, and what cannot be read."""

import msgspec
import pytest

from market_maker.emulators.hyperliquid.info import ANSWERS
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from tests.unit.emulators.hyperliquid.box import PEER, Box

pytestmark = pytest.mark.thorough

EVERYTHING = {
    "user": TEST_ADDRESS,
    "coin": "BTC",
    "oid": 1,
    "startTime": 0,
    "endTime": None,
    "builder": TEST_ADDRESS,
    "req": {"coin": "BTC", "interval": "1m", "startTime": 0, "endTime": None},
    "aggregateByTime": False,
}


@pytest.fixture
def box():
    return Box(VenueSettings(limits=VenueLimits(ip_weight=None)), coins=("BTC",))


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_every_type_is_answered(box, kind):
    dex = "xyz" if kind.startswith("perpDex") and kind != "perpDexs" else ""
    box.info(kind, dex=dex, **EVERYTHING)


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_a_question_that_lacks_everything_is_unreadable_or_answered(box, kind):
    reply = box.venue.ask(PEER, msgspec.json.encode({"type": kind}), box.now)
    assert reply.status in {200, 422}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{bad", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b"null", 422),
        (b'{"type":5}', 422),
        (b'{"type":"nope"}', 422),
        (b'{"type":"meta","dex":"nope"}', 422),
        (b'{"type":"openOrders","user":"0x12"}', 422),
        (b'{"type":"openOrders","user":"' + b"0x" + b"\xc3\xa9" * 20 + b'"}', 422),
        (b'{"type":"perpDexLimits","dex":""}', 422),
        (b'{"type":"l2Book","coin":"BTC","nSigFigs":9}', 422),
        (b'{"type":"candleSnapshot","req":{"coin":"BTC","interval":"7m","startTime":0}}', 422),
        (b'{"type":"orderStatus","user":"0x14791697260e4c9a71f18484c9f997b308e59325"}', 422),
        (b'{"type":"fundingHistory","coin":"BTC","startTime":' + b"9" * 30 + b"}", 422),
    ],
)
def test_what_cannot_be_read_is_reported_by_status_and_plain_text(box, raw, status):
    reply = box.venue.ask(PEER, raw, box.now)
    assert reply.status == status
    assert reply.body.startswith(b"Failed to ")
    assert not reply.json


def test_a_coin_that_is_not_listed_has_no_book(box):
    assert box.info("l2Book", coin="NOPE") is None


def test_unknown_orders_and_unknown_addresses(box):
    nobody = "0x" + "99" * 20
    assert box.info("orderStatus", user=nobody, oid=1) == {"status": "unknownOid"}
    assert box.info("userRole", user=nobody) == {"role": "missing"}
    assert box.info("openOrders", user=nobody) == []
    assert box.info("subAccounts", user=TEST_ADDRESS) is None
    assert box.info("userAbstraction", user=nobody) == "default"


def test_funding_is_the_same_whenever_it_is_asked_for(box):
    begin = box.now // 1_000_000 - 10 * 3_600_000
    once = box.info("fundingHistory", coin="BTC", startTime=begin)
    assert len(once) == 10
    assert once == box.info("fundingHistory", coin="BTC", startTime=begin)
    assert all(entry["time"] % 3_600_000 == 0 for entry in once)


def test_who_asks_too_much_in_a_minute_is_refused_with_the_reason():
    box = Box(coins=("BTC",))
    for _ in range(60):
        box.info("meta")
    reply = box.venue.ask(PEER, b'{"type":"meta"}', box.now)
    assert (reply.status, reply.body) == (429, b"null")
    assert box.venue.ask("127.0.0.2", b'{"type":"meta"}', box.now).status == 200
    box.wait(60, step=10)
    box.info("meta")
    assert box.venue.weights.highest == 1_200
