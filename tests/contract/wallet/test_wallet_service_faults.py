"""A wallet service that fails: nothing counts that it did not clearly say."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock
from market_maker.emulators.wallet import WalletFaults
from market_maker.model.errors import InvalidFieldError, WalletUnavailableError
from market_maker.model.money import TransferStatus
from market_maker.venues.wallet.http import HttpWallet
from market_maker.venues.wallet.wire import BODY_MAX
from tests.contract.wallet.wallets import NOW, http_wallet, wanted
from tests.servers import free_port

pytestmark = pytest.mark.anyio

NAME = wanted().transfer_id
GOOD = (
    b'{"order":{"transfer_id":"stl-2026-10-1-acme-1","settlement_id":"stl-2026-10-1-acme",'
    b'"attempt":1,"payer":"account-acme","payee":"platform","amount_usdt":"249.97"},'
    b'"status":"DONE","wallet_txn_id":"txn-7","problem":""}'
)


@asynccontextmanager
async def answering(status, body, **options):
    async def answer(_request):
        return web.Response(status=status, body=body, **options)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield HttpWallet(str(server.make_url("")), SimClock(NOW), timeout_s=5.0)


@pytest.mark.parametrize("faults", [WalletFaults(drop=1.0), WalletFaults(garbage=1.0)])
async def test_an_effect_without_its_answer_is_found_afterwards(faults):
    async with http_wallet(faults) as (wallet, server):
        with pytest.raises(WalletUnavailableError):
            await wallet.transfer(wanted())
        assert (await wallet.find(NAME)).status is TransferStatus.DONE
        assert server.book.moved == {NAME: 1}


async def test_a_request_that_got_lost_has_no_effect_and_is_not_found():
    async with http_wallet(WalletFaults(lose=1.0)) as (wallet, server):
        with pytest.raises(WalletUnavailableError):
            await wallet.transfer(wanted())
        assert await wallet.find(NAME) is None
        assert server.book.moved == {}


async def test_a_request_that_arrives_twice_moves_the_money_once():
    async with http_wallet(WalletFaults(twice=1.0)) as (wallet, server):
        assert (await wallet.transfer(wanted())).status is TransferStatus.DONE
        assert server.book.moved == {NAME: 1}


async def test_asking_until_it_answers_moves_the_money_once_whatever_goes_wrong():
    faults = WalletFaults(lose=0.2, drop=0.3, error=0.3, garbage=0.2, twice=0.5, answers=True)
    async with http_wallet(faults, seed=4) as (wallet, server):
        for number in range(1, 11):
            transfer = wanted(number)
            for _ in range(200):
                try:
                    told = await wallet.find(transfer.transfer_id)
                    told = told or await wallet.transfer(transfer)
                    break
                except WalletUnavailableError:
                    continue
            assert told.status is TransferStatus.DONE
        assert set(server.book.moved.values()) == {1}
        assert len(server.book.moved) == 10


async def test_a_closed_account_is_a_clear_refusal():
    async with http_wallet() as (wallet, server):
        server.book.closed = frozenset({"account-acme"})
        told = await wallet.transfer(wanted())
        assert told.status is TransferStatus.REFUSED
        assert told.problem == "account account-acme is closed"


async def test_an_answer_that_takes_too_long_is_none():
    async with http_wallet(WalletFaults(delay_ms=500), timeout_s=0.05) as (wallet, _):
        with pytest.raises(WalletUnavailableError, match="in time"):
            await wallet.transfer(wanted())


async def test_the_answer_that_the_others_are_spoiled_from_is_accepted():
    async with answering(201, GOOD) as wallet:
        assert (await wallet.transfer(wanted())).wallet_txn_id == "txn-7"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (202, GOOD),
        (204, b""),
        (301, GOOD),
        (401, b"who are you?"),
        (403, b'{"error":"forbidden"}'),
        (404, b"not found"),
        (409, GOOD),
        (422, b'{"detail":"no"}'),
        (422, GOOD),
        (500, GOOD),
        (200, b""),
        (200, b"null"),
        (200, b"[]"),
        (200, b"\xff\xfe"),
        (200, GOOD + b"x" * BODY_MAX),
        (200, GOOD.replace(b"acme-1", b"acme-2")),
        (200, GOOD.replace(b"249.97", b"249.96")),
        (200, GOOD.replace(b"platform", b"somebody")),
        (200, GOOD.replace(b"txn-7", b"")),
        (200, GOOD.replace(b"txn-7", b"x" * 200)),
        (200, GOOD.replace(b"txn-7", b"a\\nb")),
        (200, GOOD.replace(b"DONE", b"PENDING")),
        (200, GOOD.replace(b"DONE", b"REVERSED")),
    ],
)
async def test_an_answer_that_is_not_clear_proves_nothing(status, body):
    async with answering(status, body) as wallet:
        with pytest.raises(WalletUnavailableError):
            await wallet.transfer(wanted())


async def test_a_redirect_is_not_followed():
    hits = []

    async def redirect(request):
        hits.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", redirect)
    async with TestServer(app) as server:
        wallet = HttpWallet(str(server.make_url("")), SimClock(NOW))
        with pytest.raises(WalletUnavailableError):
            await wallet.transfer(wanted())
    assert hits == ["/v1/transfers"]


@pytest.mark.parametrize("body", [b"", b"{}", b"<h1>no such page</h1>"])
async def test_a_not_found_of_a_proxy_does_not_mean_that_nothing_was_done(body):
    async with answering(404, body) as wallet:
        with pytest.raises(WalletUnavailableError):
            await wallet.find(NAME)


async def test_a_wallet_that_is_not_there_is_unavailable():
    wallet = HttpWallet(f"http://127.0.0.1:{free_port()}", SimClock(NOW))
    with pytest.raises(WalletUnavailableError):
        await wallet.find(NAME)


async def test_the_token_and_the_id_go_with_every_request():
    seen = []

    async def answer(request):
        seen.append((request.headers.get("Authorization"), request.headers.get("Idempotency-Key")))
        return web.Response(status=201, body=GOOD)

    app = web.Application()
    app.router.add_post("/v1/transfers", answer)
    async with TestServer(app) as server:
        wallet = HttpWallet(str(server.make_url("")), SimClock(NOW), token="s3cret")  # noqa: S106  no real one
        await asyncio.gather(*(wallet.transfer(wanted()) for _ in range(2)))
    assert seen == [("Bearer s3cret", NAME)] * 2


@pytest.mark.parametrize("url", ["", "wallet", "ftp://x", "http://", "http://h:0", "http://h?a=b"])
async def test_an_address_that_is_none_is_refused_without_being_repeated(url):
    with pytest.raises(InvalidFieldError, match=r"^WALLET_URL: .…. is not allowed"):
        HttpWallet(url, SimClock(NOW))
