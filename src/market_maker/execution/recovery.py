"""Starting is recovering: what the store says of a pool becomes where its engine takes up."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from market_maker.engine.learnt import Learnt
from market_maker.execution import left_behind
from market_maker.execution.alarms import SERVICE
from market_maker.execution.margin import within_margin
from market_maker.execution.stored_ledger import stored_positions
from market_maker.model.actions import RecordState
from market_maker.model.client_order_id import stamp_of
from market_maker.model.errors import NotFoundError
from market_maker.model.events import Holding, Restored
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.participant import ParticipantStatus
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.records import Criteria, PoolRecord, StateRecord
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId
from market_maker.ports import Store, Unit

STATES_PAGE = 100
RESTARTED = "restarted; was "
STOPPED = "service stopped; was "
STARTED = "started"
AFTER_A_START = (RESTARTED, STOPPED, STARTED)
"""How the reasons of pools begin that are PAUSED because the process began anew, or ends."""


class VenueAccount(Struct, frozen=True):
    """Whose account at the venue it is, and the position that our fills left there, signed lots."""

    participant_id: ParticipantId
    account_id: str
    held: Lots


class PoolStart(Struct, frozen=True):
    """Where an engine begins. config: with its members. accounts: of every participant that is a
    member or ever had a fill. last_trade_id: the greatest in the ledger, 0 without any. moved: the
    pool's last move, None if it never moved. halt: the last halt, if nothing but restarts
    followed. quoted: whether it was ACTIVE when the process, or its worker, ended. learnt: what
    the engine before it had learnt of the market, None to warm up."""

    instrument: Instrument
    config: PoolConfig
    accounts: tuple[VenueAccount, ...]
    next_order_id: OrderId
    last_trade_id: int
    restored: Restored
    moved: RecordState | None
    halt: RecordState | None
    quoted: bool = False
    learnt: Learnt | None = None


async def pool_start(store: Store, instrument: Instrument, now: Nanos) -> PoolStart:
    """Read everything there is about one pool. Raises NotFoundError if there is no such pool, and
    InvalidDataError for a position that today's lots cannot hold."""
    symbol = instrument.symbol
    async with store.reading() as unit:
        config = await _config_to_start(unit, symbol)
        last = await unit.states.latest(symbol)
        halt = await unreviewed_halt(unit, symbol)
        quoted = await _quoted(unit, symbol)
        next_order_id = OrderId(await unit.orders.last_order_id(symbol) + 1)
        newest = (await unit.orders.page(Criteria(symbol=symbol), 1)).items
        stored = await stored_positions(unit, instrument)
        accounts = await _accounts(unit, symbol, stored.members)
    restored = Restored(
        ts_recv=now,
        reason=STARTED if last is None else restart_reason(last),
        pool=stored.pool,
        members=tuple(stored.members.items()),
        funded_at=stored.funded_at,
        stamp=stamp_of(newest[0].client_order_id) if newest else Nanos(0),
    )
    return PoolStart(
        instrument=instrument,
        config=config,
        accounts=accounts,
        next_order_id=next_order_id,
        last_trade_id=stored.last_trade_id,
        restored=restored,
        moved=None if last is None else _move(last),
        halt=halt,
        quoted=quoted,
    )


async def full_config(unit: Unit, symbol: str) -> PoolConfig:
    """The configuration with its members, those of participants who are not ACTIVE inactive, and
    each within its participant's margin. Raises NotFoundError."""
    record = await unit.pools.get(symbol)
    if record is None:
        raise NotFoundError("pool", symbol)
    return (await full_configs(unit, [record]))[0]


