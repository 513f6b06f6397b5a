"""What a fill does to an account: position, cash, isolated margin, the line in its list."""

from decimal import Decimal

from msgspec import Struct

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.universe import Dex, Listed
from market_maker.model.exact import ZERO

MAKER_RATE = Decimal("0.00015")
TAKER_RATE = Decimal("0.00045")
GROWTH_SHARE = Decimal("0.1")
"""Of fees, and of the volume that counts, in growth mode."""


class Booked(Struct, frozen=True):
    """What a fill did. start: lots before. closed: profit of the part that closed."""

    start: int
    closed: Decimal
    direction: str


def fee_rate(dex: Dex, listed: Listed, *, maker: bool) -> Decimal:
    """Of notional, with a deployer's share on top in its dex."""
    rate = MAKER_RATE if maker else TAKER_RATE
    if listed.dex:
        rate *= 1 + dex.fee_scale if dex.fee_scale < 1 else 2 * dex.fee_scale
    return rate * GROWTH_SHARE if listed.perp.growth else rate


class TradeSide(Struct, frozen=True):
    """One account's side of a trade. lots: signed. fee: a cost is > 0."""

    lots: int
    price: Decimal
    fee: Decimal


def book(account: PerpAccount, pool: int, listed: Listed, trade: TradeSide) -> Booked:
    """Book a trade on an account whose collateral is in `pool`."""
    holding = account.holdings[listed.asset]
    start, lots = holding.lots, trade.lots
    account.cash[pool] = account.cash.get(pool, ZERO) - trade.fee
    closing = 0
    if start * lots < 0:
        closing = lots if abs(lots) <= abs(start) else -start
    profit = _close(account, pool, listed, closing, trade.price) if closing else ZERO
    if lots != closing:
        if holding.lots == 0:
            holding.paid_open = ZERO
        holding.paid_change = ZERO
        _open(account, pool, holding, (lots - closing) * listed.perp.lot * trade.price)
        holding.lots += lots - closing
    return Booked(start, profit, _direction(start, lots))


def _open(account: PerpAccount, pool: int, holding: PerpPosition, cost: Decimal) -> None:
    """Pay for more; an isolated position is given its margin."""
    holding.cost += cost
    if holding.cross:
        account.cash[pool] -= cost
    else:
        margin = abs(cost) / holding.leverage
        account.cash[pool] -= margin
        holding.raw += margin - cost


def _close(account: PerpAccount, pool: int, listed: Listed, lots: int, price: Decimal) -> Decimal:
    """Sell what signed `lots` close; returns the profit. Margin leaves an isolated position in
    proportion."""
    holding = account.holdings[listed.asset]
    share = Decimal(-lots) / holding.lots
    cost = holding.cost * share
    proceeds = -lots * listed.perp.lot * price
    if holding.cross:
        account.cash[pool] += proceeds
    else:
        before = holding.raw + holding.lots * listed.perp.lot * price
        holding.raw += proceeds - before * share
        account.cash[pool] += before * share
    holding.cost -= cost
    holding.lots += lots
    if holding.lots == 0:
        # What rounding left goes to the cash, so that nothing is lost.
        account.cash[pool] += holding.raw
        holding.cost = holding.raw = ZERO
    return proceeds - cost


def _direction(start: int, lots: int) -> str:
    if start * lots >= 0:
        return "Open Long" if lots > 0 else "Open Short"
    if abs(lots) <= abs(start):
        return "Close Long" if start > 0 else "Close Short"
    return "Long > Short" if start > 0 else "Short > Long"
