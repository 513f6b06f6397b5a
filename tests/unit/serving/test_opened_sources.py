import pytest

from market_maker.clocks import WallClock
from market_maker.model.errors import VenueUnavailableError
from market_maker.serving.opened_sources import sources_opened
from market_maker.settings import settings_of
from tests.support.metadata_service import metadata_service, wait_for_it
from tests.unit.telemetry.lines import NO_LOG

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(grpc_loops):
    return "asyncio", {"loop_factory": grpc_loops}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    wait_for_it(monkeypatch)


async def test_without_an_exchange_there_is_no_metadata_service(tmp_path):
    settings = settings_of({"METADATA_SERVICE_GRPC_URL": "127.0.0.1:9"}, tmp_path)
    async with sources_opened(settings, WallClock(), NO_LOG) as sources:
        assert (sources.hyperliquid, sources.metadata) == (None, None)
        assert (await sources.probe()).ready


async def test_its_list_is_read_before_anything_else_is_made(tmp_path):
    async with metadata_service() as service:
        environ = {"METADATA_SERVICE_GRPC_URL": service.address, "ORDER_SERVICE_URL": "http://o"}
        settings = settings_of(environ, tmp_path)
        async with sources_opened(settings, WallClock(), NO_LOG) as sources:
            assert "BTCUSDT-PERP" in sources.metadata.symbols()
            assert (await sources.probe()).detail == ""


async def test_a_service_that_never_answered_ends_the_start_in_one_line(tmp_path):
    environ = {"METADATA_SERVICE_GRPC_URL": "127.0.0.1:9", "ORDER_SERVICE_URL": "http://o"}
    settings = settings_of(environ, tmp_path)
    with pytest.raises(VenueUnavailableError, match=r"METADATA_SERVICE_GRPC_URL 127.0.0.1:9: no a"):
        async with sources_opened(settings, WallClock(), NO_LOG):
            pass
