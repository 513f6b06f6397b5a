"""The sandbox's facts as messages of the exchange's topics. No I/O."""

from collections.abc import Callable
from typing import Any, TypeAlias

from market_maker.model.events import (
    NO_SEQ,
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    InstrumentStatus,
    Levels,
    MarkPrice,
    Rejected,
    RejectReason,
    Trade,
)
from market_maker.model.instrument import Instrument
from market_maker.topics.schema_files import DELTAS, ENGINE_EVENTS, MARKS, SNAPSHOTS, TRADES
from market_maker.venues.order_service.wire import News

Fields = dict[str, Any]
TopicMessage: TypeAlias = tuple[str, Fields]
"""Topic, fields by its schema."""

QUOTE_ASSET = "USDT"
REASONS = {
    RejectReason.POST_ONLY: "POST_ONLY",
    RejectReason.REDUCE_ONLY: "REDUCE_ONLY",
    RejectReason.MIN_NOTIONAL: "MIN_NOTIONAL",
    RejectReason.INVALID: "OFF_GRID",
    RejectReason.MARGIN: "INSUFFICIENT_MARGIN",
    RejectReason.POSITION_LIMIT: "RISK_LIMIT",
    RejectReason.RATE_LIMIT: "RATE_LIMIT",
    RejectReason.PAUSED: "INSTRUMENT_HALTED",
}


class TopicWriter:
    """One symbol. epoch: of this run of the engine; greater than that of every run before."""

    def __init__(self, instrument: Instrument, epoch: int) -> None:
        self._instrument, self._epoch = instrument, epoch
        self._marks = self._events = self._trades = 0
        self._book_seq, self._before = NO_SEQ, 0
        self._leaves: dict[str, int] = {}

    def begin_epoch(self) -> int:
        """As after a start of the matching engine: every number begins anew. Returns the epoch."""
        self._epoch += 1
        self._marks = self._events = self._trades = 0
        self._before = max(0, self._book_seq)
        return self._epoch

    def market(self, event: Event) -> TopicMessage | None:
        """A fact about the market; None for what has no topic."""
        match event:
            case BookSnapshot():
                return SNAPSHOTS, self._snapshot(event)
            case BookDelta():
                return DELTAS, self._delta(event)
            case MarkPrice():
                return MARKS, self._mark(event)
            case Trade():
                return TRADES, self._trade(event)
            case InstrumentStatus():
                status = {"status": "HALTED" if event.halted else "TRADING", "message": ""}
                kind = ("INSTRUMENT_STATUS", "instrument_status")
                return ENGINE_EVENTS, self._engine_event(kind, event.ts_recv, status)
            case _:
                return None

    def order(self, news: News, size: int) -> TopicMessage:
        """A fact about an order. size: of the whole order, lots."""
        kind, fields = self._order(news, size)
        own = {
            "account_id": news.account_id,
            "order_id": str(news.event.order_id),
            "client_order_id": news.client_order_id,
        }
        return ENGINE_EVENTS, self._engine_event(kind, news.event.ts_event, own | fields)

    def _order(self, news: News, size: int) -> tuple[tuple[str, str], Fields]:
        event = news.event
        match event:
            case Accepted():
                return ("ACCEPTED", "accepted"), {"side": "UNKNOWN", "price": "0", "size": "0"}
            case Rejected():
                reason = REASONS.get(event.reason, "UNKNOWN")
                return ("REJECTED", "rejected"), {"reason": reason, "message": event.reason.value}
            case Filled():
                return ("FILLED", "filled"), self._filled(event, news.client_order_id, size)
            case Canceled():
                left = self._quantity(self._leaves.pop(news.client_order_id, size))
                why = {"cancelled_size": left, "reason": "REQUESTED"}
                return ("CANCELLED", "cancelled"), why
            case CancelRejected():
                gone = {"gone": event.gone, "message": ""}
                return ("CANCEL_REJECTED", "cancel_rejected"), gone

    def _filled(self, event: Filled, name: str, size: int) -> Fields:
        left = self._leaves.get(name, size) - event.size
        self._leaves[name] = left
        if left <= 0:
            del self._leaves[name]
        return {
            "trade_id": str(event.trade_id),
            "side": "UNKNOWN",
            "price": self._price(event.price),
            "size": self._quantity(event.size),
            "leaves": self._quantity(max(0, left)),
            "fee": format(self._instrument.money(event.fee), "f"),
            "fee_asset": QUOTE_ASSET,
            "liquidity": "MAKER",
        }

    def _engine_event(self, kind: tuple[str, str], at: int, part: Fields) -> Fields:
        self._events += 1
        name, field = kind
        return {
            "event_id": f"{self._instrument.symbol}/{self._epoch}/{self._events}",
            **self._head(at),
            "seq": self._events,
            "type": name,
            field: part,
        }

    def _snapshot(self, event: BookSnapshot) -> Fields:
        self._book_seq = max(self._book_seq, event.seq)
        sides = self._sides(event.bids, event.asks)
        seq = event.seq - self._before
        return {**self._head(event.ts_event), "seq": seq, "reason": "PERIODIC", **sides}

    def _delta(self, event: BookDelta) -> Fields:
        self._book_seq = event.last_seq
        numbers = {
            "first_seq": event.first_seq - self._before,
            "last_seq": event.last_seq - self._before,
            "prev_seq": event.prev_seq - self._before,
        }
        return {**self._head(event.ts_event), **numbers, **self._sides(event.bids, event.asks)}

    def _mark(self, event: MarkPrice) -> Fields:
        self._marks += 1
        head = self._head(event.ts_event)
        return {**head, "seq": self._marks, "mark_price": self._price(event.price)}

    def _trade(self, event: Trade) -> Fields:
        self._trades += 1
        return {
            **self._head(event.ts_event),
            "seq": max(0, self._book_seq - self._before),
            "trade_id": str(self._trades),
            "price": self._price(event.price),
            "size": self._quantity(event.size),
            "aggressor": event.aggressor.value,
        }

    def _head(self, at: int) -> Fields:
        return {"symbol": self._instrument.symbol, "epoch": self._epoch, "event_time": int(at)}

    def _sides(self, bids: Levels, asks: Levels) -> Fields:
        level: Callable[[tuple[int, int]], Fields] = lambda each: {  # noqa: E731  used twice below
            "price": self._price(each[0]),
            "size": self._quantity(each[1]),
        }
        return {"bids": list(map(level, bids)), "asks": list(map(level, asks))}

    def _price(self, ticks: int) -> str:
        return format(self._instrument.price(ticks), "f")

    def _quantity(self, lots: int) -> str:
        return format(self._instrument.quantity(lots), "f")
