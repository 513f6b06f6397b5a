"""Positions that deleted pools left: they stay in every total until they are flat."""

from decimal import Decimal

import msgspec

from market_maker.journaling.audit import newest_done, restored
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.ports import Unit

EVER = Nanos(2**62)
ALL_ENTRIES = 2**62
"""Later than any entry, and more than any ledger has."""


async def positions(unit: Unit) -> dict[str, Decimal]:
    """By symbol, the size of what its members hold in the ledger, longs and shorts added up, base
    currency; symbols without a position are left out."""
    held: dict[str, Decimal] = {}
    for each in await unit.ledger.holdings(EVER, ALL_ENTRIES):
        if each.position:
            held[each.symbol] = held.get(each.symbol, Decimal(0)) + abs(each.position)
    return dict(sorted(held.items()))


async def symbols(unit: Unit) -> tuple[str, ...]:
    """Symbols with a position and without a pool."""
    return tuple([each for each in await positions(unit) if await unit.pools.get(each) is None])


async def config_left(unit: Unit, symbol: str) -> PoolConfig | None:
    """The configuration with which a deleted pool's position is watched, without members; None
    where no pool of the symbol was ever deleted."""
    deleted = await newest_done(unit, symbol, ("pool.delete",))
    if deleted is None:
        return None
    config = restored(deleted.before, PoolConfig)
    return msgspec.structs.replace(config, enabled=False, members=())
