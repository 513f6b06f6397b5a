"""The stream of an order service: connected for as long as it is wanted, without gaps."""

import asyncio
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Protocol

import aiohttp
import msgspec

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import GivenUp
from market_maker.venues.order_service.client import OrderServiceReader
from market_maker.venues.order_service.wire import Opened, StreamFrame, StreamMessage, StreamRequest

BACKOFF_MIN_S = 0.1
BACKOFF_MAX_S = 5.0
OTHER_GRID = "the venue's grid is not the instrument's"
NOT_BEGUN = "the stream does not begin"
NO_FRAME = "the stream sent what is no frame"
ENDED, BROKE = "the stream ended", "the stream broke"

FIRST_FRAME_S = 2.0
"""How long a new stream may take to say what it is."""

BEGINS_S = 5.0
"""The same for a stream that is followed: with many others, on a loaded machine."""

_FRAMES = msgspec.json.Decoder(StreamFrame)

_BINARY, _TEXT = aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT
_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)

Hear = Callable[[StreamMessage, Nanos], None]


class VenueStream(Protocol):
    """News of one symbol. accounts: whose orders' too."""

    accounts: list[str]

    async def run(self, hear: Hear) -> None:
        """Pass everything to `hear` until cancelled."""

    async def send(self, request: StreamRequest) -> None:
        """Ask for something."""


class Stream:
    """accounts: whose news is wanted. Whenever the connection breaks, skips a number or turns out
    to be of another grid, `lost` is called with the reason, and a new one is made that begins with
    a snapshot."""

    def __init__(
        self,
        client: OrderServiceReader,
        instrument: Instrument,
        clock: Clock,
        lost: Callable[[str], None],
    ) -> None:
        self._client, self._instrument, self._clock, self._lost = client, instrument, clock, lost
        self.channel = f"stream of {instrument.symbol}"
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.accounts: list[str] = []

    async def run(self, hear: Hear) -> None:
        """Listen until cancelled."""
        try:
            await self._listen_for_ever(hear)
        finally:
            self._client.conversation.closed(self.channel)

    async def _listen_for_ever(self, hear: Hear) -> None:
        backoff = BACKOFF_MIN_S
        while True:
            try:
                async with await self._client.stream(
                    self._instrument.symbol, self.accounts
                ) as self._socket:
                    reason = await self._listen(self._socket, hear)
                    why = _why(reason)
                    backoff = BACKOFF_MIN_S
            except VenueUnavailableError as error:
                reason, why = str(error), GivenUp.ENDED
            self._socket = None
            self._client.stream_given_up(why, reason)
            self._client.conversation.failed(self.channel, reason)
            self._lost(reason)
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, BACKOFF_MAX_S)

    async def send(self, request: StreamRequest) -> None:
        """Ask for something; a connection that is not there, or that breaks, is made anew and
        then begins with a snapshot and with all accounts."""
        socket = self._socket
        if socket is not None:
            try:
                await socket.send_str(msgspec.json.encode(request).decode())
            except (ConnectionError, aiohttp.ClientError):
                await socket.close()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, hear: Hear) -> str:
        """Why it ended."""
        seq = 0
        try:
            async with asyncio.timeout(BEGINS_S):
                message = await socket.receive()
        except TimeoutError:
            return NOT_BEGUN
        while True:
            frame = _frame(message)
            if isinstance(frame, str):
                return frame
            if frame.seq != seq + 1:
                return f"the stream lost frames {seq + 1} to {frame.seq - 1}"
            seq = frame.seq
            self._client.conversation.heard(self.channel)
            now = self._clock.now()
            for item in frame.messages:
                # Also of another grid: orders are listed and cancelled by name.
                hear(item, now)
                if isinstance(item, Opened) and not fits(item, self._instrument):
                    return OTHER_GRID
            message = await socket.receive()


def _frame(message: aiohttp.WSMessage) -> StreamFrame | str:
    """What arrived, or why it is the end of the stream."""
    kind = message.type
    # By identity: of each frame, and enumerations are hashed in Python.
    if kind is not _BINARY and kind is not _TEXT:
        return ENDED if kind in _ENDS else BROKE
    try:
        return _FRAMES.decode(message.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NO_FRAME


def _why(reason: str) -> GivenUp:
    if reason in {ENDED, BROKE}:
        return GivenUp.ENDED
    return GivenUp.SILENT if reason == NOT_BEGUN else GivenUp.UNREADABLE


async def opening_of(client: OrderServiceReader, instrument: Instrument) -> Opened:
    """What the service says of an instrument at the beginning of a stream. Raises
    VenueUnavailableError where it says nothing."""
    try:
        async with (
            await client.stream(instrument.symbol, []) as socket,
            asyncio.timeout(FIRST_FRAME_S),
        ):
            message = await socket.receive()
            frame = _FRAMES.decode(message.data)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError) as error:
        raise VenueUnavailableError(NO_FRAME) from error
    except TimeoutError as error:
        raise VenueUnavailableError(NOT_BEGUN) from error
    opened = next((item for item in frame.messages if isinstance(item, Opened)), None)
    if opened is None:
        raise VenueUnavailableError("the stream does not say its grid")
    return opened


def fits(opened: Opened, instrument: Instrument) -> bool:
    """Whether the service has the instrument's grid: orders name ticks and lots."""
    grid = (instrument.tick_size, instrument.lot_size)
    try:
        told = (Decimal(opened.tick_size), Decimal(opened.lot_size))
    except InvalidOperation:
        return False
    return opened.symbol == instrument.symbol and told == grid
