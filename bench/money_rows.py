"""A database full of trading, written in bulk: rows as the service writes them.

Fills, ledger and sums by hour come from the service's own arithmetic; only the way into the tables
is a shorter one. `market_maker ledger check` finds nothing wrong with them, and the benchmark
asks it.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random

import msgspec
from msgspec import Struct

from bench.bulk import write
from market_maker.model.calendar import Month, month_named
from market_maker.model.exact import exact
from market_maker.model.money import ActivityRecord, LedgerEntry, MarkRecord, PresenceRecord
from market_maker.model.orders import Side
from market_maker.model.participant import Participant, ParticipantStatus, RevenueModel, Tier
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.records import FillRecord, OrderRecord, OrderStatus
from market_maker.model.units import (
    NANOS_PER_HOUR,
    Lots,
    Nanos,
    OrderId,
    ParticipantId,
    Ticks,
    Value,
)
from market_maker.sandbox.listings import LISTINGS
from market_maker.settlement.attribution import activity_of_fill
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.posting import fill_entry, held_after
from market_maker.storage.database import Database
from market_maker.storage.money_tables import activity, ledger, presence
from market_maker.storage.store import DatabaseStore
from market_maker.storage.tables import fills

MONTH = month_named("2026-10")
"""The last of the history, and the one that is settled."""

PEOPLE, LEVELS = 10, 3
SYMBOLS = LISTINGS[:3]
AT_ONCE = 20_000
SNAPSHOTS_PER_HOUR = 360
NANOS_PER_DAY = 24 * NANOS_PER_HOUR


class Plan(Struct, frozen=True):
    """So many fills, evenly over so many days that end with MONTH."""

    fills: int
    days: int

    @property
    def start(self) -> Nanos:
        """Of the first day."""
        return Nanos(MONTH.end - self.days * NANOS_PER_DAY)

    @property
    def first_month(self) -> Month:
        """That of the first day."""
        month = MONTH
        while month.start > self.start:
            month = month.previous
        return month


def orders() -> Iterator[OrderRecord]:
    """One for each place in every ladder, filled over and over."""
    number = 0
    for listing in SYMBOLS:
        instrument = listing.instrument
        for person in range(PEOPLE):
            for side in Side:
                for level in range(LEVELS):
                    number += 1
                    yield OrderRecord(
                        client_order_id=f"mm-lp-{person}-{instrument.symbol}-{level}-{side}",
                        symbol=instrument.symbol,
                        order_id=OrderId(number),
                        participant_id=ParticipantId(f"lp-{person}"),
                        account_id=f"account-{person}",
                        side=side,
                        level=level,
                        price=Ticks(1),
                        size=Lots(2**40),
                        filled=Lots(0),
                        reduce_only=False,
                        status=OrderStatus.LIVE,
                        venue_order_id=f"v{number}",
                        reason="",
                        tick_size=instrument.tick_size,
                        lot_size=instrument.lot_size,
                        config_version=1,
                        created_at=Nanos(0),
                        updated_at=Nanos(0),
                    )


def made_fills(plan: Plan, known: list[OrderRecord]) -> Iterator[FillRecord]:
    """Evenly in time, of orders at random, around a mid that walks."""
    chance = Random(20_261_031)
    mids = {
        each.instrument.symbol: int(each.parameters.start_price / float(each.instrument.tick_size))
        for each in SYMBOLS
    }
    gap = plan.days * NANOS_PER_DAY / plan.fills
    for number in range(plan.fills):
        of = known[chance.randrange(len(known))]
        mid = mids[of.symbol] = max(10, mids[of.symbol] + chance.randint(-3, 3))
        ts = Nanos(plan.start + int((number + chance.random()) * gap))
        yield FillRecord(
            symbol=of.symbol,
            account_id=of.account_id,
            trade_id=number + 1,
            client_order_id=of.client_order_id,
            participant_id=of.participant_id,
            side=of.side,
            level=of.level,
            price=Ticks(mid - of.side.sign * (1 + of.level)),
            size=Lots(chance.randint(1, 50)),
            fee=Value(chance.randint(-10_000_000, 20_000_000)),
            mid_x2=2 * mid,
            tick_size=of.tick_size,
            lot_size=of.lot_size,
            ts_event=ts,
            recorded_at=ts,
        )


async def load(database: Database, plan: Plan, progress: Callable[[int, int], None]) -> None:
    """Everything that the service would have stored but what it derives day by day. reported: fills
    written, and all there are."""
    store = DatabaseStore(database)
    known = list(orders())
    async with store.transaction() as unit:
        for listing in SYMBOLS:
            await unit.pools.add(PoolConfig(symbol=listing.instrument.symbol), plan.start)
        for person in range(PEOPLE):
            await unit.participants.add(participant(person, plan.start))
            for listing in SYMBOLS:
                member = Member(
                    ParticipantId(f"lp-{person}"), Decimal(10), Decimal(10_000), Decimal(1_000)
                )
                await unit.members.add(listing.instrument.symbol, member, plan.start)
        await unit.orders.add(known)
        await unit.marks.put(list(hourly_marks(plan)))
    await _load_fills(database, plan, known, progress)
    for day in range(plan.days):
        await write(database, presence, list(present(plan, day)))
    await settle_statistics(database)


async def settle_statistics(database: Database) -> None:
    """What the databases' planners go by; both collect it by themselves in time."""
    async with database.writer.connect() as connection:
        await connection.exec_driver_sql("ANALYZE")
        await connection.commit()


