"""Leverage and isolated margin."""

from decimal import Decimal

import pytest

from tests.unit.emulators.hyperliquid.box import TSLA, Box

NAME = "0x000000000000000000000000000000ab"


@pytest.fixture
def box():
    return Box()


def far(box, coin="BTC", share="0.95"):
    """A valid bid far below the market."""
    return (box.best(coin)[0] * Decimal(share)).quantize(Decimal(1))


def test_strict_isolated_margin_does_not_leave_and_cross_is_not_allowed():
    box = Box(coins=("xyz:TSLA",))
    _, ask = box.best("xyz:TSLA")
    leverage = {"type": "updateLeverage", "asset": TSLA, "isCross": False, "leverage": 5}
    assert box.send(leverage)["status"] == "ok"
    assert "filled" in box.one(TSLA, True, ask, "1", tif="Ioc")
    out = {"type": "updateIsolatedMargin", "asset": TSLA, "isBuy": True, "ntli": -1}
    assert box.send(out)["response"].startswith("Cannot remove isolated margin for this asset.")
    assert box.send({**leverage, "isCross": True})["response"] == (
        "Cross margin is not allowed for this asset."
    )
    assert box.send({**leverage, "leverage": 11})["response"] == "Invalid leverage value"
    assert box.send({**leverage, "leverage": 2})["response"].startswith(
        "Isolated position does not have sufficient margin available to decrease leverage."
    )
    top_up = {"type": "topUpIsolatedOnlyMargin", "asset": TSLA, "leverage": "2"}
    assert box.send(top_up)["status"] == "ok"
    held = box.state("xyz")["assetPositions"][0]["position"]
    assert abs(float(held["marginUsed"]) - float(held["positionValue"]) / 2) < 1
