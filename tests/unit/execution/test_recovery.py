"""A restart: everything PAUSED, positions from the ledger, order numbers that go on, halts that
are not forgotten."""

from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import event

from market_maker.clocks import SimClock
from market_maker.execution.recovery import (
    full_config,
    full_configs,
    pool_start,
    restart_reason,
    restarted,
    to_open,
)
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidDataError,
    NotFoundError,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Order, OrderState, Side
from market_maker.operations.views import PoolStatus
from tests import builders
from tests.support.office import (
    ANN,
    BOB,
    OTHER,
    PATIENCE_S,
    SYMBOL,
    Office,
    at_work,
    config,
    database,
    member,
)

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


@asynccontextmanager
async def restarted_office(store, before: Office):
    """The same database, everything else anew; recovered as the process does it."""
    clock = SimClock(before.clock.now() + 10**9)
    async with at_work(store, clock) as office:
        for symbol in await to_open(store):
            start = await pool_start(store, office.pools.instrument(symbol), clock.now())
            move = restarted(start, clock.now())
            office.recorder.put(RecordRequest(start.instrument, start.config.version, move))
            await office.engine_host.open(msgspec.structs.replace(start, moved=move))
        yield office


async def test_after_a_crash_of_the_process_pools_are_paused_with_positions_and_numbers() -> None:
    async with database() as store:
        async with at_work(store) as first:
            ids = await first.quoting()
            venue = first.venues[SYMBOL]
            bids = [order for order in venue.open.values() if order.side == "BUY"]
            for bid in bids:
                venue.fill(bid.order_id, fee=-7)
            await first.passes(300)
            assert await first.recorder.flushed(PATIENCE_S)
            assert await first.intent_log.flushed(PATIENCE_S)
            before = await first.application.controls.status(SYMBOL)
            used = max(venue.placed)
        async with restarted_office(store, first) as second:
            status = await second.application.controls.status(SYMBOL)
            assert (status.state, status.reason) == (PoolStatus.PAUSED, "restarted; was ACTIVE")
            assert status.by == "service"
            held = {m.participant_id: m for m in status.members}
            for member in before.members:
                after = held[member.participant_id]
                assert after.position == member.position
                assert after.average_price == member.average_price
                assert after.pnl.fees == member.pnl.fees
            assert set(held) == set(ids)
            assert second.venues[SYMBOL].placed == []
            await second.passes(1_000)
            await second.application.controls.enable(ANN, SYMBOL)
            await second.until(lambda: len(second.venues[SYMBOL].open) == 4)
            assert min(second.venues[SYMBOL].placed) > used


async def test_leftovers_at_the_venue_are_cancelled_and_enable_waits_for_that() -> None:
    async with database() as store:
        async with at_work(store) as first:
            ids = await first.quoting()
        async with restarted_office(store, first) as second:
            venue = second.venues[SYMBOL]
            venue.deaf = True
            venue.open[-5] = Order(-5, ids[0], Side.BUY, 0, 999_000, 5, 5, OrderState.LIVE)
            await second.passes(1_000)
            status = await second.application.controls.status(SYMBOL)
            assert (status.open_orders, status.cancel_unconfirmed) == (1, True)
            with pytest.raises(ConflictError, match="earlier run"):
                await second.application.controls.enable(ANN, SYMBOL)
            venue.deaf = False
            await second.until(lambda: not second.engine_host.get(SYMBOL).is_unproved)
            assert -5 in venue.cancelled
            view = await second.application.controls.enable(ANN, SYMBOL)
            assert view.state is PoolStatus.ACTIVE


async def test_enable_waits_until_the_venue_has_answered_at_all() -> None:
    async with database() as store:
        async with at_work(store) as first:
            await first.quoting()
        clock = SimClock(first.clock.now() + 10**9)
        async with at_work(store, clock) as second:
            start = await pool_start(store, second.pools.instrument(SYMBOL), clock.now())
            runner = await second.engine_host.open(start)
            runner._proof.strays = None
            second.venues[SYMBOL].mute = True
            await second.passes(1_000)
            with pytest.raises(ConflictError, match=r"venue says zero \(no answer at .*unknown"):
                await second.application.controls.enable(ANN, SYMBOL)


async def test_a_halt_outlives_restarts_until_an_operator_resumes() -> None:
    async with database() as store:
        async with at_work(store) as first:
            await first.quoting()
            await first.application.controls.kill(BOB, "seems wrong")
        async with restarted_office(store, first) as second:
            await second.passes(1_000)
        async with restarted_office(store, second) as third:
            status = await third.application.controls.status(SYMBOL)
            assert status.state is PoolStatus.PAUSED
            assert status.review_needed
            assert status.reason == "restarted; was HALTED (seems wrong)"
            await third.passes(1_000)
            with pytest.raises(IllegalTransitionError, match="seems wrong"):
                await third.application.controls.enable(ANN, SYMBOL)
            await third.application.controls.resume(BOB, SYMBOL)
            assert not (await third.application.controls.status(SYMBOL)).review_needed


