"""What is listed, and what may be changed of it."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.model.errors import InvalidFieldError


def test_coins_that_are_not_wanted_are_delisted_and_keep_their_ids():
    listed = universe(["ETH"], {"xyz:GOLD": Decimal(1)})
    assert listed.coin("BTC").perp.delisted
    assert listed.coin("ETH").asset == 1
    assert not listed.coin("ETH").perp.delisted
    assert listed.coin("xyz:GOLD").perp.cap_usd == 1


def test_a_coin_that_is_not_listed_is_named():
    with pytest.raises(InvalidFieldError, match="NOPE"):
        universe(["NOPE"])
