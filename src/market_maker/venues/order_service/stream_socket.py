"""One connection to an order service for the streams of all symbols of a process.

A connection for each symbol cost a reader twice the processor time of a market event: most of it is
the way of a message from the system to us, which several updates can go together.
"""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Protocol

import aiohttp
import msgspec
from msgspec import Struct

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import GivenUp
from market_maker.venues.http import UNREADABLE
from market_maker.venues.order_service.client import OrderServiceReader
from market_maker.venues.order_service.wire import (
    UNREAD,
    Follow,
    Opened,
    StreamFrame,
    StreamRefused,
    StreamRequest,
    Unfollow,
    lists_of,
)

BACKOFF_MIN_S = 0.1
BACKOFF_MAX_S = 5.0
NOT_BEGUN = "the stream does not begin"
NO_FRAME = "the stream sent what is no frame"
ENDED, BROKE = "the stream ended", "the stream broke"

FIRST_FRAME_S = 2.0
"""How long a new stream may take to say what it is."""

BEGINS_S = 5.0
"""The same for a stream that is followed: with many others, on a loaded machine."""

CHANNEL = "streams"
"""Of the conversation: the connection; each stream has one of its own for its own troubles."""

REFUSES = "the venue refuses it: "
OTHER_GRID = "the venue's grid is not the instrument's"


class _Head(Struct):
    """As much of a frame as says whose it is."""

    stream: int


_FRAMES = msgspec.json.Decoder(list[StreamFrame])
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
_FRAME, _HEAD = msgspec.json.Decoder(StreamFrame), msgspec.json.Decoder(_Head)

_BINARY, _TEXT = aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT
_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


class Follower(Protocol):
    """A stream, as the connection calls it."""

    channel: str

    def begin(self) -> None:
        """There is a connection."""

    def take(self, frame: StreamFrame, now: Nanos) -> None:
        """A frame of the stream that it follows."""

    def lost(self, reason: str) -> None:
        """There is no connection, and why."""


