"""A planned move: ACTIVE again only where it was, and nothing else changed."""

from contextlib import asynccontextmanager

import pytest
from msgspec import structs

from market_maker.clocks import SimClock
from market_maker.execution.reconciliation import Reconciled
from market_maker.model.errors import ConflictError, NotFoundError, StoreUnavailableError
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import Nanos
from market_maker.operations.views import PoolStatus
from market_maker.serving.hand_over import HandOver
from market_maker.serving.worker_wire import Released
from tests.support.office import ANN, OTHER, SYMBOL, Office, at_work, config, database
from tests.support.remote_office import Silent
from tests.unit.serving.test_trading_life import life_of

pytestmark = pytest.mark.anyio


class Compared:
    """Reconciliation of which everything fits."""

    def __init__(self):
        self.seen = Reconciled(checked_at=Nanos(1))

    def counters(self, _symbol):
        return self.seen


class Away:
    """A database that does not answer."""

    async def commit(self, _work):
        raise StoreUnavailableError("it does not answer")


class Worker:
    """One of two on a database."""

    def __init__(self, office: Office, folder, life, side):
        self.office, self.folder, self.side = office, folder, side
        self.log = Silent()
        self.hand_over = HandOver(side, life, self.log)


@asynccontextmanager
async def worker(store, folder):
    async with at_work(store) as office:
        life, side = life_of(office, folder, alone=False)
        side = structs.replace(side, reconciliation=Compared())
        life._side = side
        await life.enlist()
        yield Worker(office, folder, life, side)


@asynccontextmanager
async def two(tmp_path):
    """The first trades SYMBOL."""
    async with database() as store, worker(store, tmp_path) as one, worker(store, tmp_path) as two:
        await one.side.lease.take(SYMBOL)
        await one.office.quoting()
        yield one, two


async def moved(one, other, between=None):
    released = await one.hand_over.release(ANN, SYMBOL, "moved from worker 1 to worker 2")
    if between is not None:
        await between()
    return released, await other.hand_over.take_over(ANN, SYMBOL, released)


async def test_an_active_pool_is_active_there_with_nothing_left_here(tmp_path):
    async with two(tmp_path) as (one, other):
        released, view = await moved(one, other)
        assert released.was_active
        assert one.office.engine_host.get(SYMBOL) is None
        assert one.office.venues[SYMBOL].open == {}
        assert view.state is PoolStatus.ACTIVE
        assert other.side.lease.epoch(SYMBOL) == 2
        await other.office.until(lambda: len(other.office.venues[SYMBOL].open) == 4)
        done = [row[1] for row in await other.office.audit() if row[2] == SYMBOL]
        assert "pool.move" in done


async def test_where_the_database_goes_away_in_the_middle_the_pool_stays_and_can_be_moved_then(
    tmp_path,
):
    """Its engine was gone, and every further move answered 404."""
    async with two(tmp_path) as (one, other):
        lease = one.side.lease
        store, lease._store = lease._store, Away()
        with pytest.raises(StoreUnavailableError):
            await one.hand_over.release(ANN, SYMBOL, "moved")
        lease._store = store
        runner = one.office.engine_host.get(SYMBOL)
        assert runner.state is PoolState.PAUSED
        assert one.office.venues[SYMBOL].open == {}
        assert lease.epoch(SYMBOL) == 1
        _, view = await moved(one, other)
        assert view.state is PoolStatus.PAUSED
        assert other.side.lease.epoch(SYMBOL) == 2


async def test_a_pool_that_was_paused_stays_paused(tmp_path):
    async with two(tmp_path) as (one, other):
        await one.office.application.controls.pause(ANN, SYMBOL)
        released, view = await moved(one, other)
        assert not released.was_active
        assert view.state is PoolStatus.PAUSED


async def test_a_halt_moves_with_its_pool(tmp_path):
    async with two(tmp_path) as (one, other):
        await one.office.application.controls.kill(ANN, "drill")
        await moved(one, other)
        runner = other.office.engine_host.get(SYMBOL)
        assert runner.state is PoolState.PAUSED
        assert runner.halt.reason == "drill"


