"""Trading in the store: participants, memberships, fills, and the ledger made of them."""

from decimal import Decimal

from msgspec.structs import replace

from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Lots, Nanos, Ticks, Value
from tests.builders import fill, member, order, participant, pool
from tests.unit.api.issuing import NOW

MONTH = "2026-03"
MIDNIGHT = Nanos(NOW * NANOS_PER_SECOND)
"""The clock of the tests stands here: the first of April."""
MARCH = Nanos(MIDNIGHT - 31 * 24 * NANOS_PER_HOUR)
SYMBOL = "BTCUSDT-PERP"

# Side, price and size of each fill: acme closes 0.1 lots at a profit of 1 USDT per 0.001.
TRADES = (
    (Side.BUY, 600_000, 100),
    (Side.SELL, 610_000, 100),
)


async def trade(store, month_start=MARCH, names=("acme", "beta"), trades=TRADES, first=1, **fields):
    """One hour into the month each of `names` makes `trades`, a minute apart. Fees are rebates of
    0.05 bps of the value. The pool and the participants are there already. fields: more of each
    fill."""
    books, number = Bookkeeper(), first
    for name in names:
        for position, (side, price, size) in enumerate(trades):
            at = Nanos(month_start + NANOS_PER_HOUR + position * 60 * NANOS_PER_SECOND)
            sent = order(
                number,
                client_order_id=f"mm-{name}-{number}",
                participant_id=name,
                account_id=f"account-{name}",
                side=side,
                price=Ticks(price),
                size=Lots(size),
                created_at=at,
                updated_at=at,
            )
            fee = Value(-price * size * 100_000_000 // 200_000)
            known = {"fee": fee, "mid_x2": 0, "ts_event": at, "recorded_at": at}
            done = fill(number, sent, size=Lots(size), **known, **fields)
            async with store.transaction() as unit:
                await unit.orders.add([sent])
                await unit.fills.add([done])
                await books.post(unit, [done], {sent.client_order_id: 1}, at)
            number += 1


async def open_for_business(store, *, share="20", models=None, weight="40"):
    """A pool with acme, who shares its profit, and beta, who keeps it; both since March began."""
    models = models or {"acme": RevenueModel.PERCENTAGE_SPLIT, "beta": RevenueModel.KEEP_ALL}
    async with store.transaction() as unit:
        await unit.pools.add(pool(SYMBOL), MARCH)
        for name, model in models.items():
            row = participant(name, created_at=MARCH, updated_at=MARCH, revenue_model=model)
            await unit.participants.add(replace(row, revenue_share_pct=Decimal(share)))
            await unit.members.add(SYMBOL, member(name, weight), MARCH)


async def traded_month(store):
    """The whole of it."""
    await open_for_business(store)
    await trade(store)
