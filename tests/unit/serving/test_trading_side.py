"""The trading side by the settings."""

import io

import pytest

from market_maker.clocks import WallClock
from market_maker.serving.factories import USUAL
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.trading_side import trading_side_of
from market_maker.serving.watching import Watching
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logs
from tests.support.office import SYMBOL, database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("shadow", [False, True])
async def test_it_trades_where_the_settings_say_under_a_lease_of_its_own(tmp_path, shadow):
    settings, clock = Settings(data_dir=tmp_path, shadow_mode=shadow), WallClock()
    logs = Logs(clock, io.StringIO(), "error")
    async with database() as store:
        watching = Watching(settings, clock, logs)
        side, trading = trading_side_of(
            settings,
            store,
            clock,
            watching,
            logs.logger(),
            factories=USUAL,
            sources=OpenedSources(),
        )
        assert (side.lines.venue, side.engine_host.shadow) == ("sandbox", shadow)
        assert side.intent_log.lease is side.lease
        assert trading.pools.engine_host is side.engine_host
        await side.lease.begin(alone=True)
        await side.lease.take(SYMBOL)
        assert watching.epoch_of(SYMBOL) == 1
    logs.close()
