"""Ids, steps and margin tables of what is listed."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.model.errors import NotFoundError
from tests.reference.hyperliquid_prices import is_price

LISTED = universe()


def test_a_dexs_ids_begin_at_its_place_among_the_dexes():
    assert LISTED.coin("BTC").asset == 0
    assert LISTED.coin("xyz:TSLA").asset == 110_001
    assert LISTED.coin("hyna:BTC").asset == 140_000
    assert LISTED.asset(140_000).perp.name == "hyna:BTC"
    assert LISTED.asset(10_000) is None


@pytest.mark.parametrize("coin", ["BTC", "ETH", "DOGE", "SOL", "hyna:HYPE"])
@pytest.mark.parametrize("ticks", [7, 12_345, 99_999, 123_456, 1_234_567, 98_765_432])
def test_a_step_holds_exactly_where_the_clients_rule_says(coin, ticks):
    perp = LISTED.coin(coin).perp
    held = ticks // perp.step(ticks) * perp.step(ticks)
    assert is_price(held * perp.tick, perp.sz_decimals)
    assert is_price(ticks * perp.tick, perp.sz_decimals) == (held == ticks)


def test_a_small_table_is_one_tier_and_an_unknown_token_is_not_found():
    assert [tier.max_leverage for tier in LISTED.table(LISTED.coin("ATOM").perp).tiers] == [5]
    assert LISTED.table(LISTED.coin("BTC").perp).tiers[1].lower_bound == Decimal(150_000_000)
    with pytest.raises(NotFoundError):
        LISTED.token(7)
