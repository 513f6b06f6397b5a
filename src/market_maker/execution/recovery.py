"""Starting is recovering: what the store says of a pool becomes where its engine takes up."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.engine.position import Position
from market_maker.execution import left_behind
from market_maker.execution.margin import within_margin
from market_maker.model.actions import RecordState
from market_maker.model.client_order_id import stamp_of
from market_maker.model.errors import InvalidDataError, NotFoundError
from market_maker.model.events import Restored
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.participant import Participant, ParticipantStatus
from market_maker.model.pool import PoolConfig
from market_maker.model.records import ActivityCriteria, Criteria, FillRecord, StateRecord
from market_maker.model.units import VALUE_SCALE, Lots, Nanos, OrderId, ParticipantId, Value
from market_maker.ports import Store, Unit

LEDGER_PAGE = 5_000
"""Fills read at once; between pages other tasks run."""

STATES_PAGE = 100
RESTARTED = "restarted; was "
STOPPED = "service stopped; was "
STARTED = "started"


class VenueAccount(Struct, frozen=True):
    """Whose account at the venue it is, and the position that our fills left there, signed lots."""

    participant_id: ParticipantId
    account_id: str
    held: Lots


class PoolStart(Struct, frozen=True):
    """Where an engine begins. config: with its members. accounts: of every participant that is a
    member or ever had a fill. last_trade_id: the greatest in the ledger, 0 without any. moved: the
    pool's last move, None if it never moved. halt: the last halt, if nothing but restarts
    followed."""

    instrument: Instrument
    config: PoolConfig
    accounts: tuple[VenueAccount, ...]
    next_order_id: OrderId
    last_trade_id: int
    restored: Restored
    moved: RecordState | None
    halt: RecordState | None


async def pool_start(store: Store, instrument: Instrument, now: Nanos) -> PoolStart:
    """Read everything there is about one pool. Raises NotFoundError if there is no such pool."""
    symbol = instrument.symbol
    async with store.reading() as unit:
        config = await _config_to_start(unit, symbol)
        last = await unit.states.latest(symbol)
        halt = await unreviewed_halt(unit, symbol)
        next_order_id = OrderId(await unit.orders.last_order_id(symbol) + 1)
        newest = (await unit.orders.page(Criteria(symbol=symbol), 1)).items
        ledger = _Ledger()
        await ledger.read(unit, instrument)
        await ledger.read_funding(unit, instrument)
        accounts = await _accounts(unit, symbol, ledger.members)
    restored = Restored(
        ts_recv=now,
        reason=STARTED if last is None else restart_reason(last),
        pool=ledger.pool.holding(),
        members=tuple((name, held.holding()) for name, held in ledger.members.items()),
        funded_at=ledger.funded_at,
        stamp=stamp_of(newest[0].client_order_id) if newest else Nanos(0),
    )
    return PoolStart(
        instrument=instrument,
        config=config,
        accounts=accounts,
        next_order_id=next_order_id,
        last_trade_id=ledger.last_trade_id,
        restored=restored,
        moved=None if last is None else _move(last),
        halt=halt,
    )


async def full_config(unit: Unit, symbol: str) -> PoolConfig:
    """The configuration with its members, those of participants who are not ACTIVE inactive, and
    each within its participant's margin. Raises NotFoundError."""
    record = await unit.pools.get(symbol)
    if record is None:
        raise NotFoundError("pool", symbol)
    members = []
    for row in await unit.members.of_pool(symbol):
        if not row.member.active:
            continue
        participant = await unit.participants.get(row.member.participant_id)
        active = participant is not None and participant.status is ParticipantStatus.ACTIVE
        whose = ("", "") if participant is None else _identity(participant)
        account_id, user_id = whose
        member = msgspec.structs.replace(
            row.member, active=active, account_id=account_id, user_id=user_id
        )
        if participant is not None:
            memberships = await unit.members.of_participant(participant.participant_id)
            limits = [r.member.position_limit_usdt for r in memberships if r.member.active]
            member = within_margin(member, participant.initial_margin_usdt, limits)
        members.append(member)
    return msgspec.structs.replace(record.config, members=tuple(members))


def _identity(participant: Participant) -> tuple[str, str]:
    return participant.account_id, participant.user_id


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


def restart_reason(last: StateRecord) -> str:
    """Why a pool is PAUSED after a restart: what it was before, and before the first of
    several."""
    for prefix in (RESTARTED, STOPPED):
        if last.reason.startswith(prefix):
            return RESTARTED + last.reason.removeprefix(prefix)
    why = f" ({last.reason})" if last.reason and last.state is not PoolState.ACTIVE else ""
    return f"{RESTARTED}{last.state}{why}"


async def unreviewed_halt(unit: Unit, symbol: str) -> RecordState | None:
    """The last halt, if the pool was not resumed since. It outlives restarts, which leave PAUSED
    rows behind, and the pool itself."""
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


class _Ledger:
    """Every fill and funding payment ever stored, added up."""

    def __init__(self) -> None:
        self.pool = Position()
        self.members: dict[ParticipantId, Position] = {}
        self.last_trade_id = 0
        self.funded_at = Nanos(0)

    async def read(self, unit: Unit, instrument: Instrument) -> None:
        """In the order in which they were stored."""
        cursor = None
        while True:
            page = await unit.fills.ledger(instrument.symbol, LEDGER_PAGE, cursor)
            for fill in page.items:
                booked = (fill.side.sign, *_on_grid(fill, instrument), fill.fee)
                self.pool.fill(*booked)
                self.members.setdefault(fill.participant_id, Position()).fill(*booked)
                self.last_trade_id = max(self.last_trade_id, fill.trade_id)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def read_funding(self, unit: Unit, instrument: Instrument) -> None:
        """Of those who have fills: no other member was ever funded."""
        criteria, cursor = ActivityCriteria(symbol=instrument.symbol), None
        while True:
            page = await unit.funding.page(criteria, LEDGER_PAGE, cursor)
            for paid in page.items:
                amount = _value(paid.amount, instrument)
                for position in (self.pool, self.members[paid.participant_id]):
                    position.funding = Value(position.funding + amount)
                self.funded_at = max(self.funded_at, paid.ts_event)
            cursor = page.next_cursor
            if cursor is None:
                return


async def _accounts(
    unit: Unit, symbol: str, held: dict[ParticipantId, Position]
) -> tuple[VenueAccount, ...]:
    names = {row.member.participant_id for row in await unit.members.of_pool(symbol)} | set(held)
    accounts = []
    for name in sorted(names):
        participant = await unit.participants.get(name)
        if participant is not None:
            lots = held[name].lots if name in held else Lots(0)
            accounts.append(VenueAccount(name, participant.account_id, lots))
    return tuple(accounts)


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


def _value(amount: Decimal, instrument: Instrument) -> int:
    """Quote currency as a Value, to the nearest one where the grid has changed."""
    unit = instrument.tick_size * instrument.lot_size / VALUE_SCALE
    return int((amount / unit).to_integral_value())


def _whole(number: Decimal) -> bool:
    return number == number.to_integral_value()