async def full_configs(unit: Unit, records: Sequence[PoolRecord]) -> list[PoolConfig]:
    """Of each of these pools. Three statements, however many pools there are and however many
    others their members are in: it is read with every start of a pool."""
    rows = await unit.members.of_pools([record.config.symbol for record in records])
    names = sorted({row.member.participant_id for some in rows.values() for row in some})
    known = await unit.participants.some(names)
    limits = await unit.members.limits(names)

    def in_force(member: Member) -> Member:
        participant = known[member.participant_id]
        total = limits[member.participant_id]
        member = msgspec.structs.replace(
            member,
            active=participant.status is ParticipantStatus.ACTIVE,
            account_id=participant.account_id,
            user_id=participant.user_id,
        )
        return within_margin(member, participant.initial_margin_usdt, total)

    return [
        msgspec.structs.replace(
            record.config,
            members=tuple(
                in_force(row.member) for row in rows[record.config.symbol] if row.member.active
            ),
        )
        for record in records
    ]


async def _config_to_start(unit: Unit, symbol: str) -> PoolConfig:
    try:
        return await full_config(unit, symbol)
    except NotFoundError:
        left = await left_behind.config_left(unit, symbol)
        if left is None:
            raise
        return left


async def to_open(store: Store) -> tuple[str, ...]:
    """Pools that get an engine at the start: those that are enabled, those that ever had one,
    because something of theirs may still be open, and deleted ones that left a position."""
    symbols: list[str] = []
    cursor = None
    async with store.reading() as unit:
        while True:
            page = await unit.pools.page(STATES_PAGE, cursor)
            for record in page.items:
                symbol = record.config.symbol
                if record.config.enabled or await unit.states.latest(symbol) is not None:
                    symbols.append(symbol)
            cursor = page.next_cursor
            if cursor is None:
                return (*symbols, *await left_behind.symbols(unit))


def restarted(start: PoolStart, now: Nanos) -> RecordState:
    """The move of a pool that is PAUSED because the process began anew."""
    return RecordState(now, PoolState.PAUSED, SERVICE.subject, start.restored.reason)


def restart_reason(last: StateRecord) -> str:
    """Why a pool is PAUSED after a restart: what it was before, and before the first of
    several. The words of a person say nothing of it, whatever they are."""
    for prefix in (RESTARTED, STOPPED):
        if last.by == SERVICE.subject and last.reason.startswith(prefix):
            return RESTARTED + last.reason.removeprefix(prefix)
    why = f" ({last.reason})" if last.reason and last.state is not PoolState.ACTIVE else ""
    return f"{RESTARTED}{last.state}{why}"


async def unreviewed_halt(unit: Unit, symbol: str) -> RecordState | None:
    """The last halt, if the pool was not resumed since. It outlives restarts, which leave PAUSED
    rows behind, and the pool itself."""
    async for row in _newest_first(unit, symbol):
        if row.state is not PoolState.PAUSED:
            return _move(row) if row.state is PoolState.HALTED else None
    return None


async def _quoted(unit: Unit, symbol: str) -> bool:
    """Whether the pool was ACTIVE until the service itself paused it: by its end, by the loss of a
    worker, by starts since. A pause by anything else stands between."""
    async for row in _newest_first(unit, symbol):
        if row.state is not PoolState.PAUSED or row.by != SERVICE.subject:
            return row.state is PoolState.ACTIVE
    return False


async def _newest_first(unit: Unit, symbol: str) -> AsyncIterator[StateRecord]:
    cursor = None
    while True:
        page = await unit.states.page(symbol, STATES_PAGE, cursor)
        for row in page.items:
            yield row
        cursor = page.next_cursor
        if cursor is None:
            return


def _move(row: StateRecord) -> RecordState:
    return RecordState(row.ts, row.state, row.by, row.reason)


async def _accounts(
    unit: Unit, symbol: str, held: Mapping[ParticipantId, Holding]
) -> tuple[VenueAccount, ...]:
    names = {row.member.participant_id for row in await unit.members.of_pool(symbol)} | set(held)
    accounts = []
    for name in sorted(names):
        participant = await unit.participants.get(name)
        if participant is not None:
            lots = held[name].lots if name in held else Lots(0)
            accounts.append(VenueAccount(name, participant.account_id, lots))
    return tuple(accounts)
