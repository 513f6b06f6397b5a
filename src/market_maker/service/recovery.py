"""Starting is recovering: what the store says of a pool becomes where its engine takes up."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.engine.position import Position
from market_maker.model.actions import RecordState
from market_maker.model.errors import InvalidDataError, NotFoundError
from market_maker.model.events import Restored
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.participant import ParticipantStatus
from market_maker.model.pool import PoolConfig
from market_maker.model.records import FillRecord, StateRecord
from market_maker.model.units import Nanos, OrderId, ParticipantId
from market_maker.ports import Store, Unit

LEDGER_PAGE = 5_000
"""Fills read at once; between pages everybody else has a turn."""

STATES_PAGE = 100
RESTARTED = "restarted; was "
STARTED = "started"


class TakeUp(Struct, frozen=True):
    """Where an engine begins. config: with its members. moved: the pool's last move, None if it
    never moved. halt: the last halt, if nothing but restarts followed it."""

    instrument: Instrument
    config: PoolConfig
    next_order_id: OrderId
    restored: Restored
    moved: RecordState | None
    halt: RecordState | None


async def take_up(store: Store, instrument: Instrument, now: Nanos) -> TakeUp:
    """Read everything there is about one pool. Raises NotFoundError if there is no such pool."""
    symbol = instrument.symbol
    async with store.reading() as unit:
        config = await full_config(unit, symbol)
        last = await unit.states.latest(symbol)
        halt = await _unreviewed_halt(unit, symbol, last)
        next_order_id = OrderId(await unit.orders.last_order_id(symbol) + 1)
        pool, members = await _positions(unit, instrument)
    restored = Restored(
        ts_recv=now,
        reason=STARTED if last is None else restart_reason(last),
        pool=pool.holding(),
        members=tuple((name, held.holding()) for name, held in members.items()),
    )
    moved = None if last is None else _move(last)
    return TakeUp(instrument, config, next_order_id, restored, moved, halt)


async def full_config(unit: Unit, symbol: str) -> PoolConfig:
    """The configuration with its members, those of participants who are not ACTIVE inactive.
    Raises NotFoundError."""
    record = await unit.pools.get(symbol)
    if record is None:
        raise NotFoundError("pool", symbol)
    members = []
    for row in await unit.members.of_pool(symbol):
        if not row.member.active:
            continue
        participant = await unit.participants.get(row.member.participant_id)
        active = participant is not None and participant.status is ParticipantStatus.ACTIVE
        members.append(msgspec.structs.replace(row.member, active=active))
    return msgspec.structs.replace(record.config, members=tuple(members))


async def to_open(store: Store) -> tuple[str, ...]:
    """Pools that get an engine at the start: those that are enabled, and those that ever had one,
    because something of theirs may still be open."""
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
                return tuple(symbols)


def restart_reason(last: StateRecord) -> str:
    """Why a pool is PAUSED after a restart: what it was before the first of several."""
    if last.reason.startswith(RESTARTED):
        return last.reason
    why = f" ({last.reason})" if last.reason and last.state is not PoolState.ACTIVE else ""
    return f"{RESTARTED}{last.state}{why}"


async def _unreviewed_halt(unit: Unit, symbol: str, last: StateRecord | None) -> RecordState | None:
    """Restarts leave PAUSED rows behind; a halt before them still wants its review."""
    if last is None or last.state is PoolState.ACTIVE:
        return None
    cursor = None
    while True:
        page = await unit.states.page(symbol, STATES_PAGE, cursor)
        for row in page.items:
            if row.state is not PoolState.PAUSED:
                return _move(row) if row.state is PoolState.HALTED else None
        cursor = page.next_cursor
        if cursor is None:
            return None


def _move(row: StateRecord) -> RecordState:
    return RecordState(row.ts, row.state, row.by, row.reason)


async def _positions(
    unit: Unit, instrument: Instrument
) -> tuple[Position, dict[ParticipantId, Position]]:
    """The pool's position and everybody's, from every fill ever stored, in their order."""
    pool, members = Position(), dict[ParticipantId, Position]()
    cursor = None
    while True:
        page = await unit.fills.ledger(instrument.symbol, LEDGER_PAGE, cursor)
        for fill in page.items:
            booked = (fill.side.sign, *_on_grid(fill, instrument), fill.fee)
            pool.fill(*booked)
            members.setdefault(fill.participant_id, Position()).fill(*booked)
        cursor = page.next_cursor
        if cursor is None:
            return pool, members


def _on_grid(fill: FillRecord, instrument: Instrument) -> tuple[int, int]:
    """Price and size in the instrument's ticks and lots of today."""
    if (fill.tick_size, fill.lot_size) == (instrument.tick_size, instrument.lot_size):
        return fill.price, fill.size
    price = fill.price * fill.tick_size / instrument.tick_size
    size = fill.size * fill.lot_size / instrument.lot_size
    if not _whole(price) or not _whole(size):
        problem = "does not lie on the grid that the instrument has today"
        raise InvalidDataError(f"fill {fill.trade_id} of {fill.client_order_id}", problem)
    return int(price), int(size)


def _whole(number: Decimal) -> bool:
    return number == number.to_integral_value()
