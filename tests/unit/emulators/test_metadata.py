import grpc
import httpx
import pytest

from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.service_calls import ANSWERS, GET, LIST, REQUESTS, path_of
from tests.support.metadata_service import metadata_rest, metadata_service

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(grpc_loops):
    return "asyncio", {"loop_factory": grpc_loops}


async def ask(service, call, **fields):
    async with grpc.aio.insecure_channel(service.address) as channel:
        method = channel.unary_unary(
            path_of(call),
            request_serializer=REQUESTS[call].SerializeToString,
            response_deserializer=ANSWERS[call].FromString,
        )
        return await method(REQUESTS[call](**fields), timeout=60)


async def test_one_instrument_is_answered_and_an_unknown_one_is_not_found():
    async with metadata_service() as service:
        found = (await ask(service, GET, symbol="XYZUSDT-PERP")).instrument
        assert (found.tick_size, found.base_asset, found.maker_fee_rate) == (
            "0.0001",
            "XYZ",
            "-0.00005",
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(service, GET, symbol="NONE")
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_the_list_is_filtered_and_a_foreign_page_token_refused():
    async with metadata_service() as service:
        service.book.change("SOLUSDT-PERP", {"status": "INSTRUMENT_STATUS_HALTED"})
        halted = await ask(service, LIST, statuses=[wire.INSTRUMENT_STATUS_HALTED])
        assert [each.symbol for each in halted.instruments] == ["SOLUSDT-PERP"]
        assert halted.revision == 6
        spot = await ask(service, LIST, types=[wire.INSTRUMENT_TYPE_SPOT])
        assert not spot.instruments
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(service, LIST, page_token="x")  # noqa: S106  no password
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_rest_shows_and_changes_an_instrument_and_refuses_nonsense():
    async with metadata_service() as service, metadata_rest(service) as url:
        path = f"{url}/v1/instruments"
        async with httpx.AsyncClient() as client:
            shown = (await client.get(f"{path}/ETHUSDT-PERP")).json()
            assert (shown["tick_size"], shown["status"]) == ("0.01", "INSTRUMENT_STATUS_TRADING")
            halted = {"status": "INSTRUMENT_STATUS_HALTED", "status_message": "a drill"}
            changed = (await client.patch(f"{path}/ETHUSDT-PERP", json=halted)).json()
            assert changed["status_message"] == "a drill"
            assert (await client.get(f"{path}/NONE")).status_code == 404
            assert (await client.patch(f"{path}/NONE", json={})).status_code == 404
            for body in ({"status": "CLOSED"}, {"tick": "1"}, {"symbol": "OTHER"}):
                answer = await client.patch(f"{path}/ETHUSDT-PERP", json=body)
                assert answer.status_code == 422
            answer = await client.patch(f"{path}/ETHUSDT-PERP", content=b"no JSON")
            assert answer.status_code == 422


async def test_what_grpc_finishes_after_a_test_disturbs_no_other(grpc_loops):
    """gRPC calls into the loop that began the work, from the one that runs."""
    ended = grpc_loops()
    ended.close()
    ended.call_soon_threadsafe(int)
