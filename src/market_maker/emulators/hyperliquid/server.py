"""The emulated Hyperliquid on a port: POST /info, POST /exchange, and the socket /ws."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web

from market_maker.emulators.hyperliquid.connections import ClientSocket
from market_maker.emulators.hyperliquid.venue import Hyperliquid, Reply
from market_maker.emulators.ticking import ticking
from market_maker.ports import Clock

TICK_S = 0.02
"""Its blocks."""

CUT = frozenset({"reset", "drop"})
"""Reasons for which a socket is cut; for any other it is closed in good order."""

BODY_MAX = 1 << 20
MESSAGE_MAX = 1 << 20


class HyperliquidServer:
    """HTTP and websockets around the venue, which outlives its clients. tick_s: how often its own
    time is carried on."""

    def __init__(self, venue: Hyperliquid, clock: Clock, tick_s: float = TICK_S) -> None:
        self._venue, self._clock, self._tick_s = venue, clock, tick_s
        self._wake: dict[ClientSocket, asyncio.Event] = {}
        self.app = web.Application(client_max_size=BODY_MAX)
        self.app.add_routes(
            [
                web.post("/info", self._info),
                web.post("/exchange", self._exchange),
                web.get("/ws", self._socket),
            ]
        )
        self.app.cleanup_ctx.append(self._time)

    def tick(self) -> None:
        """Carry the venue on to now, and wake the sockets that have something to send."""
        self._venue.tick(self._clock.now())
        self._stir()

    def _stir(self) -> None:
        for event in self._wake.values():
            event.set()

    async def _time(self, _app: web.Application) -> AsyncIterator[None]:
        async with ticking(self.tick, self._tick_s):
            yield

    async def _info(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        reply = self._venue.ask(_peer(request), body, self._clock.now())
        return await self._answer(request, reply)

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        faults, dice = self._venue.faults, self._venue.dice
        if dice.falls(faults, "late_action"):
            await asyncio.sleep(dice.held(faults) / 1_000)
        reply = self._venue.act(_peer(request), body, self._clock.now())
        self._stir()
        return await self._answer(request, reply)

    async def _answer(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        delay_ms = self._venue.faults.delay_ms
        if delay_ms:
            await asyncio.sleep(delay_ms / 1_000)
        if reply.cut and request.transport is not None:
            request.transport.close()
        kind = "application/json" if reply.json else "text/plain"
        return web.Response(status=reply.status, body=reply.body, content_type=kind)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        connection = self._venue.connect(_peer(request), self._clock.now())
        if connection is None:
            return web.Response(status=429, text="null", content_type="application/json")
        self._wake[connection] = asyncio.Event()
        socket = web.WebSocketResponse(max_msg_size=MESSAGE_MAX)
        try:
            await socket.prepare(request)
            async with self._writing(request, socket, connection):
                await self._listen(socket, connection)
        except ConnectionError:
            # It left before the stream was open, and aiohttp ends what is left of it in silence.
            return socket
        finally:
            del self._wake[connection]
            self._venue.disconnect(connection)
        return socket

    async def _listen(self, socket: web.WebSocketResponse, connection: ClientSocket) -> None:
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            data = message.data
            text = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
            self._venue.hear(connection, text, self._clock.now())
            self._stir()

    @asynccontextmanager
    async def _writing(
        self, request: web.Request, socket: web.WebSocketResponse, connection: ClientSocket
    ) -> AsyncIterator[None]:
        """Frames go out meanwhile."""

        async def write() -> None:
            wake = self._wake[connection]
            while not connection.closing:
                await wake.wait()
                wake.clear()
                for frame in connection.drain():
                    try:
                        await socket.send_str(frame.decode())
                    except ConnectionError:
                        return
            if connection.closing in CUT and request.transport is not None:
                request.transport.abort()
            else:
                await socket.close()

        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(write())
            yield
            writing.cancel()


def _peer(request: web.Request) -> str:
    return request.remote or "?"