async def test_a_new_configuration_in_between_leaves_it_paused(tmp_path):
    async with two(tmp_path) as (one, other):
        _, view = await moved(
            one,
            other,
            lambda: other.office.application.pools.put(ANN, config(order_size_usdt=5_000)),
        )
        assert view.state is PoolStatus.PAUSED


async def test_a_kill_while_it_is_taken_over_leaves_it_stopped(tmp_path):
    async with two(tmp_path) as (one, other):
        released = await one.hand_over.release(ANN, SYMBOL, "moved")
        other.side.reconciliation.seen = Reconciled()

        async def kill(_symbol):
            await take(SYMBOL)
            await other.office.application.controls.kill(ANN, "drill")
            other.side.reconciliation.seen = Reconciled(checked_at=Nanos(1))

        take, other.side.lease.take = other.side.lease.take, kill
        view = await other.hand_over.take_over(ANN, SYMBOL, released)
        assert view.state is PoolStatus.PAUSED


async def test_a_position_that_differs_at_the_venue_leaves_it_paused(tmp_path):
    async with two(tmp_path) as (one, other):
        other.side.reconciliation.seen = Reconciled(checked_at=Nanos(1), mismatch="position")
        _, view = await moved(one, other)
        assert view.state is PoolStatus.PAUSED


async def test_what_is_not_proved_empty_is_not_given_up(tmp_path):
    async with two(tmp_path) as (one, other):
        one.office.venues[SYMBOL].mute = True
        with pytest.raises(ConflictError, match="stays where it was, PAUSED") as refused:
            await one.hand_over.release(ANN, SYMBOL, "moved")
        assert refused.value.field == "open_orders"
        assert one.office.engine_host.get(SYMBOL).state is PoolState.PAUSED
        one.office.venues[SYMBOL].mute = False
        with pytest.raises(ConflictError, match="another worker"):
            await other.side.lease.take(SYMBOL)


async def test_a_symbol_without_an_engine_is_not_given_up(tmp_path):
    async with two(tmp_path) as (one, other):
        with pytest.raises(NotFoundError, match="engine of"):
            await one.hand_over.release(ANN, OTHER, "moved")
        with pytest.raises(NotFoundError):
            await other.hand_over.take_over(ANN, OTHER, Released(was_active=True, version=1))


def takes_note(office):
    """What engines begin with there."""
    begun, opening = [], office.engine_host.open

    async def noted(start):
        begun.append(start.learnt)
        return await opening(start)

    office.engine_host.open = noted
    return begun


def at_their_time(released, other, **change):
    """Estimates as of now: each worker of the test has a clock of its own. That of the one who
    judges their age stands still, for simulated time runs on while the database is at work."""
    now = other.office.clock.now()
    other.hand_over._side = structs.replace(other.side, clock=SimClock(now))
    return structs.replace(released.estimates, **{"at": now} | change)


async def test_what_the_engine_has_learnt_goes_with_its_symbol(tmp_path):
    async with two(tmp_path) as (one, other):
        begun = takes_note(other.office)
        seen = one.office.engine_host.get(SYMBOL).snapshot().samples[0]
        released = await one.hand_over.release(ANN, SYMBOL, "moved")
        estimates = at_their_time(released, other)
        released = structs.replace(released, estimates=estimates)
        await other.hand_over.take_over(ANN, SYMBOL, released)
        assert begun[0].volatility.count >= seen > 0
        assert other.log.lines == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"estimates": None}, "there are none"),
        ({"basis": "other"}, "they are of another configuration or program"),
        ({"at": Nanos(5)}, "s old"),
        ({"learnt": b"damaged"}, "not of this version of the program, or damaged"),
    ],
)
async def test_estimates_that_cannot_be_used_are_said_and_the_pool_warms_up(
    tmp_path, change, problem
):
    async with two(tmp_path) as (one, other):
        begun = takes_note(other.office)
        released = await one.hand_over.release(ANN, SYMBOL, "moved")
        if "estimates" not in change:
            change = {"estimates": at_their_time(released, other, **change)}
        view = await other.hand_over.take_over(ANN, SYMBOL, structs.replace(released, **change))
        assert begun == [None]
        assert view.state is PoolStatus.ACTIVE
        (level, event, fields) = other.log.lines[0]
        assert (level, event) == ("warning", "estimates not taken over")
        assert problem in fields["problem"]
