"""Positions that deleted pools left: they stay in every total until they are flat."""

from decimal import Decimal

import msgspec

from market_maker.journaling.audit import DONE, newest_done, restored
from market_maker.model.exact import ZERO
from market_maker.model.pool import PoolConfig
from market_maker.model.records import ActivityCriteria, AuditCriteria
from market_maker.model.units import Nanos, ParticipantId
from market_maker.ports import Unit

DELETE = "pool.delete"
AT_ONCE = 500
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


async def deleted(unit: Unit) -> tuple[str, ...]:
    """Symbols of which a pool was deleted and none is there now."""
    found: set[str] = set()
    cursor = None
    while True:
        page = await unit.audit.page(AuditCriteria(action=DELETE, result=DONE), AT_ONCE, cursor)
        found |= {record.target for record in page.items}
        cursor = page.next_cursor
        if cursor is None:
            return tuple([each for each in sorted(found) if await unit.pools.get(each) is None])


async def results(unit: Unit, symbol: str) -> dict[ParticipantId, Decimal]:
    """What each participant gained in a symbol in which nothing is held any more, quote
    currency."""
    criteria = ActivityCriteria(symbol=symbol)
    sums = await unit.activity.hours(criteria, ("participant_id",))
    gained = {each.participant_id: each.realised - each.fees for each in sums}
    cursor = None
    while True:
        page = await unit.funding.page(criteria, AT_ONCE, cursor)
        for paid in page.items:
            gained[paid.participant_id] = gained.get(paid.participant_id, ZERO) + paid.amount
        cursor = page.next_cursor
        if cursor is None:
            return {name: net for name, net in gained.items() if name is not None}


async def config_left(unit: Unit, symbol: str) -> PoolConfig | None:
    """The configuration with which a deleted pool's position is watched, without members; None
    where no pool of the symbol was ever deleted."""
    deleted = await newest_done(unit, symbol, (DELETE,))
    if deleted is None:
        return None
    config = restored(deleted.before, PoolConfig)
    return msgspec.structs.replace(config, enabled=False, members=())