async def test_only_pools_that_are_enabled_or_ever_ran_get_an_engine() -> None:
    async with database() as store, at_work(store) as office:
        await office.pool(SYMBOL)
        assert await to_open(store) == ()
        await office.pool(OTHER, enabled=True)
        assert await to_open(store) == (OTHER,)
        await office.application.controls.enable(ANN, SYMBOL)
        assert await to_open(store) == (SYMBOL, OTHER)


async def test_a_configuration_costs_as_many_statements_in_one_pool_as_in_many() -> None:
    async with database() as store, at_work(store) as office:
        ids = await office.pool(SYMBOL)
        asked: list[str] = []
        engine = store._database.reader.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))
        async with store.reading() as unit:
            alone = await full_config(unit, SYMBOL)
        first = len(asked)
        async with store.transaction() as unit:
            await unit.pools.add(config(OTHER), office.clock.now())
            await unit.pools.add(config("SOLUSDT-PERP"), office.clock.now())
            for name in ids:
                await unit.members.add(OTHER, member(name, 10), office.clock.now())
            records = (await unit.pools.page(10)).items
        asked.clear()
        async with store.reading() as unit:
            both = await full_configs(unit, records)
        assert len(asked) < first
        found = {each.symbol: each for each in both}
        assert [len(found[each].members) for each in (SYMBOL, OTHER, "SOLUSDT-PERP")] == [2, 2, 0]
        # A margin of 10,000 is shared by limits of 20,000 in one pool, and in two.
        limits = [found[SYMBOL].members[0], found[OTHER].members[0], alone.members[0]]
        assert [each.position_limit_usdt for each in limits] == [5_000, 5_000, 10_000]


async def test_engines_are_configured_though_a_pool_among_them_is_gone() -> None:
    async with database() as store, at_work(store) as office:
        await office.quoting(SYMBOL)
        await office.holding(OTHER)
        await office.application.controls.remove(ANN, OTHER, force=True)
        wider = msgspec.structs.replace(config(SYMBOL, order_size_usdt=5_000), version=3)
        async with store.transaction() as unit:
            await unit.pools.replace(wider, wider.version, office.clock.now())
        with pytest.raises(NotFoundError, match=OTHER):
            await office.pools.refresh(OTHER, SYMBOL)
        await office.passes(200)
        assert office.engine_host.get(SYMBOL).config.order_size_usdt == 5_000


async def test_a_position_of_a_member_who_left_is_kept() -> None:
    async with database() as store:
        async with at_work(store) as first:
            ids = await first.quoting()
            venue = first.venues[SYMBOL]
            bid = next(o for o in venue.open.values() if o.side == "BUY" and o.member == ids[0])
            venue.fill(bid.order_id)
            await first.passes(200)
            await first.application.members.remove(ANN, SYMBOL, ids[0])
            await first.passes(200)
            assert await first.recorder.flushed(PATIENCE_S)
        async with restarted_office(store, first) as second:
            status = await second.application.controls.status(SYMBOL)
            gone = next(m for m in status.members if m.participant_id == ids[0])
            assert (gone.active, bool(gone.position)) == (False, True)


async def test_fills_on_another_grid_are_taken_over_and_a_position_off_its_lots_is_named() -> None:
    async with database() as store:
        async with at_work(store) as first:
            await first.quoting()
            venue = first.venues[SYMBOL]
            bid = next(o for o in venue.open.values() if o.side == "BUY")
            venue.fill(bid.order_id)
            await first.passes(200)
            assert await first.recorder.flushed(PATIENCE_S)
            now = first.clock.now()
        today = first.pools.instrument(SYMBOL)
        finer = Instrument(SYMBOL, today.tick_size / 10, today.lot_size / 10)
        start = await pool_start(store, finer, now)
        assert start.restored.pool.lots == 10 * bid.size
        coarser = Instrument(SYMBOL, today.tick_size * 7, today.lot_size)
        start = await pool_start(store, coarser, now)
        assert start.restored.pool.lots == bid.size
        paid = coarser.money(start.restored.pool.cash)
        assert abs(paid + today.notional(bid.price, bid.size)) < Decimal("1e-8")
        larger = Instrument(SYMBOL, today.tick_size, today.lot_size * (bid.size + 1))
        with pytest.raises(InvalidDataError, match=f"{SYMBOL}.*no whole number of the lots"):
            await pool_start(store, larger, now)


@pytest.mark.parametrize(
    ("state", "by", "reason", "expected"),
    [
        ("ACTIVE", "ann", "enabled", "restarted; was ACTIVE"),
        ("PAUSED", "ann", "lunch", "restarted; was PAUSED (lunch)"),
        ("HALTED", "guard", "reject storm", "restarted; was HALTED (reject storm)"),
        ("PAUSED", "service", "restarted; was ACTIVE", "restarted; was ACTIVE"),
        ("PAUSED", "ann", "restarted; was up", "restarted; was PAUSED (restarted; was up)"),
        ("PAUSED", "service", "service stopped; was ACTIVE", "restarted; was ACTIVE"),
    ],
)
def test_the_reason_after_a_restart_is_what_was_before_it(state, by, reason, expected) -> None:
    row = builders.state(state=PoolState(state), by=by, reason=reason)
    assert restart_reason(row) == expected
