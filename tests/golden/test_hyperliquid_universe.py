"""The recorded lists of markets make the ids and grids that the venue's documents give."""

import json

from market_maker.venues.hyperliquid.info import answer_of
from market_maker.venues.hyperliquid.universe import pairs, perps
from tests.reference.hyperliquid_prices import is_price
from tests.shared_data import need_shared_data


def recorded(name, kind, **about):
    folder = need_shared_data("hyperliquid_api") / "go-hyperliquid" / "decoded"
    wanted = {"type": kind, **about}
    for told in json.loads((folder / f"{name}.json").read_text()):
        if told["request"] == wanted:
            return answer_of(kind, json.dumps(told["response"]).encode())
    raise AssertionError((name, wanted))


def test_a_builders_dex_is_numbered_by_its_place_and_isolated_by_asset():
    dexes = recorded("PerpDexs", "perpDexs")
    assert [dex and dex.name for dex in dexes][:5] == [None, "xyz", "flx", "vntl", "hyna"]
    meta, contexts = recorded("MetaAndAssetCtxs", "metaAndAssetCtxs", dex="xyz")
    markets = perps(dexes, "xyz", meta)
    assert len(markets) == len(contexts)
    assert [market.asset for market in markets] == list(range(110_000, 110_000 + len(markets)))
    assert all(market.isolated for market in markets)
    assert sum(market.delisted for market in markets) == 10
    assert sum(not market.removable for market in markets) == 40


def test_recorded_mark_prices_are_whole_units_of_the_wire():
    meta, contexts = recorded("MetaAndAssetCtxs", "metaAndAssetCtxs", dex="")
    for market, context in zip(perps((None,), "", meta), contexts, strict=True):
        if not market.delisted and context.mark_px:
            tick = market.instrument().tick_size
            assert context.mark_px % tick == 0 or context.mark_px < 100 * tick
            assert is_price(tick, market.sz_decimals)


def test_recorded_spot_pairs_are_numbered_by_index():
    markets = pairs(recorded("SpotMeta", "spotMeta"))
    assert (markets[0].coin, markets[0].asset, markets[0].collateral) == (
        "PURR/USDC",
        10_000,
        "USDC",
    )
    assert len(markets) > 100
