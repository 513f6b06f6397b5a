"""What traded: a day's volume and candles."""

from decimal import Decimal

from market_maker.emulators.hyperliquid.trade_history import (
    DAY_MS,
    MINUTE_MS,
    TRADES_KEPT,
    TradeHistory,
)

NOON = 1_795_003_200_000


def traded(*trades):
    history = TradeHistory("BTC", Decimal(90))
    for minute, price in trades:
        history.add(NOON + minute * MINUTE_MS, Decimal(price), Decimal(2), {"px": price})
    return history


def test_minutes_join_to_candles_with_high_low_and_volume():
    history = traded((0, 100), (1, 103), (3, 99), (5, 101))
    first, second = history.candles("5m", NOON, NOON + 9 * MINUTE_MS)
    assert (first["o"], first["h"], first["l"], first["c"]) == ("100.0", "103.0", "99.0", "99.0")
    assert (first["v"], first["n"], first["t"]) == ("6.0", 3, NOON)
    assert first["T"] == second["t"] - 1
    assert len(history.candles("1m", NOON, NOON + 9 * MINUTE_MS)) == 4


def test_a_day_ago_is_the_price_before_it():
    history = traded((0, 100), (24 * 60 + 1, 110))
    base, notional, before = history.day(NOON + DAY_MS + 2 * MINUTE_MS)
    assert (base, notional, before) == (2, 220, 100)


def test_trades_that_are_kept_are_bounded():
    assert len(traded(*((0, 100 + one) for one in range(500))).trades) == TRADES_KEPT
