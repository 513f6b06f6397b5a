"""Answers about one account: positions, balances, orders, fills. Shapes: as recorded."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.booking import MAKER_RATE, TAKER_RATE
from market_maker.emulators.hyperliquid.judging import usual_settings
from market_maker.emulators.hyperliquid.numbers import shown, usd
from market_maker.emulators.hyperliquid.universe import Listed
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.exact import ZERO

ROWS_MAX = 2_000
NO_MARGIN = {
    "accountValue": "0.0",
    "totalNtlPos": "0.0",
    "totalRawUsd": "0.0",
    "totalMarginUsed": "0.0",
}


def clearinghouse(world: World, account: PerpAccount | None, dex: int) -> dict[str, Any]:
    """Of one dex. An unified account has its value in its spot balance, and none here."""
    state: dict[str, Any] = {
        "marginSummary": NO_MARGIN,
        "crossMarginSummary": NO_MARGIN,
        "crossMaintenanceMarginUsed": "0.0",
        "withdrawable": "0.0",
        "assetPositions": [],
        "time": world.now,
    }
    if account is None:
        return state
    found = (world.universe.asset(asset) for asset in sorted(account.holdings))
    state["assetPositions"] = [
        _position(world, account, one)
        for one in found
        if one is not None and one.dex == dex and account.holdings[one.asset].lots
    ]
    if account.abstraction.by_dex:
        pool = world.margins.summary(account, dex, {})
        state["marginSummary"] = _summary(
            (pool.all_value, pool.all_notional, pool.all_raw, pool.all_used)
        )
        state["crossMarginSummary"] = _summary((pool.value, pool.notional, pool.raw, pool.used))
        state["crossMaintenanceMarginUsed"] = shown(usd(pool.maintenance))
        state["withdrawable"] = shown(usd(max(ZERO, pool.free)))
    return state


def spot_state(world: World, account: PerpAccount | None) -> dict[str, Any]:
    """Balances by token; of an unified account with what its positions are worth and hold."""
    if account is None:
        return {"balances": []}
    amounts = {token: (total, ZERO) for token, total in account.spot.items()}
    if not account.abstraction.by_dex:
        for token in account.cash:
            dexes = (i for i, dex in enumerate(world.universe.dexes) if dex.collateral == token)
            dex = next(dexes, None)
            if dex is None:
                amounts[token] = (account.cash[token], ZERO)
                continue
            pool = world.margins.summary(account, dex, {})
            amounts[token] = (pool.all_value, pool.all_value - max(ZERO, pool.free))
    balances = []
    for token, (total, hold) in sorted(amounts.items()):
        name = world.universe.token(token).name
        balances.append(
            {
                "coin": name,
                "token": token,
                "total": shown(usd(total)),
                "hold": shown(usd(hold)),
                "entryNtl": "0.0",
            }
        )
    return {"balances": balances}


def fills(account: PerpAccount | None, start: int | None, end: int | None) -> list[Any]:
    """With a start, the oldest first from it on; without, the newest first."""
    if account is None:
        return []
    if start is None:
        newest = list(account.fills)[: -ROWS_MAX - 1 : -1]
        return [fill.shown for fill in newest]
    last = end if end is not None else 2**63
    rows = [fill.shown for fill in account.fills if start <= fill.time <= last]
    return rows[:ROWS_MAX]


def between(entries: Iterable[dict[str, Any]], start: int, end: int | None) -> list[dict[str, Any]]:
    """Entries from start to end, 500 at most."""
    last = end if end is not None else 2**63
    return [entry for entry in entries if start <= entry["time"] <= last][:500]


def active_asset(
    world: World, account: PerpAccount | None, user: str, one: Listed
) -> dict[str, Any]:
    """Leverage of one perpetual, and what may still be traded."""
    holding = (account.holdings.get(one.asset) if account else None) or usual_settings(one)
    mark, free = world.mark(one.asset), ZERO
    if account is not None:
        free = max(ZERO, world.margins.summary(account, one.dex, {}).free)
    most = (free * holding.leverage / mark).quantize(one.perp.lot, "ROUND_DOWN")
    return {
        "user": user,
        "coin": one.perp.name,
        "leverage": _leverage(holding),
        "maxTradeSzs": [shown(most)] * 2,
        "availableToTrade": [shown(usd(free))] * 2,
        "markPx": shown(mark),
    }


def fees(account: PerpAccount | None) -> dict[str, Any]:
    """Of the first tier, which every account here is in."""
    volume = account.volume if account else ZERO
    return {
        "dailyUserVlm": [],
        "feeSchedule": {
            "cross": shown(TAKER_RATE),
            "add": shown(MAKER_RATE),
            "spotCross": "0.0007",
            "spotAdd": "0.0004",
            "tiers": {"vip": [], "mm": []},
            "referralDiscount": "0.04",
            "stakingDiscountTiers": [],
        },
        "userCrossRate": shown(TAKER_RATE),
        "userAddRate": shown(MAKER_RATE),
        "userSpotCrossRate": "0.0007",
        "userSpotAddRate": "0.0004",
        "activeReferralDiscount": "0.0",
        "trial": None,
        "feeTrialReward": "0.0",
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
        "cumVlm": shown(usd(volume)),
    }


def no_stake() -> dict[str, Any]:
    """Staking is not emulated."""
    amounts = {"delegated": "0.0", "undelegated": "0.0", "totalPendingWithdrawal": "0.0"}
    return {**amounts, "nPendingWithdrawals": 0}


def no_referral(account: PerpAccount | None) -> dict[str, Any]:
    """Referrals are not emulated."""
    return {
        "referredBy": None,
        "cumVlm": shown(usd(account.volume if account else ZERO)),
        "unclaimedRewards": "0.0",
        "claimedRewards": "0.0",
        "builderRewards": "0.0",
        "tokenToState": [],
        "referrerState": {"stage": "needToTrade", "data": {"required": "10000.0"}},
        "rewardHistory": [],
    }


def portfolio(world: World, account: PerpAccount | None) -> list[Any]:
    """What it is worth now: the emulator keeps no history of that."""
    value = ZERO
    if account is not None:
        dexes = range(len(world.universe.dexes))
        pools = {world.margins.pool(account, dex): dex for dex in dexes}.values()
        value = sum((world.margins.summary(account, dex, {}).all_value for dex in pools), ZERO)
    volume = shown(usd(account.volume if account else ZERO))
    now = {
        "accountValueHistory": [[world.now, shown(usd(value))]],
        "pnlHistory": [[world.now, "0.0"]],
        "vlm": volume,
    }
    spans = ("day", "week", "month", "allTime")
    names = (*spans, *("perp" + span[0].upper() + span[1:] for span in spans))
    return [[name, now] for name in names]


def _summary(values: tuple[Decimal, Decimal, Decimal, Decimal]) -> dict[str, str]:
    return dict(zip(NO_MARGIN, (shown(usd(value)) for value in values), strict=True))


def _leverage(holding: PerpPosition) -> dict[str, Any]:
    if holding.cross:
        return {"type": "cross", "value": holding.leverage}
    return {"type": "isolated", "value": holding.leverage, "rawUsd": shown(usd(holding.raw))}


def _position(world: World, account: PerpAccount, listed: Listed) -> dict[str, Any]:
    holding, perp = account.holdings[listed.asset], listed.perp
    size = holding.lots * perp.lot
    worth = world.margins.worth(listed, holding)
    profit = worth - holding.cost
    initial = abs(holding.cost) / holding.leverage
    used = abs(worth) / holding.leverage if holding.cross else holding.raw + worth
    liquidation = world.margins.liquidation_price(account, listed)
    return {
        "type": "oneWay",
        "position": {
            "coin": perp.name,
            "szi": shown(size),
            "leverage": _leverage(holding),
            "entryPx": shown((holding.cost / size).quantize(perp.tick)),
            "positionValue": shown(usd(abs(worth))),
            "unrealizedPnl": shown(usd(profit)),
            "returnOnEquity": shown((profit / initial).quantize(Decimal("0.00000001"))),
            "liquidationPx": None if liquidation is None else shown(usd(liquidation)),
            "marginUsed": shown(usd(used)),
            "maxLeverage": perp.max_leverage,
            "cumFunding": {
                "allTime": shown(usd(holding.paid_ever)),
                "sinceOpen": shown(usd(holding.paid_open)),
                "sinceChange": shown(usd(holding.paid_change)),
            },
        },
    }