class StreamSocket:
    """While `run` does, there is a connection for as long as there are followers. When it breaks,
    each is `lost`, one other is made, and each begins on that."""

    def __init__(self, client: OrderServiceReader, clock: Clock) -> None:
        self._client, self.now = client, clock.now
        self.conversation = client.conversation
        self._followers: dict[Follower, None] = {}
        self._followed: dict[int, Follower] = {}
        self._numbers = count(1)
        self._requests: list[StreamRequest] = []
        self._wanted, self._asked = asyncio.Event(), asyncio.Event()
        self._backoff = BACKOFF_MIN_S
        self._connection: aiohttp.ClientWebSocketResponse | None = None
        self._problem = ""

    async def run(self) -> None:
        """Keep a connection until cancelled."""
        try:
            while True:
                await self._wanted.wait()
                reason, why = await self._conversed()
                self._connection = None
                self._followed.clear()
                self._requests.clear()
                if reason and self._followers:
                    await self._lost(reason, why)
        finally:
            self.conversation.closed(CHANNEL)

    # as followers call

    def join(self, follower: Follower) -> None:
        """One more, which begins at once where there is a connection."""
        self._followers[follower] = None
        self._wanted.set()
        if self._connection is not None:
            follower.begin()
        elif self._problem:
            follower.lost(self._problem)

    def part(self, follower: Follower, number: int) -> None:
        """One less. number: of its stream; 0 where it has none. Without any, the connection is
        closed."""
        del self._followers[follower]
        self.leave(number)
        self.conversation.closed(follower.channel)
        if not self._followers:
            self._wanted.clear()
            self._asked.set()
            self._problem = ""
            self.conversation.closed(CHANNEL)

    def follow(self, follower: Follower, symbol: str, accounts: tuple[str, ...]) -> int:
        """Ask for a stream; its number, which no other ever has here."""
        number = next(self._numbers)
        self._followed[number] = follower
        self.ask(Follow(number, symbol, accounts))
        return number

    def leave(self, number: int) -> None:
        """Nothing more of a stream: what is under way is left out."""
        if self._followed.pop(number, None) is not None:
            self.ask(Unfollow(number))

    def broken(self, follower: Follower, reason: str) -> None:
        """A stream is left for what is wrong with it alone: it is counted, and in the log."""
        self.conversation.failed(follower.channel, reason)
        self._client.symbol_given_up(_why_one(reason), f"{follower.channel}: {reason}")

    def ask(self, request: StreamRequest) -> None:
        """It goes out with all that is asked for in the same turn."""
        self._requests.append(request)
        self._asked.set()

    # the connection

    async def _conversed(self) -> tuple[str, GivenUp]:
        """Make a connection and use it; why it ended, empty where it was left."""
        try:
            async with await self._client.stream() as socket, asyncio.TaskGroup() as tasks:
                self._connection = socket
                writing = tasks.create_task(self._write(socket))
                reason = await self._read(socket)
                writing.cancel()
        except VenueUnavailableError as error:
            return str(error), GivenUp.ENDED
        return reason if self._connection is socket else "", _why(reason)

    async def _lost(self, reason: str, why: GivenUp) -> None:
        self._problem = reason
        self._client.stream_given_up(why, reason)
        self.conversation.failed(CHANNEL, reason)
        for follower in tuple(self._followers):
            follower.lost(reason)
        backoff, self._backoff = self._backoff, min(2 * self._backoff, BACKOFF_MAX_S)
        await asyncio.sleep(backoff)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while self._followers:
            await self._asked.wait()
            self._asked.clear()
            requests, self._requests = self._requests, []
            if requests and not await _sent(socket, requests):
                break
        else:
            # Who comes now begins on another.
            self._connection = None
        # A reader that waits gets to know it.
        await socket.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Why it ended."""
        try:
            async with asyncio.timeout(BEGINS_S):
                for follower in tuple(self._followers):
                    follower.begin()
                message = await socket.receive()
        except TimeoutError:
            return NOT_BEGUN
        heard, followed = self.conversation.heard, self._followed
        while True:
            frames = _frames(message)
            if isinstance(frames, str):
                return frames
            heard(CHANNEL)
            now = self.now()
            for frame in frames:
                # One that is not followed any more: it came after that was said.
                if (its := followed.get(frame.stream)) is not None:
                    its.take(frame, now)
            self._backoff, self._problem = BACKOFF_MIN_S, ""
            message = await socket.receive()


async def _sent(socket: aiohttp.ClientWebSocketResponse, requests: Sequence[StreamRequest]) -> bool:
    try:
        for message in lists_of(requests):
            await socket.send_str(message.decode())
    except (ConnectionError, aiohttp.ClientError):
        return False
    return True


def _frames(message: aiohttp.WSMessage) -> list[StreamFrame] | str:
    """What arrived, or why it is the end of the connection."""
    kind = message.type
    # By identity: of each message, and enumerations are hashed in Python.
    if kind is not _BINARY and kind is not _TEXT:
        return ENDED if kind in _ENDS else f"{BROKE}: {message.data}"
    try:
        return _FRAMES.decode(message.data)
    except UNREADABLE:
        return _one_by_one(message.data)


def _one_by_one(data: bytes | str) -> list[StreamFrame] | str:
    """Of frames that cannot all be read, those that cannot as UNREAD: they end their own stream."""
    try:
        return [_frame(part) for part in _PARTS.decode(data)]
    except UNREADABLE as error:
        return f"{NO_FRAME}: {error}"


def _frame(part: msgspec.Raw) -> StreamFrame:
    try:
        return _FRAME.decode(part)
    except UNREADABLE as error:
        return StreamFrame(_HEAD.decode(part).stream, UNREAD, (StreamRefused(str(error)),))


def _why(reason: str) -> GivenUp:
    if reason.startswith((ENDED, BROKE)):
        return GivenUp.ENDED
    return GivenUp.SILENT if reason == NOT_BEGUN else GivenUp.UNREADABLE


def _why_one(reason: str) -> GivenUp:
    """The same for one of its streams, where the venue's word is read and not liked."""
    return GivenUp.ENDED if reason.startswith((REFUSES, OTHER_GRID)) else _why(reason)


async def opening_of(client: OrderServiceReader, instrument: Instrument) -> Opened:
    """What the service says of an instrument at the beginning of a stream. Raises
    VenueUnavailableError where it says nothing."""
    try:
        async with await client.stream() as socket, asyncio.timeout(FIRST_FRAME_S):
            await _sent(socket, [Follow(1, instrument.symbol, ())])
            frames = _FRAMES.decode((await socket.receive()).data)
    except (*UNREADABLE, TypeError) as error:
        raise VenueUnavailableError(NO_FRAME) from error
    except TimeoutError as error:
        raise VenueUnavailableError(NOT_BEGUN) from error
    for item in (item for frame in frames for item in frame.messages):
        if isinstance(item, Opened):
            return item
        if isinstance(item, StreamRefused):
            raise VenueUnavailableError(REFUSES + item.reason)
    raise VenueUnavailableError("the stream does not say its grid")
