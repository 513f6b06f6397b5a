"""Answers about what is listed and how its markets stand. Shapes: as recorded from the venue."""

from decimal import Decimal
from typing import Any

from market_maker.emulators.hyperliquid.markets import CoinMarket
from market_maker.emulators.hyperliquid.numbers import shown
from market_maker.emulators.hyperliquid.universe import (
    Listed,
    ListedUniverse,
    MarginMode,
    Perp,
)
from market_maker.emulators.hyperliquid.upkeep import HOUR_MS, HourlyFunding
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.exact import ZERO
from market_maker.model.orders import Side

LEVELS = 20
FAST_LEVELS = 5
GROWTH_SINCE = "2025-11-23T17:37:10.033211662"
TABLES_FROM = 50
DEEP = 1_000
"""Levels that are joined."""


def meta(universe: ListedUniverse, dex: int) -> dict[str, Any]:
    """Of one dex."""
    entry = universe.dexes[dex]
    tables = [
        [
            number,
            {
                "description": table.description,
                "marginTiers": [
                    {"lowerBound": shown(tier.lower_bound), "maxLeverage": tier.max_leverage}
                    for tier in table.tiers
                ],
            },
        ]
        for number, table in universe.tables.items()
        if dex == 0 or number == TABLES_FROM
    ]
    return {
        "universe": list(map(_asset, entry.perps)),
        "marginTables": tables,
        "collateralToken": entry.collateral,
    }


def perp_dexs(universe: ListedUniverse) -> list[Any]:
    """All dexes; the first has no description."""
    return [
        None,
        *(
            {
                "name": dex.name,
                "fullName": dex.full_name,
                "deployer": dex.deployer,
                "oracleUpdater": None,
                "feeRecipient": dex.deployer,
                "assetToStreamingOiCap": _caps(dex.perps),
                "subDeployers": [],
                "deployerFeeScale": shown(dex.fee_scale),
                "lastDeployerFeeScaleChangeTime": "1970-01-01T00:00:00",
                "assetToFundingMultiplier": [],
            }
            for dex in universe.dexes[1:]
        ),
    ]


def dex_limits(universe: ListedUniverse, dex: int) -> dict[str, Any]:
    """Open interest caps of a dex."""
    perps = universe.dexes[dex].perps
    total = sum((perp.cap_usd or ZERO for perp in perps), ZERO)
    return {
        "totalOiCap": shown(total),
        "oiSzCapPerPerp": "1000000000.0",
        "maxTransferNtl": "150000000.0",
        "coinToOiCap": _caps(perps),
    }


def spot_meta(universe: ListedUniverse) -> dict[str, Any]:
    """Tokens and pairs."""
    return {
        "universe": [
            {
                "tokens": [pair.base, pair.quote],
                "name": pair.name,
                "index": pair.index,
                "isCanonical": pair.index == 0,
            }
            for pair in universe.pairs
        ],
        "tokens": [
            {
                "name": token.name,
                "szDecimals": token.sz_decimals,
                "weiDecimals": token.wei_decimals,
                "index": token.index,
                "tokenId": token.id,
                "isCanonical": True,
                "evmContract": None,
                "fullName": token.full_name,
                "deployerTradingFeeShare": "0.0",
            }
            for token in universe.tokens
        ],
    }


def spot_contexts(universe: ListedUniverse) -> list[dict[str, Any]]:
    """Of the pairs, which are not traded here."""
    return [
        {
            "prevDayPx": shown(pair.price),
            "dayNtlVlm": "0.0",
            "markPx": shown(pair.price),
            "midPx": shown(pair.price),
            "circulatingSupply": "1000000.0",
            "coin": pair.name,
            "totalSupply": "1000000.0",
            "dayBaseVlm": "0.0",
        }
        for pair in universe.pairs
    ]


