"""The stream of one symbol of an order service: followed for as long as it is wanted, without
gaps."""

import asyncio
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Protocol

from market_maker.model.events import BookLost
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.venues.order_service.stream_socket import (
    BACKOFF_MAX_S,
    BACKOFF_MIN_S,
    BEGINS_S,
    NO_FRAME,
    NOT_BEGUN,
    OTHER_GRID,
    REFUSES,
    StreamSocket,
)
from market_maker.venues.order_service.wire import (
    UNREAD,
    Listen,
    Opened,
    Snap,
    StreamFrame,
    StreamMessage,
    StreamRefused,
    WireMarket,
)

NO_GRID = "the stream does not begin with its grid"

_FIRST = (Opened, StreamRefused)

Hear = Callable[[StreamMessage, Nanos], None]


class VenueStream(Protocol):
    """News of one symbol. accounts: whose orders' too."""

    accounts: list[str]

    async def run(self, hear: Hear) -> None:
        """Pass everything to `hear` until cancelled; whenever something was lost, a BookLost that
        says why."""

    def listen(self, account: str) -> None:
        """News of one more account's orders."""

    def snap(self) -> None:
        """Ask for a snapshot."""


class Stream:
    """Over a connection that it shares with others. When it skips a number, is refused, or turns
    out to be of another grid, it is followed anew by itself, and begins with a snapshot."""

    def __init__(self, socket: StreamSocket, instrument: Instrument) -> None:
        self._socket, self._instrument = socket, instrument
        self.channel = f"stream of {instrument.symbol}"
        self.accounts: list[str] = []
        self._hear: Hear = _unheard
        self._number = self._seq = 0
        self._backoff = BACKOFF_MIN_S
        self._waiting: asyncio.TimerHandle | None = None

    async def run(self, hear: Hear) -> None:
        self._hear = hear
        try:
            self._socket.join(self)
            await asyncio.Event().wait()
        finally:
            self._stop_waiting()
            self._socket.part(self, self._number)
            self._number = 0

    def listen(self, account: str) -> None:
        # Without a number it is not followed, and begins with all accounts.
        self.accounts.append(account)
        if self._number:
            self._socket.ask(Listen(self._number, (account,)))

    def snap(self) -> None:
        # What is not followed begins with a snapshot.
        if self._number:
            self._socket.ask(Snap(self._number))

    # as the connection calls

    def begin(self) -> None:
        """There is a connection: follow on it."""
        self._seq = 0
        self._number = self._socket.follow(self, self._instrument.symbol, tuple(self.accounts))
        self._wait(BEGINS_S, self._not_begun)

    def take(self, frame: StreamFrame, now: Nanos) -> None:
        """What arrived."""
        if frame.seq != self._seq + 1:
            self._broken(_wrong_number(frame, self._seq))
            return
        if frame.seq == 1 and not isinstance(next(iter(frame.messages), None), _FIRST):
            self._broken(NO_GRID)
            return
        self._seq = frame.seq
        hear = self._hear
        for item in frame.messages:
            if isinstance(item, StreamRefused):
                self._broken(REFUSES + item.reason)
                return
            # Also of another grid: orders are listed and cancelled by name.
            hear(item, now)
            if isinstance(item, Opened) and not self._opened(item):
                return

    def lost(self, reason: str) -> None:
        """There is no connection any more."""
        self._stop_waiting()
        self._number, self._backoff = 0, BACKOFF_MIN_S
        self._say(reason)

    # its own troubles

    def _opened(self, opened: Opened) -> bool:
        if not fits(opened, self._instrument):
            self._broken(OTHER_GRID)
            return False
        self._stop_waiting()
        self._backoff = BACKOFF_MIN_S
        self._socket.conversation.heard(self.channel)
        return True

    def _not_begun(self) -> None:
        self._broken(NOT_BEGUN)

    def _broken(self, reason: str) -> None:
        """Unfollow this stream alone, and follow it anew after a while."""
        self._socket.leave(self._number)
        self._number = 0
        self._socket.broken(self, reason)
        self._say(reason)
        self._wait(self._backoff, self.begin)
        self._backoff = min(2 * self._backoff, BACKOFF_MAX_S)

    def _say(self, reason: str) -> None:
        now = self._socket.now()
        self._hear(WireMarket(BookLost(now, reason)), now)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._waiting = asyncio.get_running_loop().call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()


def _unheard(message: StreamMessage, now: Nanos) -> None:
    """No one listens yet."""
    del message, now


def _wrong_number(frame: StreamFrame, last: int) -> str:
    """What is wrong with a frame that does not follow the last one."""
    if frame.seq == UNREAD:
        whys = [each.reason for each in frame.messages if isinstance(each, StreamRefused)]
        return ": ".join([NO_FRAME, *whys])
    if frame.seq <= last:
        return f"the stream sent frame {frame.seq} after frame {last}"
    return f"the stream lost frames {last + 1} to {frame.seq - 1}"


def fits(opened: Opened, instrument: Instrument) -> bool:
    """Whether the service has the instrument's grid: orders name ticks and lots."""
    grid = (instrument.tick_size, instrument.lot_size)
    try:
        told = (Decimal(opened.tick_size), Decimal(opened.lot_size))
    except InvalidOperation:
        return False
    return opened.symbol == instrument.symbol and told == grid
