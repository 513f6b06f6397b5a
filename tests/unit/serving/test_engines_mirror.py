"""The mirror: a pool whose worker is gone is PAUSED and proved of nothing."""

import pytest

from market_maker.api.live_feed import LiveFeed
from market_maker.clocks import SimClock
from market_maker.execution.spare_time import AT_WORK
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import Nanos
from market_maker.serving.engines_mirror import WATCHED_FOR, EnginesMirror
from tests.support.office import ANN, OTHER, START, SYMBOL
from tests.support.remote_office import remote_office

pytestmark = pytest.mark.anyio


async def test_an_active_pool_without_its_worker_is_paused_with_the_reason_and_not_proved():
    async with remote_office() as remote:
        await remote.office.quoting()
        await remote.office.pool(OTHER)
        await remote.application.controls.enable(ANN, OTHER)
        await remote.application.controls.kill(ANN, "drill", OTHER)
        await remote.office.until(lambda: len(remote.mirror.runners()) == 2)
        remote.link._published = lambda _news: None
        active = remote.mirror.orphan([SYMBOL, OTHER, "UNKNOWN"], "worker 1 is gone; was ACTIVE")
        assert [pool.instrument.symbol for pool in active] == [SYMBOL]
        pool, halted = remote.mirror.get(SYMBOL), remote.mirror.get(OTHER)
        assert (pool.state, pool.reason) == (PoolState.PAUSED, "worker 1 is gone; was ACTIVE")
        assert pool.moved.reason == pool.reason
        assert pool.is_unproved
        assert not pool.quotable
        assert not pool.sighted
        assert (halted.state, halted.halt.reason) == (PoolState.HALTED, "drill")
        assert halted.is_unproved


async def test_it_is_watched_while_live_pictures_are_read_and_for_a_moment_after():
    clock = SimClock(Nanos(START))
    mirror = EnginesMirror(clock, shadow=False)
    assert not mirror.is_watched
    await mirror.spare.turn(AT_WORK)
    clock.sleep(Nanos(WATCHED_FOR - 1))
    assert mirror.is_watched
    clock.sleep(Nanos(1))
    assert not mirror.is_watched


async def test_nothing_is_sent_for_a_pool_without_an_engine():
    async with remote_office() as remote:
        remote.mirror.forward = None
        await remote.office.pool()
        async with remote.office.store.reading() as unit:
            config = (await unit.pools.get(SYMBOL)).config
        remote.mirror.configure(config)
        remote.mirror.tell(SYMBOL, None)
        assert (remote.mirror.lag_ns, remote.mirror.shortages) == (0, {})


async def test_where_workers_step_the_engines_all_time_of_the_edge_is_spare():
    async with remote_office() as remote:
        await remote.office.quoting()
        await remote.mirror.spare.turn(AT_WORK)
        assert remote.mirror.is_watched
        seen = await LiveFeed(remote.application, remote.office.clock).glance()
        assert SYMBOL.encode() in seen.content
