"""Markets are found by what people call them, and orders name them by the venue's numbers."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.orders import Side
from market_maker.venues.hyperliquid.market_wire import DexInfo, PerpUniverse, SpotUniverse
from market_maker.venues.hyperliquid.precision import MarketKind
from market_maker.venues.hyperliquid.universe import (
    ListedMarket,
    Universe,
    dex_name,
    pairs,
    perps,
)
from tests.reference.hyperliquid_prices import is_price, price_for

DEXES = (
    None,
    DexInfo("xyz", "XYZ"),
    DexInfo("flx", "Felix Exchange"),
    DexInfo("vntl", "Ventuals"),
    DexInfo("hyna", "HyENA"),
)
MAIN_META = {
    "universe": [
        {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 56},
        {"szDecimals": 1, "name": "MATIC", "maxLeverage": 20, "isDelisted": True},
        {"szDecimals": 4, "name": "ETH", "maxLeverage": 25, "marginTableId": 25},
        {"szDecimals": 0, "name": "kPEPE", "maxLeverage": 10, "marginTableId": 10},
    ],
    "marginTables": [
        [
            56,
            {
                "description": "tiered 40x",
                "marginTiers": [
                    {"lowerBound": "0.0", "maxLeverage": 40},
                    {"lowerBound": "150000000.0", "maxLeverage": 20},
                ],
            },
        ]
    ],
    "collateralToken": 0,
}
HYNA_META = {
    "universe": [
        {
            "szDecimals": 5,
            "name": "hyna:BTC",
            "maxLeverage": 40,
            "marginTableId": 40,
            "marginMode": "noCross",
        },
        {
            "szDecimals": 3,
            "name": "hyna:TSLA",
            "maxLeverage": 10,
            "onlyIsolated": True,
            "marginMode": "strictIsolated",
            "growthMode": "enabled",
        },
        {"szDecimals": 3, "name": "hyna:GOLD", "maxLeverage": 10, "marginMode": "normal"},
    ],
    "collateralToken": 235,
}
SPOT = {
    "tokens": [
        {"name": "USDC", "szDecimals": 8, "weiDecimals": 8, "index": 0},
        {"name": "PURR", "szDecimals": 0, "weiDecimals": 5, "index": 1},
        {"name": "USDE", "szDecimals": 2, "weiDecimals": 8, "index": 235},
    ],
    "universe": [
        {"tokens": [1, 0], "name": "PURR/USDC", "index": 0, "isCanonical": True},
        {"tokens": [999, 0], "name": "@3", "index": 3},
        {"tokens": [235, 0], "name": "@107", "index": 107},
    ],
}


def read(value, kind):
    return msgspec.json.decode(json.dumps(value), type=kind)


@pytest.fixture
def universe():
    spot = read(SPOT, SpotUniverse)
    markets = [
        *perps(DEXES, "", read(MAIN_META, PerpUniverse)),
        *perps(DEXES, "hyna", read(HYNA_META, PerpUniverse), spot),
        *pairs(spot),
    ]
    return Universe(DEXES, {market.coin: market for market in markets})


@pytest.mark.parametrize(
    ("asset", "dex", "number"),
    [
        ("BTC", "", 0),
        ("ETH", "main", 2),
        ("eth", "validator", 2),
        ("kPEPE", "", 3),
        ("BTC", "hyna", 140_000),
        ("BTC", "HyENA", 140_000),
        ("hyna:TSLA", "", 140_001),
        ("HyENA:tsla", "hyna", 140_001),
        ("PURR/USDC", "", 10_000),
        ("@107", "", 10_107),
    ],
)
def test_a_market_is_found_by_name_and_numbered_by_its_place(universe, asset, dex, number):
    assert universe.find(asset, dex).asset == number


def test_a_dex_is_found_by_its_name_or_full_name_and_all_are_listed_when_it_is_not():
    assert [dex_name(DEXES, t) for t in ("flx", "Felix Exchange", "HYNA", " xyz ", "")] == [
        "flx",
        "flx",
        "hyna",
        "xyz",
        "",
    ]
    with pytest.raises(InvalidFieldError, match=r"'felix'.*main, xyz, flx \(Felix Exchange\)"):
        dex_name(DEXES, "felix")


@pytest.mark.parametrize(
    ("asset", "dex", "problem"),
    [
        ("BTCC", "", "main dex, such as BTC"),
        ("TSL", "hyna", "dex hyna, such as hyna:TSLA"),
        ("MATIC", "", "not delisted"),
        ("hyna:BTC", "xyz", "one of dex xyz"),
        ("BTC", "xyz", "it lists nothing"),
    ],
)
def test_a_market_that_cannot_be_traded_is_refused_with_what_can(universe, asset, dex, problem):
    with pytest.raises(InvalidFieldError, match=problem) as refused:
        universe.find(asset, dex)
    assert repr(asset) in str(refused.value)


def test_money_is_in_the_collateral_of_the_dex(universe):
    assert universe.find("BTC").collateral == "USDC"
    assert universe.find("BTC", "hyna").collateral == "USDE"
    nameless = perps(DEXES, "hyna", read(HYNA_META, PerpUniverse))[0]
    assert nameless.collateral == "token 235"


def test_isolation_is_decided_by_asset(universe):
    told = {m.coin: (m.isolated, m.removable, m.growth) for m in universe.of_dex("hyna")}
    assert told == {
        "hyna:BTC": (True, True, False),
        "hyna:TSLA": (True, False, True),
        "hyna:GOLD": (False, True, False),
    }
    assert not universe.find("BTC").isolated


def test_an_instrument_counts_in_units_of_the_wire(universe):
    one = universe.find("BTC").instrument()
    assert (one.symbol, one.tick_size, one.lot_size) == ("BTC", Decimal("0.1"), Decimal("0.00001"))
    spot = universe.find("PURR/USDC")
    assert (spot.kind, spot.instrument().tick_size) == (MarketKind.SPOT, Decimal("0.00000001"))
    assert one.min_notional == 10


@given(st.decimals("0.001", "1000000", places=6), st.integers(0, 6), st.sampled_from(MarketKind))
def test_the_price_grid_of_an_instrument_is_that_of_the_venue(price, digits, kind):
    one = ListedMarket("X", 1, digits, kind).instrument()
    ticks = int(price / one.tick_size)
    if ticks:
        assert one.price_grid.holds(ticks) == is_price(one.price(ticks), digits, kind)
        assert one.price(one.price_grid.up(ticks)) == price_for(
            Side.SELL, one.price(ticks), digits, kind
        )
