"""A recording as the market of a perpetual."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.markets import sandbox_markets
from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.recorded_markets import (
    AT_ONCE,
    in_units_of,
    read_all,
    recorded_markets,
)
from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import Filled
from market_maker.model.orders import Side
from market_maker.model.units import OrderId, ParticipantId
from market_maker.replay_venue.recorded_exchange import RecordedExchange
from market_maker.storage.recording import write_recording
from tests.toy_market import INSTRUMENT, coin_margined, toy_recording
from tests.unit.emulators.hyperliquid.box import NOON, Box, heard

pytestmark = pytest.mark.thorough

SOL = universe().coin("SOL")


@pytest.fixture(scope="module")
def recording():
    return in_units_of(SOL.perp, toy_recording(seconds=120))


@pytest.fixture
def box(recording):
    markets = recorded_markets({"SOL": recording}, sandbox_markets(1))
    return Box(coins=("SOL",), markets=markets)


def test_the_book_is_the_recordings_and_moves_with_it(box):
    bid, ask = box.best("SOL")
    assert (bid, ask) == (Decimal("99.99"), Decimal("100.01"))
    box.wait(20)
    assert box.best("SOL") != (bid, ask)


def test_one_that_waits_begins_when_a_client_subscribes_to_its_book(recording):
    markets = recorded_markets({"SOL": recording}, sandbox_markets(1), waits=True)
    box = Box(coins=("SOL",), markets=markets)
    first = box.info("l2Book", coin="SOL")["levels"]
    box.wait(200, step=10)
    assert box.info("l2Book", coin="SOL")["levels"] == first
    box.socket({"type": "bbo", "coin": "SOL"})
    box.wait(20)
    assert box.info("l2Book", coin="SOL")["levels"] == first
    box.socket({"type": "l2Book", "coin": "SOL", "fast": True})
    box.wait(20)
    assert box.info("l2Book", coin="SOL")["levels"] != first


def test_its_trades_are_published_once(box):
    socket = box.socket({"type": "trades", "coin": "SOL"})
    box.wait(30)
    trades = [trade for frame in heard(socket) for trade in frame["data"]]
    assert len(trades) > 100
    assert len({trade["tid"] for trade in trades}) == len(trades)


def test_a_resting_order_queues_and_fills_as_in_the_replay_venue(box):
    bid, _ = box.best("SOL")
    box.one(SOL.asset, True, bid, "1")
    box.one(SOL.asset, True, bid - 20, "1")
    for _ in range(100):
        if box.info("userFills", user=TEST_ADDRESS):
            break
        box.wait(1)
    fill = box.info("userFills", user=TEST_ADDRESS)[0]
    assert (fill["crossed"], Decimal(fill["px"])) == (False, bid)
    assert len(box.open_orders()) == 1


def test_what_takes_is_filled_from_the_displayed_book_which_stays(box):
    before = box.info("l2Book", coin="SOL")["levels"]
    _, ask = box.best("SOL")
    filled = box.one(SOL.asset, True, ask, "5", tif="Ioc")["filled"]
    assert Decimal(filled["totalSz"]) == min(5, Decimal(before[1][0]["sz"]))
    assert box.info("l2Book", coin="SOL")["levels"] == before
    size = filled["totalSz"].removesuffix(".0")
    assert "filled" in box.one(SOL.asset, False, "90", size, tif="Ioc", reduce_only=True)
    assert box.state()["assetPositions"] == []


def test_orders_cancel_and_cross_as_anywhere(box):
    bid, ask = box.best("SOL")
    oid = box.one(SOL.asset, True, bid - 1, "1", tif="Gtc")["resting"]["oid"]
    cancel = {"type": "cancel", "cancels": [{"a": SOL.asset, "o": oid}]}
    assert box.send(cancel)["response"]["data"]["statuses"] == ["success"]
    assert "would have immediately matched" in box.one(SOL.asset, True, ask, "1")["error"]


def test_orders_beyond_what_the_replay_venue_holds_are_refused(box):
    statuses = [box.one(SOL.asset, True, "90", "0.2") for _ in range(130)]
    assert sum("resting" in one for one in statuses) == 128
    assert statuses[-1]["error"].startswith("Too many open orders")


def test_after_its_end_the_book_stands_still(box):
    box.wait(130, step=10)
    last = box.info("l2Book", coin="SOL")["levels"]
    assert last[0]
    box.wait(60, step=10)
    assert box.info("l2Book", coin="SOL")["levels"] == last


def test_a_file_is_for_the_coin_it_names_and_has_to_fit_its_grid(tmp_path):
    path = tmp_path / "toy.mmr"
    write_recording(path, toy_recording(seconds=2))
    assert list(read_all([f"SOL={path}"])) == ["SOL"]
    for wrong in (str(path), f"NOPE={path}"):
        with pytest.raises(InvalidFieldError, match="recording"):
            read_all([wrong])
    odd = replace(INSTRUMENT, tick_size=Decimal("0.00003"))
    with pytest.raises(InvalidFieldError, match="multiples"):
        in_units_of(SOL.perp, replace(toy_recording(seconds=2), instrument=odd))


def test_a_recording_of_an_inverse_contract_is_refused_by_its_name():
    with pytest.raises(InvalidFieldError, match=r"TOYUSD_PERP, an inverse contract.*linear"):
        in_units_of(SOL.perp, coin_margined(toy_recording(seconds=2)))


def test_the_same_orders_fill_as_in_replay_at_the_same_moments(box, recording):
    exchange = RecordedExchange([recording], AT_ONCE)
    exchange.advance(exchange.start)
    bid, ask = box.best("SOL")
    ahead = NOON - exchange.start
    theirs = []
    for number in range(600):
        if number % 50 == 0:
            # A fresh pair a little away from where the market stands, on both sides alike.
            bid, ask = box.best("SOL")
            for buy, price in ((True, bid - Decimal("0.01")), (False, ask + Decimal("0.01"))):
                status = box.one(SOL.asset, buy, price, "40")
                side = Side.BUY if buy else Side.SELL
                ticks, lots = int(price / SOL.perp.tick), int(40 / SOL.perp.lot)
                oid = status["resting"]["oid"]
                place = Place(OrderId(oid), ParticipantId("us"), side, 0, ticks, lots, False)
                exchange.place(0, box.now - ahead, place)
        box.wait(0.1)
        exchange.advance(box.now - ahead)
        events = [one for one in exchange.events(0) if isinstance(one, Filled)]
        theirs += [(e.order_id, e.price * SOL.perp.tick, e.size * SOL.perp.lot) for e in events]
    fills = box.info("userFillsByTime", user=TEST_ADDRESS, startTime=0)
    ours = [(fill["oid"], Decimal(fill["px"]), Decimal(fill["sz"])) for fill in fills]
    assert len(ours) > 5
    assert ours == theirs


def test_a_fill_that_its_account_cannot_carry_is_a_cancel_for_margin(box):
    bid, _ = box.best("SOL")
    oid = box.one(SOL.asset, True, bid, "1")["resting"]["oid"]
    box.account.cash[0] = Decimal(0)
    for _ in range(100):
        if not box.open_orders():
            break
        box.wait(1)
    assert box.info("userFills", user=TEST_ADDRESS) == []
    ended = box.info("historicalOrders", user=TEST_ADDRESS)[0]
    assert (ended["order"]["oid"], ended["status"]) == (oid, "marginCanceled")
