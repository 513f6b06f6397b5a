"""Shadow mode: quotes are computed and published, and nothing is sent."""

import pytest

from market_maker.journaling.outgoing import QUOTE_SIMULATED
from tests.support.office import ANN, BOB, PATIENCE_S, SYMBOL, Office, new_office

pytestmark = pytest.mark.anyio


async def topics(office: Office) -> list[str]:
    async with office.store.transaction() as unit:
        events = await unit.outbox.claim(office.clock.now(), 10**9, 1_000)
    return [event.topic for event in events]


@pytest.mark.thorough
async def test_the_engine_quotes_and_no_order_reaches_the_venue() -> None:
    async with new_office(shadow=True) as office:
        await office.pool()
        view = await office.application.controls.enable(ANN, SYMBOL)
        assert view.shadow_mode
        await office.passes(1_000)
        status = await office.application.controls.status(SYMBOL)
        assert status.shadow_mode
        assert (status.state, status.open_orders, status.quoting) == ("ACTIVE", 0, False)
        engine = status.engine
        assert (engine.orders, len(engine.simulated)) == ((), 4)
        members = office.engine_host.get(SYMBOL).snapshot().members
        assert {member.open_orders for member in members} == {0}
        assert (engine.bid.quoting, engine.bid.live_orders, engine.bid.price) == (False, 0, None)
        assert engine.bid.reason == "shadow mode: simulated, nothing is sent"
        assert (engine.counters.placed, engine.counters.cancels) == (0, 0)
        assert office.venues[SYMBOL].placed == []
        assert await office.recorder.flushed(PATIENCE_S)
        assert (await topics(office)).count(QUOTE_SIMULATED) == 4


async def test_simulated_orders_go_when_the_pool_is_paused() -> None:
    async with new_office(shadow=True) as office:
        await office.pool()
        await office.application.controls.enable(ANN, SYMBOL)
        await office.passes(500)
        await office.application.controls.pause(ANN, SYMBOL)
        await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
        status = await office.application.controls.status(SYMBOL)
        await office.until(lambda: not office.engine_host.get(SYMBOL).snapshot().simulated)
        assert (status.open_orders, status.cancel_unconfirmed) == (0, False)


async def test_a_kill_in_shadow_mode_cancels_nothing() -> None:
    async with new_office(shadow=True) as office:
        await office.pool()
        await office.application.controls.enable(ANN, SYMBOL)
        await office.passes(500)
        report = await office.application.controls.kill(BOB, "enough")
        (pool,) = report.pools
        assert (len(pool.cancelled), len(pool.still_open)) == (0, 0)
