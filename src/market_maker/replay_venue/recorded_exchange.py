"""A venue that replays recordings: our orders queue and fill in them without moving the market.

What a replay cannot know: our own effect on others, and whose order was cancelled (see
queue_position). reduce_only is taken on trust: the engine sends it only where it holds, and the
venue keeps no positions. While the book is unknown after a gap, trades still fill, the book does
not, and new orders are judged by the last known book.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import (
    NO_SEQ,
    Accepted,
    BookLost,
    BookSnapshot,
    BookTop,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    RejectReason,
)
from market_maker.model.orders import SIGNS, side_index
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, Nanos, OrderId, Value
from market_maker.replay_venue import kernels, replay_layout
from market_maker.replay_venue.prepared_rows import KEPT, prepared, rows_of
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_rows import TickWindow
from market_maker.replay_venue.recorded_trades import RecordedTrades
from market_maker.replay_venue.replay_layout import BOOK_LOST, CANCEL, PLACE, TOP_CHANGED
from market_maker.replay_venue.replay_state import (
    OPEN_ORDERS_MAX,
    REQUESTS_MAX,
    ReplayState,
    Wires,
    book_of,
)

LOST_REASON = "the recording has a gap"
LATENCY_MAX_NS = 60 * 10**9
EXPONENT_MAX = 10.0

Answer = list[Any]
"""An AnswerRecord as Python integers, in the order of its fields."""

_NOTHING: tuple[Any, ...] = (0,) * 8
"""A TopRecord that says that nothing was received."""


class ReplaySettings(Struct, frozen=True, kw_only=True):
    """How far away the venue is, and how it queues and fills us.

    feed_latency_ns: on top of the latency in the recording. entry_latency_ns: from our decision
    to the venue, orders and cancels alike. response_latency_ns: from the venue to us.
    queue_exponent: n of QueueModel.PROBABILITY (power1; hftbacktest's
    power_prob_queue_model(n)). partial_fills: off, a trade that reaches us fills all of the
    order. maker_rate: fee in RATE_SCALE-ths of notional; a rebate is < 0.
    Raises InvalidFieldError.
    """

    feed_latency_ns: Nanos = Nanos(0)
    entry_latency_ns: Nanos = Nanos(5_000_000)
    response_latency_ns: Nanos = Nanos(5_000_000)
    queue: QueueModel = QueueModel.PROBABILITY
    queue_exponent: float = 2.0
    partial_fills: bool = True
    maker_rate: int = 0

    def __post_init__(self) -> None:
        for field in ("feed_latency_ns", "entry_latency_ns", "response_latency_ns"):
            latency: int = getattr(self, field)
            if not 0 <= latency <= LATENCY_MAX_NS:
                raise InvalidFieldError(field, latency, f"from 0 to {LATENCY_MAX_NS} nanoseconds")
        if not 0.0 < self.queue_exponent <= EXPONENT_MAX:
            allowed = f"a number above 0 to {EXPONENT_MAX:g}"
            raise InvalidFieldError("queue_exponent", self.queue_exponent, allowed)
        if not -RATE_SCALE <= self.maker_rate <= RATE_SCALE:
            raise InvalidFieldError("maker_rate", self.maker_rate, "a rate from -1 to 1")


class ReplayFills(Struct, frozen=True, eq=False):
    """Our fills as columns, in the order in which they happened.

    ts: at the venue. sign: +1 we bought, -1 we sold. ticks, lots: price and size. fee: Values,
    a cost is > 0. mid_x2: twice the mid of the venue's book before that moment, in ticks.
    """

    order_id: NDArray[np.int64]
    trade_id: NDArray[np.int64]
    ts: NDArray[np.int64]
    sign: NDArray[np.int64]
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]
    fee: NDArray[np.int64]
    mid_x2: NDArray[np.int64]


class RecordedExchange:
    """One venue for the symbols of `recordings`, which are known by their index.

    Call advance(now), take the events of each symbol, act at the same `now`, and so on. Time
    never goes back. With `trades` public trades are reported too, as they were received; with
    `depth` so many levels of each side, and else the best prices alone. Raises
    InvalidDataError for a recording that breaks the rules of its format.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        settings: ReplaySettings,
        *,
        trades: bool = False,
        depth: int = 0,
    ) -> None:
        if not recordings:
            raise InvalidFieldError("recordings", len(recordings), "at least one")
        symbols = [prepared(recording) for recording in recordings]
        columns = [rows.received for rows in symbols]
        self.windows: tuple[TickWindow, ...] = tuple(rows.window for rows in symbols)
        self.state = ReplayState(symbols, _wires(settings), own_books=depth > 0)
        self._settings, self._depth = settings, depth
        self._now = Nanos(0)
        self._tops: list[Any] = [None] * len(recordings)
        self._answers: dict[int, list[Answer]] = {}
        self._kept: dict[int, list[Event]] = {}
        self._fills: list[list[tuple[int, ...]]] = [[] for _ in recordings]
        feed = settings.feed_latency_ns
        self._trades = [RecordedTrades(rows, feed) for rows in columns] if trades else []
        flight = settings.entry_latency_ns + settings.response_latency_ns
        last = max(int(rows.ts[-1]) for rows in columns) + feed
        self.start = Nanos(min(int(rows.ts[0]) for rows in columns) + feed)
        self.end = Nanos(max(last, *(int(rows.at_venue.ts[-1]) for rows in symbols)) + flight)
        self.rows = sum(len(rows.ts) for rows in columns)

    @property
    def rows_done(self) -> int:
        """Rows that have reached us so far, of `rows`."""
        return self.state.rows_received()

    def place(self, index: int, now: Nanos, order: Place) -> None:
        """Send an order at `now`, the time of the last advance.

        Raises InvalidFieldError beyond OPEN_ORDERS_MAX orders of the symbol.
        """
        assert now >= self._now, (now, self._now)
        assert order.size > 0, order
        side = side_index(order.side)
        arrival = now + self._settings.entry_latency_ns
        address = self.state.address
        sent = kernels.send(
            address, index, PLACE, arrival, order.order_id, side, order.price, order.size
        )
        if not sent:
            allowed = f"at most {OPEN_ORDERS_MAX} orders a symbol, open and on their way"
            raise InvalidFieldError("order", order.order_id, allowed)

    def cancel(self, index: int, now: Nanos, order_id: OrderId) -> None:
        """Send a cancel at `now`, the time of the last advance.

        Raises InvalidFieldError beyond REQUESTS_MAX requests of the symbol on their way.
        """
        assert now >= self._now, (now, self._now)
        arrival = now + self._settings.entry_latency_ns
        if not kernels.send(self.state.address, index, CANCEL, arrival, order_id, 0, 0, 0):
            allowed = f"at most {REQUESTS_MAX} requests a symbol on their way"
            raise InvalidFieldError("cancel", order_id, allowed)

    def advance(self, now: Nanos) -> None:
        """Let everything happen that happens by `now`, at the venue and on the wires."""
        assert now >= self._now, (now, self._now)
        self._now = now
        tops = self._tops
        if tops.count(None) != len(tops):  # some of them were not taken
            for index, top in enumerate(tops):
                if top is not None:
                    self._kept[index] = self.events(index)
        state = self.state
        while (arrived := kernels.advance(state.address, now)) < 0:
            if arrived == kernels.RINGS_FULL:
                state.grow_rings(state.interrupted)
            else:
                state.grow_outbox()
        self._tops = state.tops()
        if arrived:
            for answer in state.answers(arrived):
                self._answers.setdefault(answer[0], []).append(answer)

    def events(self, index: int) -> list[Event]:
        """What reached us of one symbol since this was last called: answers in their order, trades,
        a lost book, and the top of the book if any row of the book was received."""
        flags, ts_lost, ts_event, ts_recv, bid, bid_lots, ask, ask_lots = (
            self._tops[index] or _NOTHING
        )
        self._tops[index] = None
        answers = self._answers
        tapes = self._trades
        alone = flags == TOP_CHANGED and index not in answers and not (self._kept or tapes)
        if alone and not self._depth:  # mostly
            return [BookTop(ts_event, ts_recv, bid, bid_lots, ask, ask_lots)]
        events = self._kept.pop(index, None) or []
        for answer in answers.pop(index, ()):
            events.append(self.event_of(index, answer))
        if tapes:
            events += tapes[index].until(self._now)
        if flags & BOOK_LOST:
            events.append(BookLost(Nanos(ts_lost), LOST_REASON))
        if flags & TOP_CHANGED:
            top = BookTop(ts_event, ts_recv, bid, bid_lots, ask, ask_lots)
            events.append(self.received(index, top))
        return events

    def received(self, index: int, top: BookTop) -> BookTop | BookSnapshot:
        """What the last advance showed of a book: its best prices, or its levels as they are."""
        if not self._depth:
            return top
        bids, asks = self.state.levels(index, self._depth)
        return BookSnapshot(top.ts_event, top.ts_recv, NO_SEQ, bids, asks)

    def trades(self, index: int) -> RecordedTrades | None:
        """The public trades of one symbol, where they are reported."""
        return self._trades[index] if self._trades else None

    def fills(self, index: int) -> ReplayFills:
        """The fills of one symbol whose reports have been taken as events."""
        rows = self._fills[index]
        return ReplayFills(*np.array(rows, dtype=np.int64).reshape(len(rows), 8).T)

    def event_of(self, index: int, answer: Answer) -> Event:
        """An AnswerRecord as the event for an engine; a fill is kept."""
        _, kind, order_id, ts, side, ticks, size, trade_id, mid_x2 = answer
        ts_recv = ts + self._settings.response_latency_ns
        match kind:
            case replay_layout.ACCEPTED:
                return Accepted(ts, ts_recv, order_id)
            case replay_layout.CANCELED:
                return Canceled(ts, ts_recv, order_id)
            case replay_layout.REJECTED:
                return Rejected(ts, ts_recv, order_id, RejectReason.POST_ONLY)
            case replay_layout.FILLED:
                fee = Value(ticks * size * self._settings.maker_rate)
                sign = SIGNS[side]
                self._fills[index].append((order_id, trade_id, ts, sign, ticks, size, fee, mid_x2))
                return Filled(ts, ts_recv, order_id, trade_id, ticks, size, fee)
            case _:
                return CancelRejected(ts, ts_recv, order_id, gone=True)


