"""What trades and what keeps records are tied to the same store, clock and alarms."""

import pytest

from market_maker.clocks import SimClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.intent_log import IntentLog
from market_maker.serving.trading_parts import trading_parts
from market_maker.venues.instruments import SandboxInstruments
from tests.support.office import START, Watched, database

pytestmark = pytest.mark.anyio


async def never(_):
    raise AssertionError


async def test_services_find_engines_where_they_are_stepped_and_writers_write_to_one_store():
    async with database() as store:
        parts = trading_parts(
            IntentLog(store, Alarms()),
            SimClock(START),
            never,
            Watched(),
            SandboxInstruments(),
            shadow=True,
        )
        assert parts.pools.engine_host is parts.engine_host
        assert parts.pools.store is store
        assert parts.engine_host.shadow
        assert not parts.recorder.backlog
