"""Pools for the service under load: made, filled and enabled over REST, many at once."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

MEMBERS = ("50", "30", "20")
QUOTING_WITHIN_S = 60
TRIES = 10
AT_ONCE = 16
"""Most of a request is waiting for the database: each is put on record in the audit log."""
SAID_EVERY_S = 5.0
POSITION_LIMIT = 300_000
"""Of a member in a pool, USDT."""

# The procedure's own example, with a larger size: its weights leave whole lots.
POOL = {
    "enabled": False,
    "gamma": "0.1",
    "kappa": "1.5",
    "vol_lookback_seconds": 300,
    "tau": "1.0",
    "num_levels": 3,
    "level_spacing_bps": "5",
    "min_spread_bps": "5",
    "max_spread_bps": "50",
    "order_size_usdt": "4000",
    "max_pool_position_usdt": "600000",
    "max_pool_loss_usdt": "200000",
    "check_staleness": True,
    "staleness_threshold_ms": "2000",
    "quote_interval_ms": "100",
    "price_threshold_bps": "5",
}


async def call(session: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    """A database that is slow for a moment, on a machine with other work, is asked again."""
    for left in range(TRIES - 1, -1, -1):
        async with session.request(method, path, json=body) as answer:
            content = await answer.json(content_type=None)
            if answer.status < 400:
                return content
            if answer.status != 503 or not left:
                sys.exit(f"error: {method} {path}: {answer.status} {content}")
        await asyncio.sleep(1)
    raise AssertionError


async def set_up(session: aiohttp.ClientSession, symbols: list[str]) -> None:
    participants = []
    for number in range(len(MEMBERS)):
        body = {
            "user_id": f"user-{number}",
            "account_id": f"account-{number}",
            "display_name": f"Member {number}",
            # Enough for its limit in every pool: a margin is shared by all of them.
            "initial_margin_usdt": str(POSITION_LIMIT * len(symbols)),
            "max_drawdown_pct": "20",
            "revenue_model": "KEEP_ALL",
            "revenue_share_pct": "0",
            "tier": "TIER_1",
            "enrolled_by": "bench",
            "notes": "",
        }
        name = (await call(session, "POST", "/v1/participants", body))["participant_id"]
        await call(session, "POST", f"/v1/participants/{name}/activate")
        participants.append(name)

    async def make(symbol: str) -> None:
        await call(session, "POST", "/v1/pools", {**POOL, "symbol": symbol})
        for name, weight in zip(participants, MEMBERS, strict=True):
            body = {
                "participant_id": name,
                "capital_weight_pct": weight,
                "position_limit_usdt": str(POSITION_LIMIT),
                "max_loss_usdt": "100000",
            }
            await call(session, "POST", f"/v1/pools/{symbol}/members", body)

    await for_each("made", symbols, make)
    # Afterwards: a database that records orders answers each of the calls before later.
    await for_each("enabled", symbols, lambda symbol: enable(session, symbol))


async def for_each(what: str, symbols: list[str], work: Callable[[str], Awaitable[None]]) -> None:
    """Some at once: three hundred pools are fifteen hundred requests. Says how far it is."""
    waiting, done, loop = iter(symbols), 0, asyncio.get_running_loop()
    began, said = loop.time(), loop.time()

    async def some() -> None:
        nonlocal done, said
        for symbol in waiting:
            await work(symbol)
            done += 1
            now = loop.time()
            if now - said >= SAID_EVERY_S or done == len(symbols):
                said = now
                say(f"{done} of {len(symbols)} pools {what} after {now - began:.1f} s")

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def enable(session: aiohttp.ClientSession, symbol: str) -> None:
    """As soon as the venue has said that nothing is open."""
    answer = ""
    for _ in range(int(QUOTING_WITHIN_S / 0.1)):
        async with session.post(f"/v1/pools/{symbol}/enable") as response:
            answer = await response.text()
            if response.status == 200:
                return
        await asyncio.sleep(0.1)
    sys.exit(f"error: {symbol} cannot be enabled: {answer}")


async def quoting(session: aiohttp.ClientSession) -> None:
    """Wait until every pool quotes: where the market has no past, volatility has to be seen."""
    for second in range(QUOTING_WITHIN_S):
        pools = (await call(session, "GET", "/v1/mm/status"))["pools"]
        missing = [pool for pool in pools if not pool["quoting"]]
        if not missing:
            return
        if second % SAID_EVERY_S == 0:
            say(f"{len(missing)} pools do not quote yet")
        await asyncio.sleep(1)
    why = Counter(f"{pool['state']} {pool['reason'] or pool['silent']}" for pool in missing)
    say(f"{len(missing)} pools do not quote: {dict(why.most_common(3))}")


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
