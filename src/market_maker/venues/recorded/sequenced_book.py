"""A book kept in step by sequence numbers, and the feeds beside it, merged into rows.

One policy of continuity for every venue: what differs is the rule that says how a message joins
the book. Source: Binance, "How to manage a local order book correctly", for spot and futures;
Bybit and OKX, "Orderbook" of their websocket documentation.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from msgspec import Struct

from market_maker.model.recording import RowKind
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.trade_log import PrintedTrade, TradeLog

HELD_MAX = 4_096
"""Depth messages held while a snapshot is awaited: minutes of the fastest feed."""

WireLevels: TypeAlias = list[tuple[str, str]]


class DepthSnapshot(Struct, frozen=True, gc=False):
    """A whole book as of sequence number `seq`; ts_event may be UNSTAMPED."""

    seq: int
    ts_event: int
    bids: WireLevels
    asks: WireLevels


class DepthChange(Struct, frozen=True, gc=False):
    """Levels that changed in first..last; prev is `last` of the one before."""

    first: int
    last: int
    prev: int
    ts_event: int
    bids: WireLevels
    asks: WireLevels


class BestPrices(Struct, frozen=True, gc=False):
    """Best prices and sizes as of sequence number `seq`; ts_event may be UNSTAMPED."""

    seq: int
    ts_event: int
    bid: tuple[str, str]
    ask: tuple[str, str]


class Joint(Enum):
    """How a depth message joins the book."""

    STALE = 0
    NEXT = 1
    HOLE = 2


JointRule: TypeAlias = Callable[[DepthChange, int, bool], Joint]
"""(depth message, sequence number of the book, whether the book is a bare snapshot) -> Joint."""


def joined_by_previous(delta: DepthChange, seq: int, bare: bool) -> Joint:
    """Each message names the last number of the one before it (Binance futures: `pu`).

    After a snapshot the venue documents U <= lastUpdateId <= u. Numbers between pu and U belong
    to other symbols, so pu <= lastUpdateId says the same and holds on to snapshots in between.
    """
    if delta.last < seq or (delta.last == seq and not bare):
        return Joint.STALE
    follows = delta.prev <= seq if bare else delta.prev == seq
    return Joint.NEXT if follows else Joint.HOLE


def joined_by_counting(delta: DepthChange, seq: int, bare: bool) -> Joint:
    """Numbers are contiguous: a message begins one after the end of the one before it.

    After a snapshot the first message may have begun earlier: U <= lastUpdateId + 1 <= u.
    """
    if delta.last <= seq:
        return Joint.STALE
    follows = delta.first <= seq + 1 if bare else delta.first == seq + 1
    return Joint.NEXT if follows else Joint.HOLE


class SequencedBook:
    """One symbol's feeds, merged into rows."""

    def __init__(self, rows: MarketRows, joint: JointRule) -> None:
        self._rows, self._counts, self.joint = rows, rows.counts, joint
        self._seq: int | None = None  # of the book; None while it is unknown
        self._bare = False  # the book is a snapshot to which nothing has been added
        self._has_deltas = False
        self._held: deque[DepthChange] = deque(maxlen=HELD_MAX)
        self._ticker_seq = -1
        self._ticker: BestPrices | None = None  # best prices that hold now
        self._trades = TradeLog(rows)

    def snapshot(self, snapshot: DepthSnapshot, ts_recv: int) -> None:
        """Start the book again, and bring it up with the depth messages held before.

        They must be replayed: a book that is only replaced lacks what happened between the
        moment of the snapshot and its arrival, and is crossed soon after.
        """
        if self._seq is not None and snapshot.seq <= self._seq:
            self._counts.kinds["snapshot not needed"] += 1
            return
        fresh = [d for d in self._held if self.joint(d, snapshot.seq, True) is not Joint.STALE]
        if fresh and self.joint(fresh[0], snapshot.seq, True) is Joint.HOLE:
            self._counts.unusable_snapshots += 1
            return
        stale = len(self._held) - len(fresh)
        self.reset(snapshot, ts_recv)
        self._counts.stale_depth += stale
        for delta in fresh:
            self.depth(delta, ts_recv)

    def reset(self, snapshot: DepthSnapshot, ts_recv: int) -> None:
        """The venue begins the book anew, whatever was there before."""
        rows = self._rows
        rows.message(snapshot.ts_event, ts_recv)
        rows.add(RowKind.CLEAR)
        rows.add_levels(RowKind.BID, snapshot.bids)
        rows.add_levels(RowKind.ASK, snapshot.asks)
        self._seq, self._bare, self._ticker = snapshot.seq, True, None
        self._held.clear()

    def part(self, snapshot: DepthSnapshot, ts_recv: int) -> None:
        """The best levels, whole, again and again: the book, where there is no other."""
        if self._has_deltas:
            self._counts.left_out["best levels beside depth"] += 1
        elif self._seq is not None and snapshot.seq < self._seq:
            self._counts.stale_depth += 1
        else:
            self.reset(snapshot, ts_recv)

    def depth(self, delta: DepthChange, ts_recv: int) -> None:
        """Add a depth message to the book, hold it for a snapshot, or drop it."""
        self._has_deltas = True
        if self._seq is None:
            self._hold(delta)
            return
        joint = self.joint(delta, self._seq, self._bare)
        if joint is Joint.STALE:
            self._counts.stale_depth += 1
        elif joint is Joint.NEXT:
            self._advance(delta, ts_recv)
        else:
            self._lose(delta, ts_recv)

    def best(self, ticker: BestPrices, ts_recv: int) -> None:
        """Best prices count while they are newer than the book."""
        if ticker.seq <= self._ticker_seq or self._seq is None or ticker.seq <= self._seq:
            self._counts.late_tickers += 1
            if ticker.seq == self._seq:
                self._rows.expect_top(ticker.bid, ticker.ask)
            return
        self._rows.message(ticker.ts_event, ts_recv)
        self._rows.add_best(ticker.bid, ticker.ask)
        self._ticker_seq, self._ticker = ticker.seq, ticker

    def trade(self, trade: PrintedTrade, ts_recv: int) -> None:
        """A trade counts once, wherever its price lies."""
        self._trades.trade(trade, ts_recv)

    def aggregate(self, trade: PrintedTrade, ts_recv: int) -> None:
        """Several trades of one order in one message: counts unless they came one by one."""
        self._trades.aggregate(trade, ts_recv)

    def skip_trade(self, trade_id: int) -> None:
        """A trade that is left out on purpose is not missing."""
        self._trades.skip(trade_id)

    def finish(self) -> None:
        """Nothing more comes."""
        self._trades.finish()

    def _advance(self, delta: DepthChange, ts_recv: int) -> None:
        self._rows.message(delta.ts_event, ts_recv)
        caught_up = self._ticker if delta.last >= self._ticker_seq else None
        if caught_up is not None:
            self._rows.add(RowKind.BEST_EXPIRED)
        self._rows.add_levels(RowKind.BID, delta.bids)
        self._rows.add_levels(RowKind.ASK, delta.asks)
        self._seq, self._bare = delta.last, False
        if caught_up is not None:
            self._ticker = None
            if caught_up.seq == delta.last:
                self._rows.expect_top(caught_up.bid, caught_up.ask)

    def _lose(self, delta: DepthChange, ts_recv: int) -> None:
        self._hold(delta)
        self._counts.gaps += 1
        self._rows.message(delta.ts_event, ts_recv)
        self._rows.add(RowKind.GAP)
        self._seq, self._ticker = None, None

    def _hold(self, delta: DepthChange) -> None:
        """Levels that cannot be are found now, not when a snapshot is brought up with them."""
        self._rows.check_levels(delta.bids)
        self._rows.check_levels(delta.asks)
        self._held.append(delta)
