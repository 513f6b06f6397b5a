"""Taking orders of an account off the book, with the venue's own list as proof.

For what outlives a maker: its start, its end, a watchdog beside it, a person. Only orders that this
program sent are taken off, unless all are wanted; others are named.
"""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from market_maker.venues.hyperliquid.account_wire import InfoOrder
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.actions import CancelOid, CancelOrders
from market_maker.venues.hyperliquid.cloids import is_ours
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.universe import Universe
from market_maker.venues.hyperliquid.withdrawals import batches

ROUNDS = 3
"""How often cancels are sent until the list is empty."""

PAUSE_S = 0.5
"""Between two rounds: a cancel takes the venue a fraction of a second."""


class Sweeping(Struct, frozen=True):
    """cancelled: orders that were on the book and are gone. left: that should be gone and are not,
    or of a market that is not known. foreign: that this program did not send, and were left
    alone. rounds: how often cancels were sent."""

    cancelled: tuple[InfoOrder, ...]
    left: tuple[InfoOrder, ...]
    foreign: tuple[InfoOrder, ...]
    rounds: int = 0


async def cancel_own(
    connection: HyperliquidConnection,
    universe: Universe,
    account: TradingAccount,
    coins: Iterable[str] = (),
    *,
    all_orders: bool = False,
    pause_s: float = PAUSE_S,
) -> Sweeping:
    """Cancel what this program has on the book of these coins, or of every dex in `universe`
    without any. Raises VenueError: the list was not had, nothing is proved."""
    wanted = frozenset(coins)
    listed_at = {coin: market.dex for coin, market in universe.markets.items()}
    dexes = sorted({listed_at[coin] for coin in wanted} or set(listed_at.values()))
    first: dict[int, InfoOrder] = {}
    left: tuple[InfoOrder, ...] = ()
    foreign: tuple[InfoOrder, ...] = ()
    done = 0
    while True:
        listed = [
            order
            for dex in dexes
            for order in await _listed(connection, account, dex)
            if not wanted or order.coin in wanted
        ]
        left = tuple(order for order in listed if all_orders or is_ours(order.cloid))
        foreign = tuple(order for order in listed if order not in left)
        first |= {order.oid: order for order in left}
        known = [order for order in left if order.coin in universe.markets]
        if not known or done == ROUNDS:
            still = {order.oid for order in left}
            gone = tuple(order for oid, order in first.items() if oid not in still)
            return Sweeping(gone, left, foreign, done)
        await _cancel(connection, universe, account, known)
        done += 1
        await asyncio.sleep(pause_s)


async def _listed(
    connection: HyperliquidConnection, account: TradingAccount, dex: str
) -> tuple[InfoOrder, ...]:
    question = ask("frontendOpenOrders", user=account.address, dex=dex or None)
    listed: tuple[InfoOrder, ...] = await connection.rest.ask(question, urgent=True)
    return listed


async def _cancel(
    connection: HyperliquidConnection,
    universe: Universe,
    account: TradingAccount,
    orders: list[InfoOrder],
) -> None:
    """All of them at once. Answers are not read: the next list is the proof."""
    answering = []
    for batch in batches(orders):
        cancels = tuple(CancelOid(universe.markets[one.coin].asset, one.oid) for one in batch)
        # The fast path is not for triggers.
        fast = None if any(one.is_trigger for one in batch) else True
        action = CancelOrders(cancels, f=fast)
        answering.append(connection.act(account, action, len(batch), urgent=True))
    await asyncio.gather(*answering)
