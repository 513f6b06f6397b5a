"""The sandbox exchange on a port of its own: an order service in another process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from random import Random

import msgspec
from aiohttp import WSMsgType, web
from msgspec import Struct

from market_maker.emulators.exchange import EmulatedMarket, Exchange, new_order
from market_maker.emulators.ticking import ticking
from market_maker.model.errors import ConflictError, DomainError, InvalidFieldError, NotFoundError
from market_maker.model.events import Event
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.sandbox.connections import Subscription
from market_maker.venues.order_service.wire import (
    BODY_MAX,
    Follow,
    Listen,
    MarketEvent,
    News,
    Snap,
    StreamFrame,
    StreamMessage,
    StreamRefused,
    StreamRequest,
    WireMarket,
    WirePosition,
    lists_of,
)

TICK_S = 0.005
"""How often the exchange's own time is carried on."""

BACKLOG_MAX = 20_000
"""Frames that wait for one connection, three seconds of three hundred symbols; one that is slower
is cut off."""

STREAMS_MAX = 2_000
"""On one connection."""

_REQUESTS = msgspec.json.Decoder(list[StreamRequest])

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WireFaults(Struct, frozen=True, kw_only=True):
    """What goes wrong with requests about orders. drop: probability that one has its effect and
    the connection is cut without an answer. error: probability of a 503, one half of them before
    the effect, one half after it. delay_ms: how long every answer takes."""

    drop: float = 0.0
    error: float = 0.0
    delay_ms: int = 0

    def __post_init__(self) -> None:
        for name in ("drop", "error"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidFieldError(name, getattr(self, name), "a probability from 0 to 1")
        if self.delay_ms < 0:
            raise InvalidFieldError("delay_ms", self.delay_ms, "0 or more milliseconds")


NO_WIRE_FAULTS = WireFaults()


class _Line:
    """One connection. streams: by the numbers under which the listener asked for them."""

    def __init__(self) -> None:
        self.streams: dict[int, _Stream] = {}
        self._frames: list[StreamFrame] = []
        self._waiting: asyncio.Future[None] | None = None
        self._cut = False

    def send(self, frame: StreamFrame) -> None:
        """Let it go out; one who is too slow for that is cut off."""
        self._cut = self._cut or len(self._frames) >= BACKLOG_MAX
        if not self._cut:
            self._frames.append(frame)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def next(self) -> list[StreamFrame]:
        """All that wait, as soon as there are any; none once the listener is cut off."""
        if not self._frames and not self._cut:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        frames, self._frames = self._frames, []
        return [] if self._cut else frames


class _Stream:
    """What one connection gets of one market. number: the listener's. accounts: whose news it
    wants."""

    def __init__(
        self, line: _Line, wanted: Follow, market: EmulatedMarket, subscription: Subscription
    ) -> None:
        self.market, self.subscription = market, subscription
        self.symbol, self.accounts = wanted.symbol, set(wanted.accounts)
        self._line, self._number, self._seq = line, wanted.stream, 0

    def send(self, messages: tuple[StreamMessage, ...]) -> None:
        """A frame of its own number."""
        if messages:
            self._seq += 1
            self._line.send(StreamFrame(self._number, self._seq, messages))


OnTick = Callable[[str, list[News]], None]
"""Called with each tick of a symbol and what happened to its orders."""


class ExchangeServer:
    """HTTP and websockets around an Exchange. It outlives its clients. on_tick: called with
    every tick."""

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        faults: WireFaults,
        seed: int,
        *,
        on_tick: OnTick | None = None,
    ) -> None:
        self._on_tick = on_tick
        self._exchange, self._clock, self._faults = exchange, clock, faults
        # A stream for each question: how requests overtake one another moves no other's draws.
        names = ("error", "late", "drop")
        self._dice = {name: Random(f"{seed}/{name}") for name in names}  # noqa: S311  not secret
        self._streams: dict[str, list[_Stream]] = {symbol: [] for symbol in exchange.markets}
        self.app = web.Application(client_max_size=BODY_MAX, middlewares=[self._spoil, _explain])
        self.app.add_routes(
            [
                web.post("/v1/orders", self._post),
                web.get("/v1/orders", self._orders),
                web.delete("/v1/orders/{name}", self._delete),
                web.get("/v1/fills", self._fills),
                web.get("/v1/positions", self._position),
                web.get("/v1/stream", self._stream),
            ]
        )
        self.app.cleanup_ctx.append(self._time)

    def tick(self) -> None:
        """Advance the exchange to now, and notify the listeners."""
        now = self._clock.now()
        for symbol, market in self._exchange.due(now):
            news = market.advance(now)
            for stream in self._streams[symbol]:
                facts = stream.subscription.drain()
                if facts or news:
                    stream.send(_messages(stream, facts, news))
            if self._on_tick is not None:
                self._on_tick(symbol, news)

    async def _time(self, _app: web.Application) -> AsyncIterator[None]:
        async with ticking(self.tick, TICK_S):
            yield

    # requests about orders

    async def _post(self, request: web.Request) -> web.Response:
        new = new_order(await request.read())
        return _json(self._exchange.market(new.symbol).submit(self._now(), new), status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        market = self._market(request)
        return _json(market.withdraw(self._now(), request.match_info["name"]), status=202)

    # questions

    async def _orders(self, request: web.Request) -> web.Response:
        market = self._market(request)
        if "after" in request.query:
            return _json(market.orders_after(_number(request, "after")))
        return _json(market.open_orders(_text(request, "account_id")))

    async def _fills(self, request: web.Request) -> web.Response:
        account = _text(request, "account_id")
        return _json(self._market(request).fills_after(account, _number(request, "after")))

    async def _position(self, request: web.Request) -> web.Response:
        return _json(WirePosition(self._market(request).position(_text(request, "account_id"))))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=5.0, max_msg_size=BODY_MAX)
        try:
            await socket.prepare(request)
        except ConnectionError:
            # It left before the stream was open, and aiohttp ends what is left of it in silence.
            return socket
        line = _Line()
        try:
            async with _writing(socket, line):
                await self._listen(socket, line)
        finally:
            for number in tuple(line.streams):
                self._leave(line, number)
        return socket

    async def _listen(self, socket: web.WebSocketResponse, line: _Line) -> None:
        """Until it ends, or asks for what is no request."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                return
            try:
                for wanted in _REQUESTS.decode(message.data):
                    self._asked(line, wanted)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return

    def _asked(self, line: _Line, wanted: StreamRequest) -> None:
        if isinstance(wanted, Follow):
            self._follow(line, wanted)
        elif (stream := line.streams.get(wanted.stream)) is None:
            # It was refused, and the listener did not know that yet.
            return
        elif isinstance(wanted, Listen):
            stream.accounts.update(wanted.accounts)
        elif isinstance(wanted, Snap):
            stream.market.snap(self._now(), stream.subscription)
        else:
            self._leave(line, wanted.stream)

    def _follow(self, line: _Line, wanted: Follow) -> None:
        """Begin a stream, or say why not: the others go on."""
        number = wanted.stream
        try:
            market = self._exchange.market(wanted.symbol)
            if number in line.streams or len(line.streams) >= STREAMS_MAX:
                raise InvalidFieldError("stream", number, f"a new one, {STREAMS_MAX} at most")
        except DomainError as error:
            line.send(StreamFrame(number, 1, (StreamRefused(str(error)),)))
            return
        opened, subscription = market.listen(self._now())
        stream = line.streams[number] = _Stream(line, wanted, market, subscription)
        self._streams[wanted.symbol].append(stream)
        stream.send((opened,))

    def _leave(self, line: _Line, number: int) -> None:
        stream = line.streams.pop(number)
        self._streams[stream.symbol].remove(stream)
        stream.market.leave(stream.subscription)

    # what they have in common

    @web.middleware
    async def _spoil(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "GET":
            return await handler(request)
        faults = self._faults
        if faults.delay_ms:
            await asyncio.sleep(faults.delay_ms / 1_000)
        fails, late = self._falls("error", faults.error), self._falls("late", 1 / 2)
        if fails and not late:
            return web.Response(status=503, text="the exchange is busy")
        answer = await handler(request)
        if self._falls("drop", faults.drop) and request.transport is not None:
            request.transport.close()
        return web.Response(status=503, text="the exchange is busy") if fails else answer

    def _falls(self, name: str, chance: float) -> bool:
        return self._dice[name].random() < chance

    def _market(self, request: web.Request) -> EmulatedMarket:
        return self._exchange.market(_text(request, "symbol"))

    def _now(self) -> Nanos:
        return self._clock.now()


@asynccontextmanager
async def _writing(socket: web.WebSocketResponse, line: _Line) -> AsyncIterator[None]:
    """Frames go out meanwhile: all that came while the ones before were written go together."""

    async def write() -> None:
        while frames := await line.next():
            try:
                for message in lists_of(frames):
                    await socket.send_bytes(message)
            except ConnectionError:
                return
        await socket.close()

    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(write())
        yield
        writing.cancel()


@web.middleware
async def _explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A broken rule is the caller's mistake."""
    try:
        return await handler(request)
    except NotFoundError as error:
        return web.Response(status=404, text=str(error))
    except ConflictError as error:
        return web.Response(status=409, text=str(error))
    except DomainError as error:
        return web.Response(status=422, text=str(error))


def _messages(
    stream: _Stream, facts: Iterable[Event], news: Iterable[News]
) -> tuple[StreamMessage, ...]:
    market = [WireMarket(event) for event in facts if isinstance(event, MarketEvent)]
    return (*market, *(item for item in news if item.account_id in stream.accounts))


def _json(answer: Struct, status: int = 200) -> web.Response:
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json")


def _text(request: web.Request, name: str) -> str:
    value = request.query.get(name)
    if not value:
        raise InvalidFieldError(name, value, "a query parameter that is not empty")
    return value


def _number(request: web.Request, name: str) -> int:
    text = _text(request, name)
    if not (text.isascii() and text.isdigit() and len(text) <= 19):  # noqa: PLR2004  63 bits
        raise InvalidFieldError(name, text, "a whole number")
    return int(text)
