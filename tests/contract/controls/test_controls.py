"""The contract of PoolControls, by the engines of this process and by those of a worker, whose
edge knows them only by a connection."""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.execution.exposure import TotalExposure
from market_maker.model.errors import (
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    NotFoundError,
)
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.operations.emergency import ALL_POOLS, FLATTENED, KILLED
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, BOB, OTHER, PATIENCE_S, SYMBOL, config, new_office
from tests.support.remote_office import remote_office

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def in_process(**options):
    async with new_office(**options) as office:
        yield office, office.application, office.engine_host


@asynccontextmanager
async def in_a_worker(**options):
    async with remote_office(**options) as remote:
        yield remote.office, remote.application, remote.mirror


@pytest.fixture(params=[in_process, in_a_worker], ids=["in process", "in a worker"])
def opened(request):
    """Makes an office, the application of those who command, and the engines as they see them."""
    return request.param


async def quoting(office, application, symbol=SYMBOL):
    """The pool is ACTIVE, by a command, and its orders rest."""
    await office.pool(symbol)
    view = await application.controls.enable(ANN, symbol)
    await office.until(lambda: len(office.venues[symbol].open) == 4)
    return view


async def seen(office, engines, holds, symbol=SYMBOL):
    """Until who reads the engines sees something."""
    await office.until(lambda: (pool := engines.get(symbol)) is not None and holds(pool))


async def test_a_start_makes_an_engine_that_quotes_and_its_answer_says_so(opened):
    async with opened() as (office, application, engines):
        view = await quoting(office, application)
        assert (view.symbol, view.state) == (SYMBOL, PoolStatus.ACTIVE)
        assert engines.get(SYMBOL).state is PoolState.ACTIVE
        await seen(office, engines, lambda pool: len(pool.open_orders()) == 4)
        status = await application.controls.status(SYMBOL)
        assert (status.state, status.quoting, status.open_orders) == (PoolStatus.ACTIVE, True, 4)


