"""Kill and flatten: everything at once, with or without a database, and a true answer."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from market_maker.model.errors import StoreUnavailableError
from market_maker.model.events import Unanswered
from market_maker.operations.controls import Controls
from market_maker.operations.views import PoolStatus
from tests.support.office import (
    ANN,
    BOB,
    OTHER,
    PATIENCE_S,
    START,
    SYMBOL,
    Office,
    at_work,
    database,
)

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


async def two_pools(office: Office) -> None:
    await office.quoting(SYMBOL)
    await office.quoting(OTHER, order_size_usdt=Decimal(2_000))


async def test_kill_halts_every_engine_and_lists_what_was_cancelled(office: Office) -> None:
    await two_pools(office)
    view = await office.application.controls.kill(BOB, "fat finger")
    assert [pool.symbol for pool in view.pools] == [SYMBOL, OTHER]
    for pool in view.pools:
        assert (pool.state, pool.reason) == (PoolStatus.HALTED, "fat finger")
        assert len(pool.cancelled) == 4
        assert (pool.still_open, pool.cancel_unconfirmed, pool.error) == ((), False, "")
        assert pool.unproved == ""
        assert office.venues[pool.symbol].open == {}
    assert view.recorded
    assert ("bob", "emergency.kill", "all pools", "done") in await office.audit()


async def test_what_stops_all_pools_of_a_worker_says_whose_they_are(office: Office) -> None:
    await office.quoting()
    parts = (office.store, office.trail, office.clock, office.pools, office.recorder)
    mine = Controls(
        *parts, host=office.engine_host, require_halt_review=False, whose="all pools of worker 2"
    )
    await mine.kill(BOB)
    assert ("bob", "emergency.kill", "all pools of worker 2", "done") in await office.audit()


async def test_a_stop_that_is_entered_already_is_entered_for_its_pools_alone(
    office: Office,
) -> None:
    await two_pools(office)
    await office.application.controls.kill(BOB, entered=True)
    stops = [each for each in await office.audit() if each[1] == "emergency.kill"]
    assert sorted(target for _, _, target, _ in stops) == [SYMBOL, OTHER]


async def test_flatten_pauses_and_leaves_halted_pools_halted(office: Office) -> None:
    await two_pools(office)
    await office.application.controls.kill(ANN)
    await office.application.controls.resume(BOB, OTHER)
    view = await office.application.controls.flatten(ANN)
    states = {pool.symbol: pool.state for pool in view.pools}
    assert states == {SYMBOL: PoolStatus.HALTED, OTHER: PoolStatus.PAUSED}
    assert [pool.error for pool in view.pools] == ["", ""]


async def test_what_the_venue_does_not_give_up_is_shown_as_open(office: Office) -> None:
    await office.quoting()
    office.venues[SYMBOL].deaf = True
    (pool,) = (await office.application.controls.kill(ANN)).pools
    assert len(pool.still_open) == 4
    assert pool.cancelled == ()
    assert pool.cancel_unconfirmed
    assert "lists open orders" in pool.unproved


async def test_the_position_that_is_left_is_reported(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    bid = next(order for order in venue.open.values() if order.side == "BUY")
    venue.fill(bid.order_id)
    await office.passes(100)
    (pool,) = (await office.application.controls.flatten(ANN)).pools
    assert pool.position == Decimal(bid.size) * Decimal("0.001")
    assert pool.position_usdt == pool.position * 100_000


async def test_unwind_works_positions_down_before_it_pauses(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    for order in [o for o in venue.open.values() if o.side == "BUY"]:
        venue.fill(order.order_id)
    await office.passes(200)
    (pool,) = (await office.application.controls.flatten(ANN, unwind=True)).pools
    assert (pool.state, pool.unwinding) == (PoolStatus.ACTIVE, True)
    for _ in range(30):
        await office.passes(100)
        assert all(o.side == "SELL" for o in venue.open.values()) or venue.cancelled
        for order in [o for o in venue.open.values() if o.side == "SELL"]:
            venue.fill(order.order_id)
    status = await office.application.controls.status(SYMBOL)
    assert (status.state, status.reason) == (PoolStatus.PAUSED, "unwound: every member is flat")
    assert status.engine.net_position == 0


async def test_pools_that_do_not_quote_are_not_started_to_unwind(office: Office) -> None:
    await office.quoting()
    await office.application.controls.pause(ANN, SYMBOL)
    (pool,) = (await office.application.controls.flatten(ANN, unwind=True)).pools
    assert (pool.state, pool.unwinding) == (PoolStatus.PAUSED, False)


async def test_pools_that_unwind_keep_the_orders_that_reduce(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    for order in [o for o in venue.open.values() if o.side == "BUY"]:
        venue.fill(order.order_id)
    await office.passes(200)
    before = len(venue.cancelled)
    await office.application.controls.flatten(ANN, unwind=True)
    kept = [order_id for order_id in venue.open if order_id not in venue.cancelled]
    assert len(venue.cancelled) - before == len(set(venue.cancelled[before:]))
    assert kept, "not everything is pulled"


async def test_a_cancel_that_the_venue_ignores_is_sent_again_after_a_kill(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    venue.deaf = True
    await office.application.controls.kill(ANN)
    assert sorted(venue.cancelled) == sorted(venue.open)
    venue.deaf = False
    venue.say(*(Unanswered(office.clock.now(), order_id) for order_id in venue.open))
    await office.until(lambda: not venue.open)
    assert len(venue.cancelled) == 8


class Unplugged:
    """A store that can be cut off, wholly or for writing."""

    def __init__(self, store) -> None:
        self._store = store
        self.down = self.read_only = self.hangs = False

    async def commit(self, work):
        async with self.transaction() as unit:
            return await work(unit)

    @asynccontextmanager
    async def transaction(self):
        if self.down or self.read_only:
            raise StoreUnavailableError("unplugged")
        async with self._store.transaction() as unit:
            yield unit

    @asynccontextmanager
    async def reading(self):
        if self.down:
            raise StoreUnavailableError("unplugged")
        while self.hangs:  # noqa: ASYNC110  it does nothing but hang
            await asyncio.sleep(0.001)
        async with self._store.reading() as unit:
            yield unit

    glimpse = reading


@asynccontextmanager
async def unplugged(**options):
    async with database() as real:
        store = Unplugged(real)
        async with at_work(store, **options) as office:
            yield office, store


async def test_kill_works_without_the_database_and_is_recorded_when_it_is_back() -> None:
    async with unplugged() as (office, store):
        await office.quoting()
        office.database_is_slow = store.down = True
        view = await office.application.controls.kill(BOB, "now")
        assert [pool.state for pool in view.pools] == [PoolStatus.HALTED]
        assert not view.recorded
        assert office.venues[SYMBOL].open == {}
        store.down = False
        assert await office.recorder.flushed(PATIENCE_S)
        assert ("bob", "emergency.kill", SYMBOL, "done") in await office.audit()


async def test_a_database_that_is_away_pauses_only_the_pool_that_has_orders_to_place() -> None:
    async with unplugged() as (office, store):
        await office.quoting()
        await office.quoting(OTHER)
        office.database_is_slow = store.read_only = True
        office.venues[SYMBOL].fill(min(office.venues[SYMBOL].open))
        await office.until(lambda: office.engine_host.get(SYMBOL).state == "PAUSED", within_s=20)
        assert "no order can be put on record" in office.engine_host.get(SYMBOL).reason
        assert office.engine_host.get(OTHER).state == "ACTIVE"
        await office.until(lambda: not office.venues[SYMBOL].open)
        assert len(office.venues[OTHER].open) == 4
        store.read_only = False


async def test_states_are_served_from_memory_while_the_database_is_away() -> None:
    async with unplugged() as (office, store):
        await office.quoting()
        await office.pool("ETHUSDT-PERP")
        controls = office.application.controls
        before = await controls.status(SYMBOL)
        assert before.records_available
        assert [pool.symbol for pool in await controls.statuses()] == [SYMBOL, "ETHUSDT-PERP"]
        office.database_is_slow = store.down = True
        after = await controls.status(SYMBOL)
        assert (after.state, after.open_orders) == (PoolStatus.ACTIVE, 4)
        assert (after.enabled, after.config_version) == (before.enabled, before.config_version)
        assert not after.records_available
        (pool,) = await controls.statuses()
        assert (pool.symbol, pool.records_available) == (SYMBOL, False)
        summary = await controls.summary()
        assert (summary.records_available, summary.open_orders) == (False, 4)
        with pytest.raises(StoreUnavailableError):
            await controls.status("ETHUSDT-PERP")
        store.down = False
        assert (await controls.summary()).records_available


async def test_states_are_served_from_memory_while_the_database_hangs() -> None:
    async with unplugged() as (office, store):
        await office.quoting()
        office.application.controls._overview._within_s = 0.01
        store.hangs = True
        assert not (await office.application.controls.status(SYMBOL)).records_available
        assert not (await office.application.controls.summary()).records_available
        store.hangs = False


async def test_a_start_that_cannot_be_recorded_is_taken_back() -> None:
    async with unplugged() as (office, store):
        await office.quoting()
        await office.application.controls.pause(ANN, SYMBOL)
        await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
        store.read_only = True
        office.application.controls._recorded_within_s = 0.05
        with pytest.raises(StoreUnavailableError, match="could not be recorded"):
            await office.application.controls.enable(ANN, SYMBOL)
        assert office.engine_host.get(SYMBOL).state == "PAUSED"
        store.read_only = False


async def test_a_pool_whose_engine_broke_is_halted_by_kill(office: Office) -> None:
    await office.quoting()
    office.engine_host.get(SYMBOL)._engine.turn = None
    await office.passes(50)
    (pool,) = (await office.application.controls.kill(ANN)).pools
    assert (pool.state, pool.position) == (PoolStatus.HALTED, None)
    assert office.clock.now() > START
