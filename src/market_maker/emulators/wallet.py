"""A wallet service on a port of its own; it can be set to fail in every way that costs money."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import ClassVar

import msgspec
from aiohttp import web
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.wallet.embedded import judged
from market_maker.venues.wallet.wire import (
    BODY_MAX,
    TransferInfo,
    TransferList,
    TransferOrder,
    UnknownTransfer,
    WireTransferStatus,
)

NAME_LENGTH_MAX = 200
TRANSFERS_MAX = 1_000_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WalletFaults(Struct, frozen=True, kw_only=True):
    """What goes wrong, each with its probability. lose: a request is cut off before its effect.
    drop: after it. error: a 503, one half before the effect, one half after it. garbage: an answer
    that says nothing, after the effect. twice: the request arrives two times. answers: whether
    questions suffer, too. delay_ms: how long every answer takes."""

    lose: float = 0.0
    drop: float = 0.0
    error: float = 0.0
    garbage: float = 0.0
    twice: float = 0.0
    answers: bool = False
    delay_ms: int = 0

    _CHANCES: ClassVar[tuple[str, ...]] = ("lose", "drop", "error", "garbage", "twice")

    def __post_init__(self) -> None:
        for name in self._CHANCES:
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidFieldError(name, getattr(self, name), "a probability from 0 to 1")
        if self.delay_ms < 0:
            raise InvalidFieldError("delay_ms", self.delay_ms, "0 or more milliseconds")


class TransferBook:
    """Transfers by id, and how often each really moved money: never more than once. closed:
    accounts that a transfer from or to is refused."""

    def __init__(self) -> None:
        self.transfers: dict[str, TransferInfo] = {}
        self.moved: dict[str, int] = {}
        self.closed: frozenset[str] = frozenset()

    def take(self, order: TransferOrder) -> TransferInfo:
        """Do it, or return what was done under its id."""
        info = self.transfers.get(order.transfer_id)
        if info is None:
            info = self._judged(order)
            self.transfers[order.transfer_id] = info
            if info.status is WireTransferStatus.DONE:
                self.moved[order.transfer_id] = self.moved.get(order.transfer_id, 0) + 1
        return info

    def _judged(self, order: TransferOrder) -> TransferInfo:
        for account in (order.payer, order.payee):
            if account in self.closed:
                problem = f"account {account} is closed"
                return TransferInfo(order=order, status=WireTransferStatus.REFUSED, problem=problem)
        return judged(order, f"txn-{len(self.transfers) + 1:06d}")


class WalletServer:
    """HTTP around a TransferBook. faults may be exchanged at any time."""

    def __init__(self, book: TransferBook, faults: WalletFaults, seed: int) -> None:
        self.book, self.faults = book, faults
        self._dice = Random(seed)  # noqa: S311  faults that can be repeated, nothing secret
        self.app = web.Application(client_max_size=BODY_MAX, middlewares=[self._spoil])
        self.app.add_routes(
            [
                web.post("/v1/transfers", self._post),
                web.get("/v1/transfers", self._list),
                web.get("/v1/transfers/{transfer_id}", self._get),
            ]
        )

    async def _post(self, request: web.Request) -> web.Response:
        try:
            order = msgspec.json.decode(await request.read(), type=TransferOrder)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return web.Response(status=400, text=str(error))
        if not 1 <= len(order.transfer_id) <= NAME_LENGTH_MAX:
            return web.Response(status=400, text=f"transfer_id: 1 to {NAME_LENGTH_MAX} characters")
        if request.headers.get("Idempotency-Key") != order.transfer_id:
            return web.Response(status=400, text="Idempotency-Key is not the transfer_id")
        if len(self.book.transfers) >= TRANSFERS_MAX:
            return web.Response(status=503, text="no more: the book is full")
        info = self.book.take(order)
        if self._falls(self.faults.twice):
            info = self.book.take(order)
        if info.order != order:
            return web.Response(status=409, text="the transfer_id is another transfer's")
        return _json(info, 422 if info.status is WireTransferStatus.REFUSED else 201)

    async def _get(self, request: web.Request) -> web.Response:
        transfer_id = request.match_info["transfer_id"]
        info = self.book.transfers.get(transfer_id)
        if info is None:
            return _json(UnknownTransfer(transfer_id, known=False), 404)
        return _json(info, 200)

    async def _list(self, _request: web.Request) -> web.Response:
        return _json(TransferList(tuple(self.book.transfers.values())), 200)

    @web.middleware
    async def _spoil(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        faults = self.faults
        if request.method == "GET" and not faults.answers:
            return await handler(request)
        if faults.delay_ms:
            await asyncio.sleep(faults.delay_ms / 1_000)
        fails, late = self._falls(faults.error), self._falls(1 / 2)
        if self._falls(faults.lose):
            _cut(request)
            return web.Response(status=503)
        if fails and not late:
            return web.Response(status=503, text="the wallet is busy")
        answer = await handler(request)
        if self._falls(faults.drop):
            _cut(request)
        if self._falls(faults.garbage):
            return web.Response(text="<html>200 OK</html>", content_type="text/html")
        return web.Response(status=503, text="the wallet is busy") if fails else answer

    def _falls(self, chance: float) -> bool:
        return self._dice.random() < chance


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


def _json(answer: Struct, status: int) -> web.Response:
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json")
