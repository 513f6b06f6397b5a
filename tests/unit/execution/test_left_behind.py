import pytest

from market_maker.execution import left_behind
from market_maker.execution.recovery import pool_start, to_open
from tests.support.office import ANN, PATIENCE_S, SYMBOL, Office, new_office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office():
    async with new_office() as opened:
        yield opened


@pytest.mark.thorough
async def test_a_deleted_pool_with_a_position_is_there_after_a_restart(office: Office) -> None:
    await office.holding()
    lots = office.engine_host.get(SYMBOL).snapshot().position
    await office.application.controls.remove(ANN, SYMBOL, force=True)
    await office.recorder.flushed(PATIENCE_S)
    assert await to_open(office.store) == (SYMBOL,)
    again = Office(office.store, office.clock)
    start = await pool_start(office.store, again.pools.instrument(SYMBOL), office.clock.now())
    runner = await again.engine_host.open(start)
    runner.step(office.clock.now())
    assert (runner.state, runner.snapshot().position) == ("PAUSED", lots)
    (pool,) = (await again.application.controls.summary()).pools
    assert pool.deleted


async def test_only_a_position_without_a_pool_is_left_behind(office: Office) -> None:
    await office.holding()
    await office.recorder.flushed(PATIENCE_S)
    async with office.store.reading() as unit:
        assert list(await left_behind.positions(unit)) == [SYMBOL]
        assert await left_behind.symbols(unit) == ()
        assert await left_behind.config_left(unit, SYMBOL) is None
    await office.application.controls.remove(ANN, SYMBOL, force=True)
    async with office.store.reading() as unit:
        assert await left_behind.symbols(unit) == (SYMBOL,)
        config = await left_behind.config_left(unit, SYMBOL)
        assert (config.enabled, config.members) == (False, ())
