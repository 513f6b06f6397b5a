"""A metadata service: the sandbox's listings over gRPC and REST, and a hand that changes them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import Any

import grpc
from aiohttp import web
from google.protobuf import json_format
from grpc_health.v1 import health_pb2

from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.instrument_limits import limit_texts
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports import Clock
from market_maker.sandbox.listings import Listing
from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.grpc_client import HEALTH_CHECK
from market_maker.venues.metadata.rest_client import LIST_PATH
from market_maker.venues.metadata.service_calls import ANSWERS, GET, LIST, REQUESTS, SERVICE, WATCH

LOOPBACK = "127.0.0.1"
HEARTBEAT_MS, HEARTBEAT_MIN_MS = 5_000, 100
PAGE, PAGE_MAX = 100, 1_000
BODY_MAX = 100_000
FUNDING_INTERVAL_NS = 8 * 3600 * NANOS_PER_SECOND
_BPS = 10_000

Changed = Callable[[wire.Instrument], None]


class InstrumentBook:
    """Instruments by symbol, their changes counted. revision: of the whole list."""

    def __init__(self, listings: Sequence[Listing], clock: Clock) -> None:
        self._clock = clock
        self._listed = {
            listing.instrument.symbol: _instrument(listing, int(clock.now()))
            for listing in sorted(listings, key=lambda each: each.instrument.symbol)
        }
        self._listeners: set[asyncio.Queue[wire.Instrument]] = set()
        self.revision = len(self._listed)

    def get(self, symbol: str) -> wire.Instrument:
        """Raises NotFoundError."""
        if symbol not in self._listed:
            raise NotFoundError("instrument", symbol)
        return self._listed[symbol]

    def matching(
        self, symbols: Sequence[str], statuses: Sequence[int], types: Sequence[int]
    ) -> list[wire.Instrument]:
        """By symbol; an empty filter lets everything through."""
        return [
            each
            for symbol, each in self._listed.items()
            if (not symbols or symbol in symbols)
            and (not statuses or each.status in statuses)
            and (not types or each.type in types)
        ]

    def change(self, symbol: str, fields: dict[str, Any]) -> wire.Instrument:
        """Set fields by the names of the message. Raises NotFoundError, InvalidFieldError."""
        changed = wire.Instrument()
        changed.CopyFrom(self.get(symbol))
        try:
            json_format.ParseDict(fields, changed)
        except json_format.ParseError as error:
            raise InvalidFieldError("body", str(error), "fields of an instrument") from None
        if changed.symbol != symbol:
            raise InvalidFieldError("symbol", changed.symbol, f"{symbol}, or left out")
        self.revision += 1
        changed.updated_at = int(self._clock.now())
        changed.version += 1
        self._listed[symbol] = changed
        for queue in self._listeners:
            queue.put_nowait(changed)
        return changed

    def listen(self) -> "asyncio.Queue[wire.Instrument]":
        """Every change from now on."""
        queue: asyncio.Queue[wire.Instrument] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    def leave(self, queue: "asyncio.Queue[wire.Instrument]") -> None:
        """A listener is gone."""
        self._listeners.discard(queue)


class MetadataServer:
    """gRPC and REST around one book. changed: called with an instrument that was changed by REST.
    serving: what it says of its own health."""

    def __init__(self, book: InstrumentBook, clock: Clock, changed: Changed | None = None) -> None:
        self.book, self._clock, self._changed = book, clock, changed
        self.serving = True
        self.app = web.Application(client_max_size=BODY_MAX)
        self.app.add_routes(
            [
                web.get(LIST_PATH, self._rest_list),
                web.get(LIST_PATH + "/{symbol}", self._rest_get),
                web.patch(LIST_PATH + "/{symbol}", self._rest_change),
            ]
        )

    def grpc_server(
        self, port: int, credentials: grpc.ServerCredentials | None = None
    ) -> tuple[grpc.aio.Server, int]:
        """A server on loopback that is not started, and its port. credentials: for TLS, None for
        plain connections. Raises RuntimeError for a port that is taken."""
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self._handlers(), self._health_handlers()))
        where = f"{LOOPBACK}:{port}"
        if credentials is None:
            return server, server.add_insecure_port(where)
        return server, server.add_secure_port(where, credentials)

    # gRPC

    def _handlers(self) -> Any:
        unary: dict[str, Callable[..., Any]] = {GET: self._get, LIST: self._list}
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(call, **_coders(name))
            for name, call in unary.items()
        }
        handlers[WATCH] = grpc.unary_stream_rpc_method_handler(self._watch, **_coders(WATCH))
        return grpc.method_handlers_generic_handler(SERVICE, handlers)

    def _health_handlers(self) -> Any:
        _, service, call = HEALTH_CHECK.split("/")
        handler = grpc.unary_unary_rpc_method_handler(
            self._health,
            request_deserializer=health_pb2.HealthCheckRequest.FromString,
            response_serializer=health_pb2.HealthCheckResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(service, {call: handler})

    async def _health(self, _request: Any, _context: Any) -> health_pb2.HealthCheckResponse:
        states = health_pb2.HealthCheckResponse
        return states(status=states.SERVING if self.serving else states.NOT_SERVING)

    async def _get(
        self, request: wire.GetInstrumentRequest, context: Any
    ) -> wire.GetInstrumentResponse:
        try:
            return wire.GetInstrumentResponse(instrument=self.book.get(request.symbol))
        except NotFoundError as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, str(error))
            raise

    async def _list(
        self, request: wire.ListInstrumentsRequest, context: Any
    ) -> wire.ListInstrumentsResponse:
        if request.page_token and not request.page_token.isdecimal():
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "page_token: not one of ours")
        found = self.book.matching(request.symbols, request.statuses, request.types)
        begin = int(request.page_token or 0)
        end = begin + min(request.page_size or PAGE, PAGE_MAX)
        return wire.ListInstrumentsResponse(
            instruments=found[begin:end],
            next_page_token=str(end) if end < len(found) else "",
            revision=self.book.revision,
        )

    async def _watch(
        self, request: wire.WatchInstrumentsRequest, _context: Any
    ) -> AsyncIterator[wire.InstrumentUpdate]:
        every_s = max(request.heartbeat_ms or HEARTBEAT_MS, HEARTBEAT_MIN_MS) / 1_000
        changes = self.book.listen()
        try:
            for each in self.book.matching(request.symbols, (), ()):
                yield wire.InstrumentUpdate(revision=self.book.revision, instrument=each)
            yield wire.InstrumentUpdate(revision=self.book.revision, synced=wire.Synced())
            while True:
                yield await self._next(changes, set(request.symbols), every_s)
        finally:
            self.book.leave(changes)

    async def _next(
        self, changes: "asyncio.Queue[wire.Instrument]", symbols: set[str], every_s: float
    ) -> wire.InstrumentUpdate:
        try:
            async with asyncio.timeout(every_s):
                while True:
                    changed = await changes.get()
                    if not symbols or changed.symbol in symbols:
                        return wire.InstrumentUpdate(
                            revision=self.book.revision, instrument=changed
                        )
        except TimeoutError:
            beat = wire.Heartbeat(sent_at=int(self._clock.now()))
            return wire.InstrumentUpdate(revision=self.book.revision, heartbeat=beat)

    # REST

    async def _rest_list(self, _request: web.Request) -> web.Response:
        listed = self.book.matching((), (), ())
        revision = self.book.revision
        return _json(wire.ListInstrumentsResponse(instruments=listed, revision=revision))

    async def _rest_get(self, request: web.Request) -> web.Response:
        try:
            return _json(self.book.get(request.match_info["symbol"]))
        except NotFoundError as error:
            return web.Response(status=404, text=str(error))

    async def _rest_change(self, request: web.Request) -> web.Response:
        """For tests and drills: a real exchange has no such request."""
        try:
            changed = self.book.change(request.match_info["symbol"], await request.json())
        except NotFoundError as error:
            return web.Response(status=404, text=str(error))
        except (InvalidFieldError, ValueError) as error:
            return web.Response(status=422, text=str(error))
        if self._changed is not None:
            self._changed(changed)
        return _json(changed)


def _coders(call: str) -> dict[str, Any]:
    return {
        "request_deserializer": REQUESTS[call].FromString,
        "response_serializer": ANSWERS[call].SerializeToString,
    }


def _json(message: Any) -> web.Response:
    text = json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None)
    return web.Response(text=text, content_type="application/json")


def _text(limit: Decimal) -> str:
    return format(limit, "f") if limit else ""


def _instrument(listing: Listing, now: int) -> wire.Instrument:
    instrument, fees = listing.instrument, listing.fees
    base = instrument.symbol.partition("USDT")[0]
    limits = limit_texts(instrument.limits, instrument.lot_size)
    return wire.Instrument(
        symbol=instrument.symbol,
        type=wire.INSTRUMENT_TYPE_PERPETUAL,
        status=wire.INSTRUMENT_STATUS_TRADING,
        base_asset=base,
        quote_asset="USDT",
        settle_asset="USDT",
        tick_size=format(instrument.tick_size, "f"),
        lot_size=format(instrument.lot_size, "f"),
        min_notional=format(instrument.min_notional, "f"),
        min_size=_text(limits.min_size),
        max_size=_text(limits.max_size),
        max_notional=_text(limits.max_notional),
        price_band_up=_text(limits.price_band_up),
        price_band_down=_text(limits.price_band_down),
        max_open_orders=limits.max_open_orders,
        maker_fee_rate=format(fees.maker_bps / _BPS, "f"),
        taker_fee_rate=format(fees.taker_bps / _BPS, "f"),
        funding_interval_ns=FUNDING_INTERVAL_NS,
        reference_price=format(listing.parameters.start_price, "f"),
        listed_at=now,
        updated_at=now,
        version=1,
    )
