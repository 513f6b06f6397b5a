"""Prices, open interest and what every reader receives of a trade."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from tests.unit.emulators.hyperliquid.box import BTC, HYNA_BTC, Box, heard


def test_the_mark_is_the_median_of_bid_ask_and_last_trade():
    box = Box(coins=("BTC",))
    bid, ask = box.best()
    history = box.venue.world.histories[BTC]
    for last, mark in ((bid - 50, bid), (ask + 50, ask)):
        history.last = last
        assert box.venue.world.mark(BTC) == mark


def test_open_interest_counts_the_longs():
    box = Box(coins=("hyna:BTC",))
    assert box.venue.world.open_interest(HYNA_BTC) == 0
    box.one(HYNA_BTC, True, box.best("hyna:BTC")[1], "0.0002", tif="Ioc")
    assert box.venue.world.open_interest(HYNA_BTC) == 20


def test_a_trade_names_its_buyer_and_its_seller_and_stands_in_both_feeds():
    box = Box(coins=("BTC",))
    socket = box.socket({"type": "trades", "coin": "BTC"})
    box.one(BTC, False, box.best()[0], "0.0002", tif="Ioc")
    trades = heard(socket)[0]["data"]
    trade = trades[-1]
    assert trade["users"][1] == TEST_ADDRESS
    assert trade["users"][0].startswith("0x")
    assert trade["side"] == "A"
    fills = box.info("userFillsByTime", user=TEST_ADDRESS, startTime=0)
    assert [one["tid"] for one in trades] == [fill["tid"] for fill in fills]
    assert trade["tid"] < 2**50
    assert box.info("recentTrades", coin="BTC")[0] == trade


def test_time_never_goes_back():
    box = Box(coins=("BTC",))
    box.wait(1)
    late = box.now
    box.venue.tick(late - 10**9)
    assert box.venue.world.time == late


@pytest.mark.thorough
def test_the_oracle_follows_the_market_on_the_grid():
    box = Box(coins=("BTC",))
    box.wait(60, step=1)
    context = box.info("metaAndAssetCtxs")[1][0]
    bid, _ = box.best()
    assert abs(Decimal(context["oraclePx"]) / bid - 1) < Decimal("0.005")
    assert Decimal(context["oraclePx"]) % 1 == 0
