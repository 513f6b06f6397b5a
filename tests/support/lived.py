"""A pool that lived on a recording: its journal on the disk, and the terms that were true."""

import numpy as np
from msgspec.structs import replace

from market_maker.engine.engine import Engine
from market_maker.journaling.checkpoint import frozen
from market_maker.journaling.journal_files import (
    JOURNAL_FOLDER,
    Beginning,
    SegmentWriter,
    packed_turn,
)
from market_maker.model.actions import Cancel, Place, Turn
from market_maker.model.events import (
    NO_SEQ,
    BookDelta,
    BookSnapshot,
    BookTop,
    Operated,
    Trade,
)
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.recording import RowKind
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from tests.toy_market import toy_config, toy_recording

TRUE = ReplaySettings(entry_latency_ns=3_000_000, response_latency_ns=4_000_000, maker_rate=2_000)
STEP = 100_000_000


def messages(recording):
    """A recording's rows as the messages that they came in."""
    begins = np.flatnonzero(
        (np.diff(recording.ts_recv, prepend=-1) != 0)
        | (np.diff(recording.ts_event, prepend=-1) != 0)
        | np.isin(recording.kind, (RowKind.BUY_TRADE, RowKind.SELL_TRADE))
    ).tolist()
    for first, last in zip(begins, [*begins[1:], recording.rows], strict=True):
        kinds = recording.kind[first:last].tolist()
        prices = list(
            zip(
                recording.ticks[first:last].tolist(),
                recording.lots[first:last].tolist(),
                strict=True,
            )
        )
        stamps = int(recording.ts_event[first]), int(recording.ts_recv[first])
        bids, asks = (
            tuple(p for k, p in zip(kinds, prices, strict=True) if k == kind)
            for kind in (RowKind.BID, RowKind.ASK)
        )
        if kinds[0] in (RowKind.BUY_TRADE, RowKind.SELL_TRADE):
            side = Side.BUY if kinds[0] == RowKind.BUY_TRADE else Side.SELL
            yield Trade(*stamps, *prices[0], side)
        elif kinds[0] == RowKind.CLEAR:
            yield BookSnapshot(*stamps, NO_SEQ, bids, asks)
        else:
            yield BookDelta(*stamps, NO_SEQ, NO_SEQ, NO_SEQ, bids, asks)


class Lived:
    """Turns of an engine on a venue that replays `recording` on the terms `true`. facts: other
    events it took, by receipt. more: events by the number of their turn."""

    def __init__(self, folder, recording=None, config=None, true=TRUE, facts=()):
        self.recording = recording or toy_recording()
        self.config = config or toy_config()
        self.true, self.home = true, folder / JOURNAL_FOLDER
        self.engine = Engine(self.recording.instrument, self.config, own_in_feed=False)
        self.exchange = RecordedExchange([self.recording], true)
        self._messages = [*messages(self.recording), *facts]
        self._messages.sort(key=lambda event: event.ts_recv)
        self.turns = 0
        self.now = self.exchange.start
        self._first = [Operated(self.now, Command.ENABLE, "test", "it begins")]
        self.writer = None

    def segment(self):
        """A new one begins."""
        if self.writer is not None:
            self.writer.close()
        symbol = self.recording.instrument.symbol
        beginning = Beginning(symbol, self.now, "build", frozen(self.engine))
        self.writer = SegmentWriter(self.home, beginning)

    def go(self, until=None, more=()):
        """Turns until a moment; `more`: events for the first of them."""
        end = self.recording.end if until is None else until
        if self.writer is None:
            self.segment()
        made, more = [], list(more)
        while self.now < end:
            heard = [e for e in self.exchange.events(0) if not isinstance(e, BookTop)]
            while self._messages and self._messages[0].ts_recv <= self.now:
                heard.append(self._messages.pop(0))
            made.append(self._turn([*self._first, *more, *heard]))
            self._first, more = [], []
            self.now += STEP
            self.exchange.advance(self.now)
        self.writer.append(list(map(packed_turn, made)))
        return self

    def _turn(self, events):
        actions = self.engine.turn(self.now, events)
        for action in actions:
            if isinstance(action, Place):
                self.exchange.place(0, self.now, action)
            elif isinstance(action, Cancel):
                self.exchange.cancel(0, self.now, action.order_id)
        return Turn(self.now, tuple(events), tuple(actions))

    def done(self):
        """The folder of the journal."""
        self.writer.close()
        return self.home


def other(**changes):
    """Terms that differ from the true ones."""
    return replace(TRUE, **changes)