async def _load_fills(
    database: Database, plan: Plan, known: list[OrderRecord], progress: Callable[[int, int], None]
) -> None:
    held = dict.fromkeys(((of.symbol, of.participant_id) for of in known), FLAT)
    hours: dict[tuple[object, ...], ActivityRecord] = {}
    fill_rows: list[FillRecord] = []
    entry_rows: list[LedgerEntry] = []
    for number, fill in enumerate(made_fills(plan, known), 1):
        pair = (fill.symbol, fill.participant_id)
        entry = fill_entry(fill, held[pair], fill.recorded_at)
        held[pair] = held_after(entry)
        fill_rows.append(fill)
        entry_rows.append(entry)
        add(hours, activity_of_fill(fill, -entry.realised, 1))
        if len(fill_rows) == AT_ONCE or number == plan.fills:
            await write(database, fills, fill_rows)
            numbers = range(number - len(entry_rows) + 1, number + 1)
            await write(database, ledger, entry_rows, entry_id=numbers)
            fill_rows, entry_rows = [], []
            progress(number, plan.fills)
    sums = list(hours.values())
    for start in range(0, len(sums), AT_ONCE):
        await write(database, activity, sums[start : start + AT_ONCE])


_KEY = ("symbol", "participant_id", "hour", "side", "level", "config_version")
_SUMMED = tuple(name for name in ActivityRecord.__struct_fields__ if name not in _KEY)


def add(hours: dict[tuple[object, ...], ActivityRecord], one: ActivityRecord) -> None:
    key = tuple(getattr(one, name) for name in _KEY)
    before = hours.get(key)
    if before is not None:
        with exact():
            sums = {name: getattr(before, name) + getattr(one, name) for name in _SUMMED}
        one = msgspec.structs.replace(one, **sums)
    hours[key] = one


def participant(person: int, now: Nanos) -> Participant:
    return Participant(
        participant_id=ParticipantId(f"lp-{person}"),
        user_id=f"user-{person}",
        account_id=f"account-{person}",
        display_name=f"Provider {person}",
        initial_margin_usdt=Decimal(10_000),
        max_drawdown_pct=Decimal(10),
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        revenue_share_pct=Decimal(20),
        tier=Tier.TIER_1,
        enrolled_by="bench",
        notes="",
        status=ParticipantStatus.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )


def hourly_marks(plan: Plan) -> Iterator[MarkRecord]:
    for listing in SYMBOLS:
        price = Decimal(str(listing.parameters.start_price))
        for hour in range(24 * plan.days + 1):
            ts = Nanos(plan.start + hour * NANOS_PER_HOUR)
            yield MarkRecord(symbol=listing.instrument.symbol, ts=ts, price=price)


def present(plan: Plan, day: int) -> Iterator[PresenceRecord]:
    """One day of all participants, by hour."""
    for hour in range(24 * day, 24 * day + 24):
        for listing in SYMBOLS:
            for person in range(PEOPLE):
                yield PresenceRecord(
                    symbol=listing.instrument.symbol,
                    participant_id=ParticipantId(f"lp-{person}"),
                    hour=Nanos(plan.start + hour * NANOS_PER_HOUR),
                    eligible=SNAPSHOTS_PER_HOUR,
                    valid=SNAPSHOTS_PER_HOUR - person,
                    spread_sum_bps=Decimal(10 * (SNAPSHOTS_PER_HOUR - person)),
                    depth_sum_usdt=Decimal(500 * (SNAPSHOTS_PER_HOUR - person)),
                    spread_min_bps=Decimal(5),
                    spread_max_bps=Decimal(50),
                    depth_target_usdt=Decimal(1_000),
                    volume_target_usdt=Decimal(50_000),
                )
