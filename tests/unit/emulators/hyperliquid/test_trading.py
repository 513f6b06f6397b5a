"""Orders on the emulated Hyperliquid: what rests, trades, is refused, and how that is reported."""

from decimal import Decimal

import msgspec
import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.venues.hyperliquid.actions import OrderType, Trigger
from tests.support.scripted_market import Script
from tests.unit.emulators.hyperliquid.box import BTC, HYNA_BTC, Box, heard, order

NAME = "0x000000000000000000000000000000ab"


@pytest.fixture
def box():
    return Box()


def far(box, coin="BTC", share="0.95"):
    """A valid bid far below the market."""
    return (box.best(coin)[0] * Decimal(share)).quantize(Decimal(1))


def test_a_post_only_order_rests_and_is_listed(box):
    status = box.one(BTC, True, far(box), "0.001", cloid=NAME)
    assert status["resting"]["cloid"] == NAME
    (listed,) = box.open_orders()
    assert (listed["oid"], listed["side"], listed["sz"]) == (status["resting"]["oid"], "B", "0.001")


def test_a_post_only_order_that_would_trade_is_refused_with_the_best_prices(box):
    bid, ask = box.best()
    error = box.one(BTC, True, ask, "0.001")["error"]
    expected = f"Post only order would have immediately matched, bbo was {bid:f}@{ask:f}. asset=0"
    assert error == expected.replace(".0@", "@").replace(".0. ", ". ")
    assert box.info("historicalOrders", user=TEST_ADDRESS)[0]["status"] == "badAloPxRejected"


def test_an_ioc_order_fills_at_the_best_price_or_is_refused(box):
    _, ask = box.best()
    filled = box.one(BTC, True, ask, "0.0002", tif="Ioc")["filled"]
    assert (filled["totalSz"], Decimal(filled["avgPx"])) == ("0.0002", ask)
    assert box.one(BTC, True, far(box), "0.001", tif="Ioc")["error"].startswith(
        "Order could not immediately match against any resting orders."
    )


def test_what_an_ioc_order_finds_no_more_of_is_cancelled(box):
    bid, _ = box.best()
    status = box.one(BTC, False, bid, "0.5", tif="Ioc")
    assert 0 < Decimal(status["filled"]["totalSz"]) < Decimal("0.5")
    assert box.open_orders() == []


def test_a_gtc_order_trades_and_rests_with_what_is_left(box):
    _, ask = box.best()
    status = box.one(BTC, True, ask, "1", tif="Gtc")
    (left,) = box.open_orders()
    assert left["oid"] == status["resting"]["oid"]
    assert Decimal(left["sz"]) + Decimal(box.state()["assetPositions"][0]["position"]["szi"]) == 1


def test_a_fill_is_booked_with_its_fee_and_reported(box):
    socket = box.socket({"type": "userFills", "user": TEST_ADDRESS})
    _, ask = box.best()
    box.one(BTC, True, ask, "0.0002", tif="Ioc")
    (frame,) = heard(socket)
    (fill,) = frame["data"]["fills"]
    assert fill == box.info("userFills", user=TEST_ADDRESS)[0]
    assert (fill["dir"], fill["startPosition"], fill["crossed"]) == ("Open Long", "0.0", True)
    assert Decimal(fill["fee"]) == (ask * Decimal("0.0002") * Decimal("0.00045")).quantize(
        Decimal("0.000001"), "ROUND_DOWN"
    )


def test_a_resting_order_is_filled_by_the_market_as_a_maker(box):
    bid, _ = box.best()
    box.one(BTC, True, bid, "0.0005")
    for _ in range(600):
        if box.info("userFills", user=TEST_ADDRESS):
            break
        box.wait(1)
    fill = box.info("userFills", user=TEST_ADDRESS)[0]
    assert fill["crossed"] is False
    assert fill["px"] == f"{bid}"


