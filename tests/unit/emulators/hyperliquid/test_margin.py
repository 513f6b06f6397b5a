"""Margin tiers, requirements and liquidation prices."""

from decimal import Decimal

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.margin import Margins

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
