"""Reconciliation: are orders, fills and positions at the venue what we think they are?

Each pool is compared with the venue's own lists at its start and every half minute. What does not
fit then, nor a second later, for most is news under way, is put right where it can be (a missed
fill is booked, an order that is not ours to follow is cancelled), and pauses the pool where it
cannot; what was traded without a record halts all. A question without an answer proves nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct

from market_maker.execution.adopted_orders import NOT_ON_RECORD, adopt
from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.pool_runner import PoolRunner
from market_maker.model.caller import Caller
from market_maker.model.errors import StoreUnavailableError, VenueError
from market_maker.model.events import FillFound
from market_maker.model.listings import LISTED_FILLS_MAX, FillMark, ListedFill, ListedOrder
from market_maker.model.records import (
    PAGE_MAX,
    Criteria,
    FillRecord,
    OrderChange,
    OrderRecord,
    OrderStatus,
)
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos
from market_maker.ports import Clock, Store, Unit, VenueLists
from market_maker.telemetry.logging import Logger

INTERVAL_S = 30.0
NOTICE_S = 0.05
"""How soon a new connection is noticed."""

SECOND_COMPARISON_S = 1.0
"""News of orders and fills are under way for less than this."""

RECHECK_S = 0.5
"""After a check at which something did not fit, the next ones come after twice as long each time,
until it does."""

SLACK = Nanos(600 * NANOS_PER_SECOND)
"""How far before the newest stored fill missed ones are searched after a start."""

MISMATCHES_MAX = 2
"""Checks in a row with a position that does not fit, until the pool is paused."""

RECONCILIATION = Caller("reconciliation", (), "")


class Reconciled(Struct):
    """One pool's counters since the start. checked_at: when everything was last answered; None
    until then. failed: questions that were not answered. missed_fills: found on the venue's list
    and booked. foreign_orders: found on our accounts and cancelled. lost_orders: ended at the venue
    without a report to us. unowned_fills: of orders that we have no record of; without an owner
    until a person decides. mismatches: checks in a row with a position that does not fit; mismatch:
    which, in words."""

    checked_at: Nanos | None = None
    failed: int = 0
    problem: str = ""
    missed_fills: int = 0
    foreign_orders: int = 0
    lost_orders: int = 0
    unowned_fills: int = 0
    mismatches: int = 0
    mismatch: str = ""


class _Differences(Struct, frozen=True):
    """What did not fit at one moment, by what makes it the same at another. positions: our lots
    and the venue's, by whose they are and the difference."""

    fills: Mapping[tuple[str, int, str], ListedFill]
    strangers: Mapping[str, ListedOrder]
    lost: Mapping[str, OrderRecord]
    positions: Mapping[tuple[str, int], tuple[Lots, Lots]]

    def still(self, before: "_Differences") -> "_Differences":
        """What did not fit then either."""
        return _Differences(
            {key: fill for key, fill in self.fills.items() if key in before.fills},
            {key: order for key, order in self.strangers.items() if key in before.strangers},
            {key: order for key, order in self.lost.items() if key in before.lost},
            {key: pair for key, pair in self.positions.items() if key in before.positions},
        )

    def __bool__(self) -> bool:
        return bool(self.fills or self.strangers or self.lost or self.positions)


class _Side(Struct):
    """One pool's two sides, and how far its fills are known to be complete, by account."""

    gateway: OrderGateway
    lists: VenueLists
    cursors: dict[str, FillMark | None]
    counters: Reconciled