def test_a_position_flips_and_its_profit_is_that_of_the_closed_part(box):
    _, ask = box.best()
    box.one(BTC, True, ask, "0.0002", tif="Ioc")
    bid, _ = box.best()
    box.one(BTC, False, bid, "0.0005", tif="Ioc")
    profit = sum(Decimal(one["closedPnl"]) for one in box.info("userFills", user=TEST_ADDRESS))
    assert profit == (bid - ask) * Decimal("0.0002")
    held = box.state()["assetPositions"][0]["position"]
    assert (held["szi"], Decimal(held["entryPx"])) == ("-0.0003", bid)


def test_money_is_conserved_over_a_round_trip(box):
    _, ask = box.best()
    box.one(BTC, True, ask + 50, "0.3", tif="Ioc")
    box.wait(5)
    bid, _ = box.best()
    box.one(BTC, False, bid - 500, "0.3", tif="Ioc", reduce_only=True)
    fills = box.info("userFills", user=TEST_ADDRESS)
    assert box.state()["assetPositions"] == []
    earned = sum(Decimal(fill["closedPnl"]) - Decimal(fill["fee"]) for fill in fills)
    value = Decimal(box.state()["marginSummary"]["accountValue"])
    assert abs(value - 100_000 - earned) < Decimal("0.0001")


def test_orders_cancel_by_number_and_by_name_once(box):
    oid = box.one(BTC, True, far(box), "0.001")["resting"]["oid"]
    box.one(BTC, True, far(box), "0.001", cloid=NAME)
    gone = {"error": "Order was never placed, already canceled, or filled. asset=0"}
    wish = {"type": "cancel", "cancels": [{"a": BTC, "o": oid}, {"a": BTC, "o": oid}], "f": True}
    assert box.send(wish)["response"]["data"]["statuses"] == ["success", gone]
    named = {"type": "cancelByCloid", "cancels": [{"asset": BTC, "cloid": NAME}]}
    assert box.send(named)["response"]["data"]["statuses"] == ["success"]
    assert box.send(named)["response"]["data"]["statuses"] == [gone]
    assert box.info("orderStatus", user=TEST_ADDRESS, oid=oid)["order"]["status"] == "canceled"


def test_an_order_of_the_same_account_is_cancelled_instead_of_trading(box):
    bid, ask = box.best()
    inside = bid
    box.one(BTC, True, inside, "0.001", cloid=NAME)
    box.one(BTC, False, inside, "1", tif="Ioc")
    found = box.info("orderStatus", user=TEST_ADDRESS, oid=NAME)["order"]["status"]
    assert (found, ask > bid) == ("selfTradeCanceled", True)


def test_a_modify_is_a_new_number_under_the_same_name(box):
    old = box.one(BTC, True, far(box), "0.001", cloid=NAME)["resting"]["oid"]
    changed = order(BTC, True, far(box), "0.002", cloid=NAME)
    answer = box.send({"type": "modify", "oid": NAME, "order": changed})
    assert answer == {"status": "ok", "response": {"type": "default"}}
    (listed,) = box.open_orders()
    assert listed["oid"] > old
    assert (listed["cloid"], listed["sz"]) == (NAME, "0.002")
    again = box.send({"type": "modify", "oid": old, "order": changed})
    assert again == {"status": "err", "response": "Cannot modify canceled or filled order"}


def test_a_modify_without_always_place_may_not_take(box):
    oid = box.one(BTC, True, far(box), "0.001")["resting"]["oid"]
    taking = order(BTC, True, box.best()[1], "0.001", tif="Gtc")
    answer = box.send({"type": "modify", "oid": oid, "order": taking})
    assert answer["response"].startswith("Post only order would have immediately matched")
    taken = box.send(
        {"type": "batchModify", "modifies": [{"oid": oid, "order": taking}], "a": True}
    )
    assert "filled" in str(taken) or "resting" in str(taken)


def test_a_trigger_order_waits_for_its_price(box):
    bid, ask = box.best()
    kind = OrderType(trigger=Trigger(isMarket=True, triggerPx=str(int(ask) + 1), tpsl="sl"))
    stop = msgspec.structs.replace(order(BTC, True, ask * 2, "0.001"), t=kind)
    (status,) = box.place(stop)
    assert "resting" in status
    shown = box.info("frontendOpenOrders", user=TEST_ADDRESS)[0]
    assert (shown["orderType"], shown["isTrigger"]) == ("Stop Market", True)
    assert box.open_orders() == []
    for _ in range(900):
        if box.state()["assetPositions"]:
            break
        box.wait(1)
    assert box.state()["assetPositions"][0]["position"]["szi"] == "0.001"
    assert bid < ask