def mids_at(recording: Recording, times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Twice the mid of the venue's book at or before each of `times`, in ticks: the last one
    there was, 0 before the first. `times` must not go back."""
    assert not np.any(times[1:] < times[:-1]), "times must be sorted"
    rows = prepared(recording)
    columns, spread = rows.at_venue, rows.window
    ladder = np.zeros((2, spread.width), np.int64)
    book = np.array([book_of(spread, ladder[0], ladder[1])])
    rows_record = np.array([rows_of(columns)])
    found = np.zeros(len(times), np.int64)
    moments = np.ascontiguousarray(times, dtype=np.int64)
    kernels.mids(
        book.ctypes.data,
        rows_record.ctypes.data,
        moments.ctypes.data,
        found.ctypes.data,
        len(moments),
    )
    return found


@lru_cache(maxsize=KEPT)
def lowest_mid_x2(recording: Recording, end: Nanos) -> int:
    """Of the mids once a second until `end`, twice its ticks; 0 where none is known. Every run on
    a recording asks for it, so it is worked out once."""
    moments = np.arange(recording.start, end + NANOS_PER_SECOND, NANOS_PER_SECOND, dtype=np.int64)
    mids_x2 = mids_at(recording, moments)
    known = mids_x2[mids_x2 > 0]
    return int(known.min()) if len(known) else 0


def _wires(settings: ReplaySettings) -> Wires:
    return Wires(
        settings.feed_latency_ns,
        settings.response_latency_ns,
        settings.queue is QueueModel.PESSIMISTIC,
        settings.queue_exponent,
        settings.partial_fills,
    )
