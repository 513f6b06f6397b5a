"""PoolRunners for those who only read them: an engine, its book and its orders, set by hand."""

from decimal import Decimal

from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, OrderState, Side
from market_maker.model.pool import PoolConfig
from tests.support.office import SYMBOL, config, member

GRID = Instrument(SYMBOL, Decimal("0.1"), Decimal("0.001"), Decimal(5))
MID_X2 = 2_000_000
"""100,000."""


class PoolAtWork:
    """What a sampler and a marking see of a runner."""

    def __init__(self, names=("acme", "beta"), symbol=SYMBOL, **fields) -> None:
        self.instrument = Instrument(symbol, GRID.tick_size, GRID.lot_size, GRID.min_notional)
        members = tuple(member(name, 100 // len(names)) for name in names)
        self.config: PoolConfig = config(symbol, members=members, **fields)
        self.quotable = self.sighted = True
        self.mid_x2 = MID_X2
        self.orders: list[Order] = []

    def open_orders(self):
        return tuple(self.orders)

    def quotes(self, name, half_ticks=500, lots=100, state=OrderState.LIVE):
        """A bid and an ask at so many ticks from the mid."""
        for side in Side:
            price = MID_X2 // 2 - side.sign * half_ticks
            number = len(self.orders) + 1
            self.orders.append(Order(number, name, side, 0, price, lots, lots, state))


class Pools:
    """The floor."""

    def __init__(self, *pools: PoolAtWork) -> None:
        self.pools = pools

    def runners(self):
        return self.pools