def test_a_hip3_order_is_placed_by_its_id_and_reported_by_its_name(box):
    box.one(HYNA_BTC, True, far(box, "hyna:BTC"), "0.001")
    assert box.open_orders() == []
    (listed,) = box.open_orders("hyna")
    assert listed["coin"] == "hyna:BTC"


def test_a_reduce_only_trigger_with_nothing_left_to_reduce_ends_without_a_trade(box):
    _, ask = box.best()
    kind = OrderType(trigger=Trigger(isMarket=True, triggerPx=str(int(ask) + 1), tpsl="tp"))
    stop = msgspec.structs.replace(order(BTC, True, ask, "0.001", reduce_only=True), t=kind)
    parent, child = box.place(order(BTC, True, far(box), "0.001"), stop, grouping="normalTpsl")
    assert "resting" in parent
    assert child == "waitingForFill"
    box.wait(0.2)
    (ended,) = box.info("historicalOrders", user=TEST_ADDRESS)
    assert ended["status"] == "reduceOnlyRejected"
    assert box.state()["assetPositions"] == []


def poor_market():
    """A box whose market does what the test says, and that market."""
    script = Script()
    box = Box(coins=("BTC",), markets=script.make)
    return box, script.markets["BTC"]


def test_what_rests_is_taken_off_at_the_match_where_its_account_has_no_margin_any_more():
    box, market = poor_market()
    socket = box.socket(
        {"type": "userEvents", "user": TEST_ADDRESS}, {"type": "orderUpdates", "user": TEST_ADDRESS}
    )
    bid, _ = box.best()
    near, further = box.place(
        order(BTC, True, bid - 10, "0.1", cloid=NAME), order(BTC, True, bid - 500, "1")
    )
    box.account.cash[0] = Decimal(1_000)
    market.move(-0.0002)
    assert box.state()["assetPositions"][0]["position"]["szi"] == "0.1", "1,000 at 20x carry 0.2"
    market.move(-0.02)
    box.wait(0.2)
    assert box.state()["assetPositions"][0]["position"]["szi"] == "0.1"
    (ended,) = box.info("historicalOrders", user=TEST_ADDRESS)[:1]
    assert (ended["order"]["oid"], ended["status"]) == (further["resting"]["oid"], "marginCanceled")
    told = [frame["data"] for frame in heard(socket) if frame["channel"] == "user"]
    gone = {"coin": "BTC", "oid": further["resting"]["oid"]}
    assert {"nonUserCancel": [gone]} in told
    assert near["resting"]["oid"] != further["resting"]["oid"]


def test_an_account_without_margin_is_refused_and_one_with_little_is_refused_the_rest():
    box, _ = poor_market()
    box.account.cash[0] = Decimal(0)
    bid, _ = box.best()
    refused = "Insufficient margin to place order. asset=0"
    assert box.one(BTC, True, bid, "0.001") == {"error": refused}
    box.account.cash[0] = Decimal(1_000)
    first, second = box.place(order(BTC, True, bid, "0.1"), order(BTC, True, bid - 1, "0.15"))
    assert "resting" in first
    assert second == {"error": refused}


def test_a_trigger_that_fires_without_margin_is_refused():
    box, market = poor_market()
    _, ask = box.best()
    kind = OrderType(trigger=Trigger(isMarket=True, triggerPx=str(int(ask) + 5), tpsl="sl"))
    box.place(msgspec.structs.replace(order(BTC, True, ask * 2, "1"), t=kind))
    box.account.cash[0] = Decimal(100)
    market.move(0.001)
    box.wait(0.2)
    assert box.info("historicalOrders", user=TEST_ADDRESS)[0]["status"] == "perpMarginRejected"
    assert box.state()["assetPositions"] == []
