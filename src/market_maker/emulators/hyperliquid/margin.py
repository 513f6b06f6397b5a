"""What an account is worth, what its positions and orders bind, and when it is liquidated.

An account's cash carries what its cross positions cost, so that its value is cash plus positions
at the mark. An isolated position has cash of its own. Source: Hyperliquid docs, "Margining" and
"Margin tiers"; what open orders bind is the venue's rule in outline: of each perpetual, the larger
of the two positions that its orders of one side could lead to.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.universe import LeverageTier, Listed, ListedUniverse, Perp
from market_maker.model.exact import ZERO

Mark: TypeAlias = Callable[[int], Decimal]
"""Mark price by asset id."""

WorkingLots: TypeAlias = Callable[[str, int], tuple[int, int]]
"""Lots that an account's open orders would buy and sell of an asset, reduce-only ones left out."""

KEPT_SHARE = Decimal("0.1")
"""Of a position's notional: margin that cannot be taken away."""


class PoolSummary(Struct, frozen=True):
    """Of one pool of collateral. value: of the cross part; raw: its cash; notional, used: of cross
    positions; maintenance: below it they are liquidated. all_*: isolated positions, too. free: what
    new orders may bind."""

    value: Decimal
    raw: Decimal
    notional: Decimal
    used: Decimal
    maintenance: Decimal
    all_value: Decimal
    all_raw: Decimal
    all_notional: Decimal
    all_used: Decimal
    free: Decimal


class RestingTrade(Struct, frozen=True):
    """What an order that rests is about to trade. held: lots before it; lots: signed; price: quote
    currency."""

    held: int
    lots: int
    price: Decimal


class Margins:
    """The rules over live marks and open orders."""

    def __init__(self, universe: ListedUniverse, mark: Mark, working: WorkingLots) -> None:
        self._universe, self._mark, self._working = universe, mark, working

    def pool(self, account: PerpAccount, dex: int) -> int:
        """Where the collateral of a dex is kept: under the dex, or under its token."""
        if account.abstraction.by_dex:
            return dex
        return self._universe.dexes[dex].collateral

    def shares(self, account: PerpAccount, dex: int) -> list[Listed]:
        """The perpetuals that an account holds or has set, of the same pool of collateral."""
        found = (self._universe.asset(asset) for asset in account.holdings)
        wanted = self.pool(account, dex)
        return [one for one in found if one and self.pool(account, one.dex) == wanted]

    def summary(
        self, account: PerpAccount, dex: int, extra: dict[int, tuple[int, int]]
    ) -> PoolSummary:
        """Of the pool of a dex. extra: lots by asset that orders about to be placed would buy and
        sell on top of those that work."""
        raw = account.cash.get(self.pool(account, dex), ZERO)
        value, notional, used, maintenance = raw, ZERO, ZERO, ZERO
        lone_value, lone_raw, lone_notional, bound = ZERO, ZERO, ZERO, ZERO
        for listed in self.shares(account, dex):
            holding = account.holdings[listed.asset]
            worth = self.worth(listed, holding)
            bound += self._bound(account, listed, extra.get(listed.asset, (0, 0)))
            if holding.cross:
                value += worth
                notional += abs(worth)
                used += abs(worth) / holding.leverage
                maintenance += self.maintenance(listed.perp, abs(worth))
            else:
                lone_value += holding.raw + worth
                lone_raw += holding.raw
                lone_notional += abs(worth)
        return PoolSummary(
            value,
            raw,
            notional,
            used,
            maintenance,
            value + lone_value,
            raw + lone_raw,
            notional + lone_notional,
            used + lone_value,
            value - bound,
        )

    def worth(self, listed: Listed, holding: PerpPosition) -> Decimal:
        """A position at the mark, signed."""
        if not holding.lots:
            return ZERO
        return holding.lots * listed.perp.lot * self._mark(listed.asset)

    def maintenance(self, perp: Perp, notional: Decimal) -> Decimal:
        """Margin below which a position of this notional is liquidated."""
        tier, deduction = _tier(self._universe.table(perp).tiers, notional)
        return notional / (2 * tier.max_leverage) - deduction

    def most_leverage(self, perp: Perp, notional: Decimal) -> int:
        """Of the tier of this notional."""
        tier, _ = _tier(self._universe.table(perp).tiers, notional)
        return min(tier.max_leverage, perp.max_leverage)

    def liquidation_price(self, account: PerpAccount, listed: Listed) -> Decimal | None:
        """Of an open position, None where there is no such price above 0."""
        holding = account.holdings[listed.asset]
        worth = self.worth(listed, holding)
        if holding.cross:
            pool = self.summary(account, listed.dex, {})
            spare = pool.value - pool.maintenance
        else:
            spare = holding.raw + worth - self.maintenance(listed.perp, abs(worth))
        side = 1 if holding.lots > 0 else -1
        size = abs(holding.lots) * listed.perp.lot
        rate = 1 / Decimal(2 * self.most_leverage(listed.perp, abs(worth)))
        price = self._mark(listed.asset) - side * spare / size / (1 - rate * side)
        return price if price > 0 else None

    def carries(self, account: PerpAccount, listed: Listed, trade: RestingTrade) -> bool:
        """Whether an account has the initial margin of its positions as they would be after the
        trade, and of an isolated one what it is given. What reduces a position always may."""
        reach = trade.held + trade.lots
        if abs(reach) <= abs(trade.held):
            return True
        holding, lot = account.holdings[listed.asset], listed.perp.lot
        pool = self.summary(account, listed.dex, {})
        if not holding.cross:
            given = (abs(reach) - abs(trade.held)) * lot * trade.price / holding.leverage
            return pool.value - pool.used >= given
        mark = self._mark(listed.asset)
        gained = trade.lots * lot * (mark - trade.price)
        more = (abs(reach) - abs(holding.lots)) * lot * mark / holding.leverage
        return pool.value + gained >= pool.used + more

    def doomed(self, account: PerpAccount, dex: int) -> Iterable[Listed]:
        """Positions that are to be liquidated now: cross ones all together."""
        pool = self.summary(account, dex, {})
        under = pool.notional > 0 and pool.value < pool.maintenance
        for listed in self.shares(account, dex):
            holding = account.holdings[listed.asset]
            if not holding.lots:
                continue
            worth = self.worth(listed, holding)
            alone = holding.raw + worth < self.maintenance(listed.perp, abs(worth))
            if under if holding.cross else alone:
                yield listed

    def _bound(self, account: PerpAccount, listed: Listed, extra: tuple[int, int]) -> Decimal:
        """Margin that cross value has to cover: of an isolated position only what its orders would
        add, for it has brought its own."""
        holding = account.holdings[listed.asset]
        buys, sells = self._working(account.address, listed.asset)
        reach = max(abs(holding.lots + buys + extra[0]), abs(holding.lots - sells - extra[1]))
        lots = reach if holding.cross else max(0, reach - abs(holding.lots))
        return lots * listed.perp.lot * self._mark(listed.asset) / holding.leverage


def _tier(tiers: tuple[LeverageTier, ...], notional: Decimal) -> tuple[LeverageTier, Decimal]:
    """The tier of a notional, and what is deducted from the maintenance margin in it."""
    current, deduction = tiers[0], ZERO
    for tier in tiers[1:]:
        if notional < tier.lower_bound:
            break
        step = 1 / Decimal(2 * tier.max_leverage) - 1 / Decimal(2 * current.max_leverage)
        deduction += tier.lower_bound * step
        current = tier
    return current, deduction
