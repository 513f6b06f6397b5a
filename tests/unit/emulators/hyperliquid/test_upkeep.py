"""What becomes due by itself: scheduled cancels, funding, liquidations."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from tests.unit.emulators.hyperliquid.box import BTC, ETH, GOLD, Box, heard

NAME = "0x000000000000000000000000000000ab"


@pytest.fixture
def box():
    return Box()


def far(box, coin="BTC", share="0.95"):
    """A valid bid far below the market."""
    return (box.best(coin)[0] * Decimal(share)).quantize(Decimal(1))


@pytest.mark.thorough
def test_a_scheduled_cancel_needs_volume_and_then_takes_everything_off():
    gated = Box(VenueSettings())
    wish = {"type": "scheduleCancel", "time": gated.now // 1_000_000 + 6_000}
    assert gated.send(wish)["response"] == (
        "Cannot set scheduled cancel time until enough volume traded. "
        "Required: $1000000. Traded: $0.0."
    )
    box = Box()
    box.one(BTC, True, far(box), "0.001")
    assert box.send({**wish, "time": box.now // 1_000_000 + 6_000})["status"] == "ok"
    box.wait(5)
    assert len(box.open_orders()) == 1
    box.wait(2)
    assert box.open_orders() == []
    found = box.info("historicalOrders", user=TEST_ADDRESS)[0]["status"]
    assert found == "scheduledCancel"


def test_an_account_under_its_maintenance_margin_is_liquidated():
    box = Box(usd=120)
    _, ask = box.best("ETH")
    box.send({"type": "updateLeverage", "asset": ETH, "isCross": True, "leverage": 25})
    box.one(ETH, True, ask, "0.02", tif="Ioc")
    socket = box.socket({"type": "userEvents", "user": TEST_ADDRESS})
    box.account.cash[0] -= 119
    box.wait(1)
    assert box.state()["assetPositions"] == []
    events = [frame["data"] for frame in heard(socket) if frame["channel"] == "user"]
    assert any("liquidation" in event for event in events)
    fills = [fill for event in events for fill in event.get("fills", ())]
    assert fills[0]["liquidation"]["liquidatedUser"] == TEST_ADDRESS


def test_at_the_cap_orders_that_would_add_to_open_interest_are_taken_off():
    box = Box(coins=("xyz:GOLD",), xyz__GOLD=900)
    _, ask = box.best("xyz:GOLD")
    assert "filled" in box.one(GOLD, True, ask, "0.1", tif="Ioc")
    for buy, price in ((True, "4000"), (False, "4300")):
        assert "resting" in box.one(GOLD, buy, price, "0.01")
    box.account.holdings[GOLD].lots += 5_000
    box.wait(0.2)
    (left,) = box.open_orders("xyz")
    assert left["side"] == "A"
    told = [one["status"] for one in box.info("historicalOrders", user=TEST_ADDRESS)]
    assert told[0] == "openInterestCapCanceled"


def test_funding_is_paid_on_the_hour_and_reported():
    box = Box(coins=("BTC",))
    box.one(BTC, True, box.best()[1], "0.002", tif="Ioc")
    socket = box.socket({"type": "userFundings", "user": TEST_ADDRESS})
    before = Decimal(box.state()["marginSummary"]["totalRawUsd"])
    box.venue.upkeep._hour -= 1  # an hour of trading would take a minute
    box.wait(0.2)
    (paid,) = box.info("userFunding", user=TEST_ADDRESS, startTime=0)
    assert paid["time"] % 3_600_000 == 0
    after = Decimal(box.state()["marginSummary"]["totalRawUsd"])
    assert after - before == Decimal(paid["delta"]["usdc"])
    (frame,) = heard(socket)
    assert [one["usdc"] for one in frame["data"]["fundings"]] == [paid["delta"]["usdc"]]
    held = box.state()["assetPositions"][0]["position"]["cumFunding"]
    assert Decimal(held["allTime"]) == -Decimal(paid["delta"]["usdc"])
