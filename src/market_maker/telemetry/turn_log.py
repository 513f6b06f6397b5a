"""What engines do, as log lines: moves, refusals, fills, and orders that went wrong."""

from collections.abc import Callable
from typing import Any

from market_maker.engine.engine import Engine
from market_maker.model.actions import RecordFill, RecordFunding, RecordRefusal, RecordState, Turn
from market_maker.model.events import (
    Accepted,
    BookLost,
    Canceled,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.quotes import Reason
from market_maker.model.units import OrderId
from market_maker.telemetry.logging import Logger
from market_maker.telemetry.tracing import derived_trace_id


class TurnLog:
    """ports.Journal. Lines have the pool's symbol, and the member where there is one; those about
    an order or a move carry a trace id: of the request within which the turn is made, else of the
    order or the move itself. What lasts is said when it begins and when it ends."""

    def __init__(self, instrument: Instrument, log: Logger) -> None:
        self._instrument, self._log = instrument, log
        self._writes: dict[type, Callable[[Any], None]] = {
            RecordState: self._moved,
            RecordRefusal: self._refused,
            RecordFill: self._filled,
            RecordFunding: self._funded,
            Canceled: self._canceled,
            Rejected: self._rejected,
            Unanswered: self._unanswered,
            BookLost: self._lost,
            Accepted: self._known,
        }
        self._engine: Engine | None = None
        self._blind: Reason | None = None
        self._unknown: dict[OrderId, int] = {}

    def begin(self, engine: Engine) -> None:
        self._log.info("engine made", config_version=engine.config.version)
        self._engine, self._blind = engine, engine.market.blind
        self._unknown.clear()

    def append(self, turn: Turn) -> None:
        for told in (*turn.events, *turn.actions):
            write = self._writes.get(type(told))
            if write is not None:
                write(told)
        if self._engine is not None and self._engine.market.blind is not self._blind:
            self._sees(self._engine.market.blind)

    def _sees(self, blind: Reason | None) -> None:
        self._blind = blind
        if blind is None:
            self._log.info("market data usable")
        else:
            self._log.warning(blind.value)

    def _moved(self, move: RecordState) -> None:
        write = self._log.error if move.state is PoolState.HALTED else self._log.info
        trace_id = derived_trace_id(self._instrument.symbol, move.ts, move.state)
        write("pool moved", state=move.state, by=move.by, reason=move.reason, trace_id=trace_id)

    def _refused(self, refusal: RecordRefusal) -> None:
        self._log.warning(
            "command refused", command=refusal.command, by=refusal.by, reason=refusal.reason
        )

    def _filled(self, fill: RecordFill) -> None:
        self._log.info(
            "filled",
            participant_id=fill.member,
            order_id=fill.order_id,
            trade_id=fill.trade_id,
            side=fill.side,
            price=str(self._instrument.price(fill.price)),
            size=str(self._instrument.quantity(fill.size)),
            fee=str(self._instrument.money(fill.fee)),
            trace_id=self._trace_of(fill.order_id, fill.client_order_id),
        )
        self._end(fill.order_id, "filled")

    def _funded(self, paid: RecordFunding) -> None:
        self._log.info(
            "funding",
            participant_id=paid.member,
            position=str(self._instrument.quantity(paid.position)),
            amount=str(self._instrument.money(paid.amount)),
        )

    def _rejected(self, event: Rejected) -> None:
        write = self._log.debug if event.reason is RejectReason.POST_ONLY else self._log.warning
        write("order rejected", order_id=event.order_id, reason=event.reason)
        self._end(event.order_id, "rejected")

    def _canceled(self, event: Canceled) -> None:
        # Those that were asked for are no news.
        if event.reason:
            self._log.warning("order canceled", order_id=event.order_id, reason=event.reason)
        self._end(event.order_id, "canceled")

    def _unanswered(self, event: Unanswered) -> None:
        repeats = self._unknown.get(event.order_id)
        self._unknown[event.order_id] = 0 if repeats is None else repeats + 1
        if repeats is None:
            trace_id = self._trace_of(event.order_id, event.client_order_id)
            self._log.warning("order unknown", order_id=event.order_id, trace_id=trace_id)

    def _known(self, event: Accepted) -> None:
        self._end(event.order_id, "open")

    def _end(self, order_id: OrderId, fate: str) -> None:
        """The fate of an order is known again, if it was not."""
        repeats = self._unknown.pop(order_id, None)
        if repeats is not None:
            self._log.info("order known again", order_id=order_id, fate=fate, repeats=repeats)

    def _trace_of(self, order_id: OrderId, client_order_id: str) -> str:
        return derived_trace_id(client_order_id or (self._instrument.symbol, order_id))

    def _lost(self, event: BookLost) -> None:
        self._log.warning("market data lost", reason=event.reason)
