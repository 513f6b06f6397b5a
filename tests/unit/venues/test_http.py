"""What the HTTP clients share."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.api.published_keys import fetch_over_http
from market_maker.clocks import SimClock
from market_maker.model.errors import MakerError
from market_maker.model.units import Nanos
from market_maker.venues.courier import Courier
from market_maker.venues.http import SILENT, bounded, client_session, decoded, why
from market_maker.venues.metadata.rest_client import MetadataRest
from market_maker.venues.wallet.http import HttpWallet
from tests.support.certificates import Authority
from tests.support.connections import Counted
from tests.support.tls_listener import tls_listener


@pytest.mark.anyio
async def test_a_body_is_whole_or_nothing():
    async def pieces():
        for piece in (b"ab", b"cd"):
            yield piece

    assert await bounded(pieces(), 4) == b"abcd"
    assert await bounded(pieces(), 3) == b""


@pytest.mark.parametrize("body", [b"", b"}{", b'"\xff"', b"{}", b"[" * 5_000])
def test_what_is_not_the_answer_that_was_asked_for_is_none(body):
    assert decoded(body, list[int]) is None


@pytest.mark.anyio
async def test_one_request_after_another_has_the_same_connection_and_it_is_counted():
    async def answered(request):
        return web.Response(body=await request.read())

    app, watch = web.Application(), Counted()
    app.router.add_post("/", answered)
    async with TestServer(app) as server, client_session(to="venue", watch=watch) as session:
        for _ in range(5):
            async with session.post(server.make_url("/"), data=b"x") as answer:
                assert await bounded(answer.content.iter_any(), 10) == b"x"
    assert watch.made_to == ["venue"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), SILENT),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError(), "OSError"),
        (UnicodeError("http://user:hunter2@host"), "UnicodeError"),
    ],
)
def test_what_went_wrong_is_said_without_the_address(error, said):
    assert why(error) == said


@pytest.fixture
def stranger(tmp_path):
    """The address of a server whose authority no one knows here."""
    with tls_listener(Authority(tmp_path, "stranger").server("server")) as port:
        yield f"https://127.0.0.1:{port}"


@pytest.mark.anyio
async def test_a_certificate_that_is_refused_is_said_to_be_so_wherever_it_is_asked_for(stranger):
    for asked in (
        MetadataRest(stranger).instruments(),
        fetch_over_http(stranger)(),
        HttpWallet(stranger, SimClock(Nanos(1))).find("a"),
    ):
        with pytest.raises(MakerError) as problem:
            await asked
        assert "its certificate is refused: unable to get local issuer cert" in str(problem.value)
    async with Courier(stranger) as courier:
        assert "its certificate is refused: unable" in (await courier.question("/x")).problem
