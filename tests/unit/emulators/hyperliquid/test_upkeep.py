"""What becomes due by itself: scheduled cancels, funding, liquidations."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from market_maker.emulators.hyperliquid.venue import VenueSettings
from tests.unit.emulators.hyperliquid.box import BTC, ETH, Box, heard

NAME = "0x000000000000000000000000000000ab"


@pytest.fixture
def box():
    return Box()


def far(box, coin="BTC", share="0.95"):
    """A valid bid far below the market."""
    return (box.best(coin)[0] * Decimal(share)).quantize(Decimal(1))


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
