"""What a trade does to positions and money, cross and isolated."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.booking import TradeSide, book, fee_rate
from market_maker.emulators.hyperliquid.listings import universe

LISTED = universe()
BTC = LISTED.coin("BTC")


def trade(account, lots, price, fee="0"):
    return book(account, 0, BTC, TradeSide(lots, Decimal(price), Decimal(fee)))


def holder(*, cross):
    account = PerpAccount("0xann", cash={0: Decimal(100_000)})
    account.holdings[0] = PerpPosition(10, cross)
    return account


def equity(account, price):
    held = account.holdings[0]
    return account.cash[0] + held.raw + held.lots * BTC.perp.lot * Decimal(price)


@pytest.mark.thorough
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(-500, 500).filter(bool), st.integers(90_000, 110_000))),
)
def test_nothing_is_lost_or_made_whatever_is_traded(cross, trades):
    account, earned = holder(cross=cross), Decimal(0)
    for lots, price in trades:
        earned += trade(account, lots, price, "0.5").closed - Decimal("0.5")
    held = account.holdings[0]
    open_profit = held.lots * BTC.perp.lot * 100_000 - held.cost
    assert abs(equity(account, 100_000) - 100_000 - earned - open_profit) < Decimal("1e-15")
    assert held.lots == sum(lots for lots, _ in trades)
    if not held.lots:
        assert held.raw == held.cost == 0


def test_an_isolated_position_brings_its_margin_and_takes_its_share_away():
    account = holder(cross=False)
    trade(account, 1_000, 100_000)
    assert equity(account, 100_000) - account.cash[0] == 100  # a tenth of 0.01 BTC
    trade(account, -500, 100_000)
    assert equity(account, 100_000) - account.cash[0] == 50


@pytest.mark.parametrize(
    ("start", "lots", "direction"),
    [
        (0, 5, "Open Long"),
        (0, -5, "Open Short"),
        (5, -5, "Close Long"),
        (-5, 3, "Close Short"),
        (5, -6, "Long > Short"),
        (-5, 6, "Short > Long"),
    ],
)
def test_a_fill_says_what_it_did(start, lots, direction):
    account = holder(cross=True)
    if start:
        trade(account, start, 100_000)
    assert trade(account, lots, 100_000).direction == direction


def test_fees_double_in_a_deployers_dex_and_are_a_tenth_in_growth_mode():
    def rate(coin):
        listed = LISTED.coin(coin)
        return fee_rate(LISTED.dexes[listed.dex], listed, maker=True)

    assert rate("BTC") == Decimal("0.00015")
    assert rate("hyna:BTC") == Decimal("0.0003")
    assert rate("xyz:TSLA") == Decimal("0.00003")