class Reconciliation:
    """One task for all pools."""

    def __init__(
        self,
        store: Store,
        log: IntentLog,
        engine_host: EngineHost,
        alarms: Alarms,
        clock: Clock,
        *,
        logger: Logger | None = None,
        second_comparison_s: float = SECOND_COMPARISON_S,
    ) -> None:
        self._store, self._log, self._engine_host, self._clock = store, log, engine_host, clock
        self._alarms, self._logger = alarms, logger
        self._second_comparison_s = second_comparison_s
        self._sides: dict[str, _Side] = {}

    def counters(self, symbol: str) -> Reconciled | None:
        """Of one pool; None where there is nothing to reconcile."""
        side = self._sides.get(symbol)
        return side.counters if side else None

    @property
    def problem(self) -> str:
        """Why the venue did not answer when it was asked last, of any pool; empty if it did."""
        return next((s.counters.problem for s in self._sides.values() if s.counters.problem), "")

    async def run(self) -> None:
        """Check until cancelled: each pool soon after it was connected, then every so often."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for symbol, side in self.notice():
                    tasks.create_task(self._watch(symbol, side))
                await asyncio.sleep(NOTICE_S)

    def notice(self) -> list[tuple[str, _Side]]:
        """Pools that were connected since the last time; those that are gone are forgotten."""
        connections, new = self._engine_host.connections(), []
        for symbol, made in connections.items():
            known = self._sides.get(symbol)
            if made.gateway is None or made.lists is None:
                continue
            if known is None or known.gateway is not made.gateway:
                side = self._sides[symbol] = _Side(made.gateway, made.lists, {}, Reconciled())
                new.append((symbol, side))
        for symbol in [known for known in self._sides if known not in connections]:
            del self._sides[symbol]
        return new

    async def _watch(self, symbol: str, side: _Side) -> None:
        wait = RECHECK_S
        while self._sides.get(symbol) is side:
            fits = await self.check(symbol)
            wait = INTERVAL_S if fits else min(2 * wait, INTERVAL_S)
            await asyncio.sleep(wait)

    async def check(self, symbol: str) -> bool:
        """Compare one pool now, and put right what can be; returns whether everything fits."""
        side = self._sides[symbol]
        counters = side.counters
        try:
            found = await self._compare(symbol, side)
            fits = not found
            if found:
                await asyncio.sleep(self._second_comparison_s)
                second = await self._compare(symbol, side)
                fits, found = not second, second.still(found)
            await self._act(symbol, side, found)
        except (VenueError, StoreUnavailableError) as error:
            counters.failed += 1
            counters.problem = str(error)
            return False
        counters.checked_at, counters.problem = self._clock.now(), ""
        return fits

    # comparing

    async def _compare(self, symbol: str, side: _Side) -> _Differences:
        async with self._store.reading() as unit:
            open_rows = await unit.orders.open(symbol)
            accounts = await _accounts(unit, symbol, open_rows)
        fills: dict[tuple[str, int, str], ListedFill] = {}
        strangers: dict[str, ListedOrder] = {}
        listed: set[str] = set()
        for account in accounts:
            for fill in await self._unknown_fills(symbol, side, account):
                fills[account, fill.trade_id, fill.client_order_id] = fill
            for order in await side.lists.listed_orders(account):
                listed.add(order.client_order_id)
                if not side.gateway.knows(order.client_order_id):
                    strangers[order.venue_order_id] = order
        lost = {
            row.client_order_id: row
            for row in open_rows
            if row.client_order_id not in listed and not side.gateway.knows(row.client_order_id)
        }
        return _Differences(fills, strangers, lost, await self._positions(symbol, side, accounts))

    async def _unknown_fills(self, symbol: str, side: _Side, account: str) -> list[ListedFill]:
        """Fills on the venue's list that are not stored; those before the first of them are not
        asked for again."""
        if account not in side.cursors:
            side.cursors[account] = await self._first_cursor(symbol)
        unknown: list[ListedFill] = []
        after = side.cursors[account]
        while True:
            page = await side.lists.listed_fills(account, after)
            unknown += await self._not_stored(symbol, page)
            end = page[-1].mark if page else after
            whole = len(page) < LISTED_FILLS_MAX or end == after
            after = end
            if not unknown:
                side.cursors[account] = after
            if whole:
                return unknown

    async def _first_cursor(self, symbol: str) -> FillMark | None:
        """Somewhat before the newest that is stored; None: from the first."""
        async with self._store.reading() as unit:
            newest = (await unit.fills.page(Criteria(symbol=symbol), 1)).items
            if not newest:
                return None
            until = Nanos(newest[0].ts_event - SLACK)
            earlier = (await unit.fills.page(Criteria(symbol=symbol, until=until), 1)).items
        return FillMark(earlier[0].ts_event, earlier[0].trade_id) if earlier else None

    async def _not_stored(self, symbol: str, page: tuple[ListedFill, ...]) -> list[ListedFill]:
        if not page:
            return []
        since = Nanos(min(fill.ts_event for fill in page))
        until = Nanos(max(fill.ts_event for fill in page) + 1)
        stored = {
            (fill.trade_id, fill.client_order_id)
            for fill in await self._stored(Criteria(symbol=symbol, since=since, until=until))
        }
        return [f for f in page if (f.trade_id, f.client_order_id) not in stored]

    async def _stored(self, criteria: Criteria) -> list[FillRecord]:
        found: list[FillRecord] = []
        cursor = None
        async with self._store.reading() as unit:
            while True:
                rows = await unit.fills.page(criteria, PAGE_MAX, cursor)
                found += rows.items
                cursor = rows.next_cursor
                if cursor is None:
                    return found

    async def _positions(
        self, symbol: str, side: _Side, accounts: Mapping[str, list[str]]
    ) -> dict[tuple[str, int], tuple[Lots, Lots]]:
        """Positions that are others at the venue than with us, by whose they are and difference: a
        difference that changes is trading, not an error."""
        differ: dict[tuple[str, int], tuple[Lots, Lots]] = {}
        for account, participants in accounts.items():
            theirs = await side.lists.listed_position(account)
            runner = self._engine_host.get(symbol)
            if runner is None:
                return {}
            held = {m.participant_id: m.position for m in runner.snapshot().members}
            ours = Lots(sum(lots for name, lots in held.items() if name in participants))
            if ours != theirs:
                differ[", ".join(participants) or "a former member", ours - theirs] = (ours, theirs)
        return differ

    # putting right

    async def _act(self, symbol: str, side: _Side, found: _Differences) -> None:
        if found.fills:
            await self._book(symbol, side, list(found.fills.values()))
        for order in found.strangers.values():
            if self._is_ours(side):
                await side.lists.withdraw(order)
                side.counters.foreign_orders += 1
        if found.lost and self._is_ours(side):
            side.counters.lost_orders += len(found.lost)
            await self._close(symbol, list(found.lost.values()))
        self._judge(symbol, side.counters, found)

    def _is_ours(self, side: _Side) -> bool:
        """Whether what did not go out here can be no other worker's."""
        return side.gateway.owns_symbol and not self._engine_host.yielded

    async def _book(self, symbol: str, side: _Side, fills: list[ListedFill]) -> None:
        async with self._store.reading() as unit:
            rows = await unit.orders.get([fill.client_order_id for fill in fills])
        runner = self._engine_host.get(symbol)
        if runner is not None and self._is_ours(side):
            adopted = await adopt(self._store, runner, rows, fills)
            if adopted:
                rows = (*rows, *adopted)
                self._alarms.halt(self._sides, f"{len(adopted)} {NOT_ON_RECORD}", RECONCILIATION)
        owners = {row.client_order_id: row for row in rows}
        for fill in fills:
            owner = owners.get(fill.client_order_id)
            if owner is None:
                side.counters.unowned_fills += 1
                self._pause(symbol, f"fill {fill.trade_id} belongs to no order of ours")
            elif runner is not None and runner.failure is None:
                # A crashed engine takes no events; the one that replaces it will.
                news = side.gateway.found(_found(fill, owner, self._clock.now()))
                side.counters.missed_fills += news
        if runner is not None:
            # Before anything is awaited: the engine has not taken them yet.
            self._say(runner, [fill for fill in fills if fill.client_order_id in owners])
        for owner in rows:
            await self._credit(owner, fills)

    def _say(self, runner: PoolRunner, fills: list[ListedFill]) -> None:
        """What happened while this process was away, or its stream was."""
        if self._logger is None or not fills:
            return
        before = runner.snapshot().position
        after = before + sum(fill.side.sign * fill.size for fill in fills)
        shown = [str(runner.instrument.quantity(Lots(lots))) for lots in (before, after)]
        self._logger.warning(
            "missed fills booked",
            symbol=runner.instrument.symbol,
            summary=f"{len(fills)} fills found, position {shown[0]} -> {shown[1]}",
            fills=len(fills),
            before=shown[0],
            after=shown[1],
        )

    async def _credit(self, owner: OrderRecord, missed: list[ListedFill]) -> None:
        """The order's own row: as much filled as stored and missed fills make together."""
        whose, name = owner.participant_id, owner.client_order_id
        criteria = Criteria(symbol=owner.symbol, participant_id=whose, since=owner.created_at)
        stored = await self._stored(criteria)
        sizes = {fill.trade_id: fill.size for fill in stored if fill.client_order_id == name}
        sizes |= {fill.trade_id: fill.size for fill in missed if fill.client_order_id == name}
        self._write(owner, owner.status, sum(sizes.values()))

    async def _close(self, symbol: str, rows: list[OrderRecord]) -> None:
        """As much filled as is stored: what became of them may not be on record at all."""
        since = Nanos(min(row.created_at for row in rows))
        stored = await self._stored(Criteria(symbol=symbol, since=since))
        for row in rows:
            filled = sum(f.size for f in stored if f.client_order_id == row.client_order_id)
            self._write(row, OrderStatus.CANCELED, max(row.filled, filled), "not open at the venue")

    def _write(self, row: OrderRecord, status: OrderStatus, filled: int, reason: str = "") -> None:
        is_filled = filled >= row.size
        self._log.change(
            OrderChange(
                client_order_id=row.client_order_id,
                status=OrderStatus.FILLED if is_filled else status,
                filled=Lots(filled),
                updated_at=self._clock.now(),
                reason="" if is_filled else reason,
            )
        )

    def _judge(self, symbol: str, counters: Reconciled, found: _Differences) -> None:
        # Fills that have just been booked explain a difference; the next check will see.
        if not found.positions or found.fills:
            counters.mismatches, counters.mismatch = 0, ""
            return
        (whose, _), pair = next(iter(found.positions.items()))
        runner = self._engine_host.get(symbol)
        assert runner is not None, "its snapshot was compared"
        ours, theirs = (runner.instrument.quantity(lots) for lots in pair)
        counters.mismatch = f"position of {whose}: {ours} with us, {theirs} at the venue"
        counters.mismatches += 1
        if counters.mismatches >= MISMATCHES_MAX:
            self._pause(symbol, counters.mismatch)

    def _pause(self, symbol: str, reason: str) -> None:
        self._alarms.pause(symbol, reason, RECONCILIATION)


def _found(fill: ListedFill, owner: OrderRecord, now: Nanos) -> FillFound:
    return FillFound(
        **shared_fields(FillFound, fill, but=("side", "client_order_id", "account_id")),
        **shared_fields(FillFound, owner, but=("price", "size")),
        ts_recv=now,
        member=owner.participant_id,
    )


async def _accounts(
    unit: Unit, symbol: str, open_rows: Sequence[OrderRecord]
) -> dict[str, list[str]]:
    """Every account that may hold something of this pool, with its participants."""
    accounts: dict[str, list[str]] = {}
    members = [row.member.participant_id for row in await unit.members.of_pool(symbol)]
    for name, participant in (await unit.participants.some(members)).items():
        accounts.setdefault(participant.account_id, []).append(name)
    for order in open_rows:
        accounts.setdefault(order.account_id, [])
    return accounts
