"""Margin tiers, requirements and liquidation prices."""

from decimal import Decimal

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.margin import Margins, RestingTrade

LISTED = universe()
BTC = LISTED.coin("BTC")


def margins(mark=100_000, working=(0, 0)):
    return Margins(LISTED, lambda _: Decimal(mark), lambda _address, _asset: working)


def holder(lots=100_000, leverage=10, *, cross=True):
    """Long one BTC by default, bought at 100,000 with 20,000 of its own."""
    size = lots * BTC.perp.lot
    cash, raw = (
        (20_000 - size * 100_000, Decimal(0)) if cross else (Decimal(10_000), -size * 90_000)
    )
    account = PerpAccount("0xann", cash={0: cash})
    account.holdings[0] = PerpPosition(leverage, cross, lots, size * 100_000, raw)
    return account


def test_maintenance_is_continuous_where_a_tier_begins():
    rules = margins()
    assert rules.maintenance(BTC.perp, Decimal(1_000_000)) == Decimal(12_500)
    bound = Decimal(150_000_000)
    assert rules.maintenance(BTC.perp, bound) == bound / 80
    assert rules.maintenance(BTC.perp, 2 * bound) == bound / 80 + bound / 40
    assert rules.most_leverage(BTC.perp, bound) == 20


def test_a_cross_account_has_what_its_positions_and_orders_leave():
    pool = margins().summary(holder(), 0, {})
    assert (pool.value, pool.used, pool.free) == (20_000, 10_000, 10_000)
    with_order = margins(working=(50_000, 0)).summary(holder(), 0, {})
    assert with_order.free == 5_000
    closing = margins(working=(0, 150_000)).summary(holder(), 0, {})
    assert closing.free == 10_000


def test_an_isolated_position_counts_apart():
    pool = margins().summary(holder(cross=False), 0, {})
    assert (pool.value, pool.free, pool.all_value) == (10_000, 10_000, 20_000)


def test_at_its_liquidation_price_a_position_is_doomed_and_a_dollar_above_it_is_not():
    for account in (holder(), holder(cross=False)):
        price = margins().liquidation_price(account, BTC)
        assert list(margins(price - 1).doomed(account, 0)) == [BTC]
        assert list(margins(price + 1).doomed(account, 0)) == []


def carried(account, held, lots, price=100_000, mark=100_000):
    """Whether a trade of an order that rested is carried."""
    return margins(mark).carries(account, BTC, RestingTrade(held, lots, Decimal(price)))


def test_a_trade_of_what_rests_needs_the_margin_of_the_position_that_it_leads_to():
    account = holder(100_000)  # 20,000 at 10x: two BTC
    assert carried(account, 100_000, 100_000)
    assert not carried(account, 100_000, 100_001)
    assert not carried(account, 150_000, 50_001), "what this request has filled before counts"
    assert not carried(account, 100_000, 99_900, price=100_100), "bought above the mark"


def test_what_reduces_is_carried_by_an_account_that_has_nothing_left():
    poor = holder(100_000)
    poor.cash[0] -= 20_000
    assert not carried(poor, 100_000, 1)
    assert carried(poor, 100_000, -150_000)
    assert not carried(poor, 100_000, -300_000)


def test_an_isolated_position_is_given_margin_from_what_is_free():
    account = holder(100_000, cross=False)  # 10,000 beside it
    assert carried(account, 100_000, 100_000)
    assert not carried(account, 100_000, 100_001)