def context(world: World, funding: HourlyFunding, listed: Listed) -> dict[str, Any]:
    """How one perpetual stands; what a dead book does not have is null."""
    asset, perp = listed.asset, listed.perp
    base, notional, before = world.histories[asset].day(world.now)
    bid, ask = world.best(asset, buy=True), world.best(asset, buy=False)
    oracle, mark = world.oracles[asset], world.mark(asset)
    alive = bid is not None and ask is not None
    premium = ((world.mid(asset) - oracle) / oracle).quantize(Decimal("0.0000000001"))
    hour = (world.now // HOUR_MS + 1) * HOUR_MS
    return {
        "funding": shown(funding.rate(perp.name, hour)),
        "openInterest": shown(world.open_interest(asset) * perp.lot),
        "prevDayPx": shown(before),
        "dayNtlVlm": shown(notional),
        "premium": shown(premium) if alive else None,
        "oraclePx": shown(oracle),
        "markPx": shown(mark),
        "midPx": shown(world.mid(asset)) if alive else None,
        "impactPxs": None if bid is None or ask is None else [shown(bid), shown(ask)],
        "dayBaseVlm": shown(base),
    }


def contexts(world: World, funding: HourlyFunding, dex: int) -> list[dict[str, Any]]:
    """Of one dex, in the order of its universe."""
    return [context(world, funding, one) for one in world.universe.listed if one.dex == dex]


def all_mids(world: World, dex: int) -> dict[str, str]:
    """Mids of one dex; of the first with those of spot."""
    mids = {
        one.perp.name: shown(world.mid(one.asset))
        for one in world.universe.listed
        if one.dex == dex
    }
    if dex == 0:
        mids |= {pair.name: shown(pair.price) for pair in world.universe.pairs}
    return mids


def book(world: World, listed: Listed, levels: int = LEVELS) -> dict[str, Any]:
    """The best levels of both sides."""
    market = world.markets[listed.asset]
    sides = [_levels(listed, market, side, levels) for side in (Side.BUY, Side.SELL)]
    return {"coin": listed.perp.name, "time": world.now, "levels": sides}


def empty_book(world: World, coin: str) -> dict[str, Any]:
    """Of a spot pair, which is listed and not traded."""
    return {"coin": coin, "time": world.now, "levels": [[], []]}


def grouped_book(
    world: World, listed: Listed, figures: int, mantissa: int | None
) -> dict[str, Any]:
    """Levels joined to so many significant figures: bids down, asks up."""
    market, found = world.markets[listed.asset], []
    for side in (Side.BUY, Side.SELL):
        joined: dict[int, list[int]] = {}
        for ticks, lots, count in market.levels(side, DEEP):
            unit = 10 ** max(0, len(str(ticks)) - figures) * (mantissa or 1)
            unit = max(unit, listed.perp.step(ticks))
            price = ticks // unit * unit if side is Side.BUY else -(-ticks // unit) * unit
            total = joined.setdefault(price, [0, 0])
            total[0] += lots
            total[1] += count
        rows = list(joined.items())[:LEVELS]
        found.append([_level(listed, price, lots, count) for price, (lots, count) in rows])
    return {"coin": listed.perp.name, "time": world.now, "levels": found}


def top(world: World, listed: Listed) -> list[dict[str, Any] | None]:
    """Best bid and best ask."""
    market = world.markets[listed.asset]
    sides = (_levels(listed, market, side, 1) for side in (Side.BUY, Side.SELL))
    return [levels[0] if levels else None for levels in sides]


def at_cap(world: World, dex: int) -> list[str]:
    """Perpetuals whose open interest is capped now."""
    return [
        one.perp.name
        for one in world.universe.listed
        if one.dex == dex
        and one.perp.cap_usd is not None
        and world.open_interest(one.asset) * one.perp.lot * world.mark(one.asset)
        >= one.perp.cap_usd
    ]


def _levels(listed: Listed, market: CoinMarket, side: Side, most: int) -> list[dict[str, Any]]:
    return [_level(listed, ticks, lots, count) for ticks, lots, count in market.levels(side, most)]


def _level(listed: Listed, ticks: int, lots: int, count: int) -> dict[str, Any]:
    perp = listed.perp
    return {"px": shown(ticks * perp.tick), "sz": shown(lots * perp.lot), "n": count}


def _asset(perp: Perp) -> dict[str, Any]:
    found: dict[str, Any] = {
        "szDecimals": perp.sz_decimals,
        "name": perp.name,
        "maxLeverage": perp.max_leverage,
        "marginTableId": perp.margin_table,
    }
    if perp.mode is not MarginMode.NORMAL:
        found |= {"onlyIsolated": True, "marginMode": perp.mode.value}
    if perp.growth:
        found |= {"growthMode": "enabled", "lastGrowthModeChangeTime": GROWTH_SINCE}
    if perp.delisted:
        found["isDelisted"] = True
    return found


def _caps(perps: tuple[Perp, ...]) -> list[list[str]]:
    caps = {perp.name: perp.cap_usd for perp in perps if perp.cap_usd is not None}
    return [[name, shown(cap)] for name, cap in sorted(caps.items())]
