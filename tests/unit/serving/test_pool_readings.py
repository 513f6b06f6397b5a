"""What the metrics read of each pool."""

import pytest

from market_maker.execution.reconciliation import Reconciliation
from market_maker.model.lifecycle import PoolState
from market_maker.serving.pool_readings import pool_readings
from tests.support.office import SYMBOL, new_office

pytestmark = pytest.mark.anyio


async def test_a_pool_is_read_as_it_stands_and_without_lists_nothing_is_compared():
    async with new_office() as office:
        await office.quoting()
        reconciliation = Reconciliation(
            office.store, office.intent_log, office.engine_host, office.alarms, office.clock
        )
        (reading,) = pool_readings(office.engine_host, reconciliation, office.clock)
        assert (reading.instrument.symbol, reading.state) == (SYMBOL, PoolState.ACTIVE)
        assert not reading.unconfirmed
        assert not reading.failed
        assert reading.reconciliation is None