async def test_what_is_stopped_is_seen_stopped_with_the_answer(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        view = await application.controls.pause(ANN, SYMBOL, "lunch")
        assert (view.state, view.reason) == (PoolStatus.PAUSED, "lunch")
        assert engines.get(SYMBOL).state is PoolState.PAUSED
        await office.until(lambda: not office.venues[SYMBOL].open)
        await seen(office, engines, lambda pool: not pool.is_unproved)
        again = await application.controls.pause(ANN, SYMBOL)
        assert again.state is PoolStatus.PAUSED


async def test_a_refusal_names_the_state_the_command_and_what_is_allowed(opened):
    async with opened() as (office, application, _):
        await quoting(office, application)
        await application.controls.kill(ANN, "drill")
        with pytest.raises(IllegalTransitionError) as refused:
            await application.controls.enable(ANN, SYMBOL)
        assert refused.value.state == "HALTED (halted: drill)"
        assert (refused.value.command, refused.value.allowed) == ("enable", ("resume",))
        with pytest.raises(ForbiddenError, match="risk"):
            await application.controls.check_may_start(ANN, SYMBOL)
        with pytest.raises(ForbiddenError, match="risk"):
            await application.controls.resume(ANN, SYMBOL)


async def test_who_is_unknown_is_not_found_and_who_has_no_members_conflicts(opened):
    async with opened() as (_, application, _engines):
        with pytest.raises(NotFoundError) as missing:
            await application.controls.enable(ANN, OTHER)
        assert (missing.value.kind, missing.value.name) == ("pool", OTHER)
        await application.pools.put(ANN, config(OTHER))
        with pytest.raises(ConflictError) as conflict:
            await application.controls.enable(ANN, OTHER)
        assert (conflict.value.field, conflict.value.current) == ("members", 0)
        with pytest.raises(NotFoundError) as missing:
            await application.controls.kill(ANN, "drill", OTHER)
        assert (missing.value.kind, missing.value.name) == ("engine of", OTHER)


async def test_a_stop_of_all_pools_stands_in_the_audit_log_once(opened):
    async with opened() as (office, application, _engines):
        await quoting(office, application)
        await application.controls.kill(BOB, "drill")
        await application.controls.flatten(BOB)
        assert await office.recorder.flushed(PATIENCE_S)
        whole = [each for each in await office.audit() if each[2] == ALL_POOLS]
        assert whole == [("bob", action, ALL_POOLS, "done") for action in (KILLED, FLATTENED)]


async def test_a_kill_halts_every_engine_and_lists_what_it_cancelled(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        await quoting(office, application, OTHER)
        answer = await application.controls.kill(ANN, "drill")
        assert answer.action == "emergency.kill"
        assert [(pool.symbol, pool.state) for pool in answer.pools] == [
            (SYMBOL, PoolStatus.HALTED),
            (OTHER, PoolStatus.HALTED),
        ]
        assert all(len(pool.cancelled) == 4 and not pool.still_open for pool in answer.pools)
        assert not any(pool.error or pool.cancel_unconfirmed for pool in answer.pools)
        assert {pool.state for pool in engines.runners()} == {PoolState.HALTED}
        assert not any(office.venues[symbol].open for symbol in (SYMBOL, OTHER))


async def test_a_halt_is_reviewed_by_another_and_lifted_by_risk(opened):
    async with opened(halt_review=True) as (office, application, _):
        await quoting(office, application)
        await application.controls.kill(ANN, "drill", SYMBOL)
        review = await application.controls.review(BOB, SYMBOL, "it was a drill")
        assert (review.reviewed_by, review.note) == ("bob", "it was a drill")
        with pytest.raises(ConflictError) as refused:
            await application.controls.review(ANN, SYMBOL, "mine")
        assert refused.value.field == "reviewed_by"


async def test_a_flatten_with_unwind_lets_an_active_engine_go_on_until_it_is_flat(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        venue = office.venues[SYMBOL]
        bid = next(order for order in venue.open.values() if order.side is Side.BUY)
        venue.fill(bid.order_id)
        await seen(office, engines, lambda pool: pool.lots[0] > 0)
        answer = await application.controls.flatten(ANN, "home", SYMBOL, unwind=True)
        assert [pool.unwinding for pool in answer.pools] == [True]
        assert engines.get(SYMBOL).unwinding


async def test_a_pool_that_is_deleted_has_no_engine_any_more(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        with pytest.raises(IllegalTransitionError):
            await application.controls.remove(ANN, SYMBOL)
        await application.controls.pause(ANN, SYMBOL)
        await application.controls.remove(ANN, SYMBOL)
        assert engines.get(SYMBOL) is None
        with pytest.raises(NotFoundError):
            await application.controls.status(SYMBOL)


async def test_a_new_configuration_reaches_the_engine(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        before = engines.get(SYMBOL).config.version
        await application.pools.put(ANN, config(order_size_usdt=5_000))
        await seen(office, engines, lambda pool: pool.config.version > before)
        assert office.engine_host.get(SYMBOL).config.order_size_usdt == 5_000


async def test_what_the_others_hold_reaches_the_engine(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        await seen(office, engines, lambda pool: pool.mid_x2 > 0)
        await TotalExposure(engines, office.clock, Decimal(50_000)).step()
        guards = {guard.name for guard in engines.get(SYMBOL).snapshot().guards}
        await seen(
            office,
            engines,
            lambda pool: {guard.name for guard in pool.snapshot().guards} != guards,
        )


async def test_a_pool_without_a_second_process_is_not_moved():
    async with in_process() as (office, application, _):
        await quoting(office, application)
        with pytest.raises(ConflictError, match="all engines are in one process"):
            await application.controls.move(ANN, SYMBOL, 2)
        with pytest.raises(NotFoundError):
            await application.controls.move(ANN, OTHER, 2)


async def test_readers_see_the_same_wherever_the_engine_is(opened):
    async with opened() as (office, application, engines):
        await quoting(office, application)
        await application.controls.kill(ANN, "drill")
        await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
        await seen(office, engines, lambda pool: not pool.is_unproved)
        runner, pool = office.engine_host.get(SYMBOL), engines.get(SYMBOL)
        for name in ("state", "reason", "moved", "halt", "config", "instrument", "lots", "failure"):
            assert getattr(pool, name) == getattr(runner, name), name
        assert pool.open_orders() == runner.open_orders()
        glance = await application.controls.summary()
        local = await office.application.controls.summary()
        fixed = {"loop_lag_ms": 0.0}
        shown = structs.replace(glance, **fixed), structs.replace(local, **fixed)
        assert shown[0].counts == shown[1].counts
        assert [each.state for each in glance.pools] == [each.state for each in local.pools]
        assert (await application.controls.reset()).resume == (
            await office.application.controls.reset()
        ).resume
