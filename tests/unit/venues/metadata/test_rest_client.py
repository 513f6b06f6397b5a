import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.metadata.grpc_client import MetadataClient
from market_maker.venues.metadata.rest_client import LIST_PATH, MetadataRest
from tests.support.metadata_service import metadata_rest, metadata_service

pytestmark = pytest.mark.anyio


async def test_rest_and_grpc_say_the_same():
    async with metadata_service() as service, metadata_rest(service) as url:
        client = MetadataClient(service.address)
        assert await MetadataRest(url).instruments() == await client.instruments()
        await client.close()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [(500, b"{}", "500 to GET"), (200, b"<html>", "no list"), (200, b"\xff\xfe", "no list")],
)
async def test_what_is_no_metadata_service_is_named_by_the_setting_and_without_the_address(
    status, body, said
):
    async def answer(_request):
        return web.Response(status=status, body=body)

    app = web.Application()
    app.router.add_get(LIST_PATH, answer)
    async with TestServer(app) as server:
        with pytest.raises(VenueUnavailableError, match=f"METADATA_SERVICE_URL: .*{said}") as found:
            await MetadataRest(str(server.make_url(""))).instruments()
    assert "127.0.0.1" not in str(found.value)


async def test_no_answer_is_one_line():
    with pytest.raises(VenueUnavailableError, match=r"^METADATA_SERVICE_URL: no answer \(Connect"):
        await MetadataRest("http://127.0.0.1:9").instruments()
