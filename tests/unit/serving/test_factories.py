"""A service made of other parts than the usual: what a benchmark needs, and nothing patched."""

import asyncio
from decimal import Decimal

import msgspec
import pytest

from market_maker.cli.service_client import ServiceClient
from market_maker.cli.tour import MEMBERS, POOL, Tour
from market_maker.execution.order_gateway import OrderGateway
from market_maker.model.instrument import Instrument
from market_maker.sandbox.listings import LISTINGS
from market_maker.serving.factories import Factories
from market_maker.serving.life import Stopping, serve
from market_maker.settings import Settings

GRID = Instrument("OWNUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_service_trades_a_listing_of_its_own_through_a_gateway_of_its_own(tmp_path):
    made = []

    class Counted(OrderGateway):
        def __init__(self, *parts, **more):
            super().__init__(*parts, **more)
            made.append(self)

    own = msgspec.structs.replace(LISTINGS[0], instrument=GRID)
    factories = Factories(gateway=Counted, listings=(own,))
    settings = Settings(
        data_dir=tmp_path, http_port=0, metrics_port=0, disable_auth=True, log_level="error"
    )
    stopping, started = Stopping(), asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        ended = group.create_task(
            serve(settings, stopping, started.set_result, factories=factories)
        )
        async with ServiceClient((await started).api) as client:
            pool = POOL | {"symbol": GRID.symbol}
            tour = Tour(client, pool, MEMBERS, lambda _line: None)
            try:
                await tour.begin()
            finally:
                stopping.ask()
    assert ended.result().clean
    assert len(made) == 1
