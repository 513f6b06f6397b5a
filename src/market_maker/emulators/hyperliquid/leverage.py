"""Leverage and isolated margin of one position, with the venue's refusals.

Texts: from public clients, see the design notes; where no source has one, plain words.
"""

from decimal import Decimal

from market_maker.emulators.hyperliquid.accounts import PerpAccount, PerpPosition
from market_maker.emulators.hyperliquid.judging import NotTaken, usual_settings
from market_maker.emulators.hyperliquid.margin import KEPT_SHARE
from market_maker.emulators.hyperliquid.numbers import decimal
from market_maker.emulators.hyperliquid.universe import Listed, MarginMode
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.exact import ZERO

USD_UNITS = Decimal(1_000_000)
DECREASE = (
    "Isolated position does not have sufficient margin available to decrease leverage. "
    "To decrease leverage, add margin to the position."
)


class Leverage:
    """Settings of positions."""

    def __init__(self, world: World) -> None:
        self._world = world

    def update(self, account: PerpAccount, asset: int, leverage: int, *, cross: bool) -> None:
        """Set leverage and margin type. Raises NotTaken."""
        listed = self._listed(asset)
        holding = account.holdings.get(asset) or usual_settings(listed)
        if not 1 <= leverage <= listed.perp.max_leverage:
            raise NotTaken("Invalid leverage value")
        if cross and listed.perp.mode is not MarginMode.NORMAL:
            raise NotTaken("Cross margin is not allowed for this asset.")
        if holding.lots and cross != holding.cross:
            raise NotTaken("Cannot switch leverage type with open position.")
        account.holdings[asset] = holding
        self._judge_decrease(account, listed, holding, leverage)
        holding.leverage, holding.cross = leverage, cross

    def add_margin(self, account: PerpAccount, asset: int, units: int) -> None:
        """Move millionths of collateral to an isolated position; below 0 back. Raises NotTaken."""
        listed = self._listed(asset)
        holding = self._isolated(account, listed)
        amount = units / USD_UNITS
        pool = self._world.margins.pool(account, listed.dex)
        if amount >= 0:
            if self._world.margins.summary(account, listed.dex, {}).free < amount:
                raise NotTaken("Account does not have sufficient margin available for increase.")
        else:
            self._judge_removal(listed, holding, -amount)
        account.cash[pool] = account.cash.get(pool, ZERO) - amount
        holding.raw += amount

    def top_up(self, account: PerpAccount, asset: int, leverage: str) -> None:
        """Add margin until the position has no more than this leverage. Raises NotTaken."""
        listed = self._listed(asset)
        holding = self._isolated(account, listed)
        wanted = decimal(leverage)
        if wanted is None or wanted <= 0:
            raise NotTaken("Invalid leverage value")
        worth = self._world.margins.worth(listed, holding)
        missing = abs(worth) / wanted - (holding.raw + worth)
        self.add_margin(account, asset, max(0, int(missing * USD_UNITS)))

    def _listed(self, asset: int) -> Listed:
        listed = self._world.universe.asset(asset)
        if listed is None:
            raise NotTaken("Asset is not listed.")
        return listed

    @staticmethod
    def _isolated(account: PerpAccount, listed: Listed) -> PerpPosition:
        holding = account.holdings.get(listed.asset)
        if holding is None or not holding.lots:
            raise NotTaken("Cannot update margin for empty position.")
        if holding.cross:
            raise NotTaken("Position does not use isolated margin.")
        return holding

    def _judge_decrease(
        self, account: PerpAccount, listed: Listed, holding: PerpPosition, leverage: int
    ) -> None:
        """Lower leverage needs the margin that it asks for."""
        if leverage >= holding.leverage:
            return
        worth = self._world.margins.worth(listed, holding)
        if not holding.cross:
            if holding.lots and holding.raw + worth < abs(worth) / leverage:
                raise NotTaken(DECREASE)
            return
        before, holding.leverage = holding.leverage, leverage
        free = self._world.margins.summary(account, listed.dex, {}).free
        holding.leverage = before
        if free < 0:
            raise NotTaken("Account does not have sufficient margin available for increase.")

    def _judge_removal(self, listed: Listed, holding: PerpPosition, amount: Decimal) -> None:
        if listed.perp.mode is MarginMode.STRICT:
            raise NotTaken(
                "Cannot remove isolated margin for this asset. "
                "To remove margin, reduce the position."
            )
        worth = self._world.margins.worth(listed, holding)
        needed = max(abs(worth) / holding.leverage, abs(worth) * KEPT_SHARE)
        if holding.raw + worth - amount < needed:
            raise NotTaken("Position does not have sufficient margin available for decrease.")
