"""Answers about accounts have the shapes that were recorded from the venue."""

from decimal import Decimal

import msgspec
import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from tests.shared_data import need_shared_data
from tests.unit.emulators.hyperliquid.box import BTC, Box, order
from tests.unit.emulators.hyperliquid.test_listing_answers import recorded, shape


@pytest.fixture
def box():
    box = Box(coins=("BTC",))
    _, ask = box.best()
    box.place(order(BTC, True, ask, "0.001", tif="Ioc"), order(BTC, True, "90000", "0.001"))
    return box


def sdk(name):
    folder = need_shared_data("hyperliquid_api") / "hyperliquid-python-sdk" / "decoded"
    return msgspec.json.decode((folder / f"{name}.json").read_bytes())[-1]["response"]


def test_a_state_has_the_recorded_keys_and_adds_up(box):
    state = box.state()
    assert state.keys() == recorded("UserState_WithDex").keys()
    (held,) = state["assetPositions"]
    old = sdk("test_get_user_state")["assetPositions"][0]["position"]
    assert set(old) - {"maxTradeSzs"} <= set(held["position"])
    margin = state["marginSummary"]
    worth = Decimal(margin["totalRawUsd"]) + Decimal(held["position"]["positionValue"])
    assert Decimal(margin["accountValue"]) == worth


def test_fills_have_the_recorded_keys(box):
    ours = box.info("userFillsByTime", user=TEST_ADDRESS, startTime=0)
    assert ours[0].keys() == recorded("UserFillsByTime")[0].keys()
    assert shape(ours) == shape(recorded("UserFillsByTime"))


def test_orders_have_the_recorded_keys(box):
    (listed,) = box.info("frontendOpenOrders", user=TEST_ADDRESS)
    (brief,) = box.open_orders()
    status = box.info("orderStatus", user=TEST_ADDRESS, oid=listed["oid"])
    assert shape(status) == shape(recorded("QueryOrderByOid")) | {
        "order": shape(recorded("QueryOrderByOid"))["order"]
    }
    assert set(brief) >= {"coin", "limitPx", "oid", "side", "sz", "timestamp"}
    (done,) = box.info("historicalOrders", user=TEST_ADDRESS)
    assert shape(done) == shape(sdk("test_historical_orders")[0])


def test_what_may_still_be_traded(box):
    ours = box.info("activeAssetData", user=TEST_ADDRESS, coin="BTC")
    assert shape(ours) == shape(recorded("UserActiveAssetData"))
    free, mark = Decimal(ours["availableToTrade"][0]), Decimal(ours["markPx"])
    assert Decimal(ours["maxTradeSzs"][0]) * mark <= free * 20


def test_fills_page_by_time_and_the_newest_come_first_without_one(box):
    box.wait(1)
    _, ask = box.best()
    box.one(BTC, True, ask, "0.0002", tif="Ioc")
    newest = box.info("userFills", user=TEST_ADDRESS)
    rising = box.info("userFillsByTime", user=TEST_ADDRESS, startTime=0)
    assert newest == rising[::-1]
    last = rising[-1]["time"]
    assert rising[-1] in box.info("userFillsByTime", user=TEST_ADDRESS, startTime=last)
    assert box.info("userFillsByTime", user=TEST_ADDRESS, startTime=last + 1) == []
