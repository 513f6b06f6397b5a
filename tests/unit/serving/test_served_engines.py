"""Where engines are: in this process by default, in workers where there are several."""

import pytest

from market_maker.operations.controls import Controls
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.remote_controls import RemoteControls
from market_maker.serving.served_engines import engines_of
from market_maker.serving.trading_life import TradingLife
from market_maker.serving.worker_fleet import WorkerFleet
from market_maker.settings import Settings
from tests.support.office import new_office
from tests.unit.serving.test_trading_life import life_of

pytestmark = pytest.mark.anyio


async def test_one_process_commands_its_own_engines(tmp_path):
    async with new_office() as office:
        _, side = life_of(office, tmp_path)
        made = engines_of(Settings(data_dir=tmp_path), side, office.pools, None, OpenedSources())
        assert isinstance(made.side, TradingLife)
        assert isinstance(made.controls, Controls)
        assert made.pools is office.pools
        assert made.probes == {}


async def test_with_workers_the_same_directory_shows_what_they_publish(tmp_path):
    async with new_office() as office:
        _, side = life_of(office, tmp_path)
        settings = Settings(data_dir=tmp_path, workers=3, postgres_url="postgresql://x/y")
        made = engines_of(settings, side, office.pools, None, OpenedSources())
        assert isinstance(made.side, WorkerFleet)
        assert isinstance(made.controls, RemoteControls)
        assert isinstance(made.pools.engine_host, EnginesMirror)
        assert made.pools.store is office.pools.store
        assert sorted(made.probes) == ["topics", "venue", "worker 1", "worker 2", "worker 3"]
