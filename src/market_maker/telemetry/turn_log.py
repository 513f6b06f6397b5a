"""What engines do, as log lines: moves, refusals, fills, and orders that went wrong."""

from collections.abc import Callable
from typing import Any

from market_maker.engine.engine import Engine
from market_maker.model.actions import RecordFill, RecordFunding, RecordRefusal, RecordState, Turn
from market_maker.model.events import (
    Accepted,
    BookLost,
    Canceled,
    CancelRejected,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.exact import plain
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.quotes import Reason
from market_maker.model.units import OrderId
from market_maker.telemetry.logging import Logger
from market_maker.telemetry.tracing import derived_trace_id

STILL_OPEN = "the venue keeps it open"


class TurnLog:
    """ports.Journal. Lines have the pool's symbol, and the member where there is one; those about
    an order have its number, its name and whose it is as well. Those about an order or a move carry
    a trace id: of the request within which the turn is made, else of the order or the move itself.
    What lasts is said when it begins and when it ends."""

    def __init__(self, instrument: Instrument, log: Logger) -> None:
        self._instrument, self._log = instrument, log
        self._writes: dict[type, Callable[[Any], None]] = {
            RecordState: self._moved,
            RecordRefusal: self._refused,
            RecordFill: self._filled,
            RecordFunding: self._funded,
            Canceled: self._canceled,
            CancelRejected: self._cancel_refused,
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
            **self._order(fill.order_id, fill.client_order_id, fill.member),
            trade_id=fill.trade_id,
            side=fill.side,
            price=str(self._instrument.price(fill.price)),
            size=str(self._instrument.quantity(fill.size)),
            fee=str(self._instrument.money(fill.fee)),
        )
        if fill.fee_token:
            self._log.warning(
                "fee not counted",
                **self._order(fill.order_id, fill.client_order_id, fill.member),
                token=fill.fee_token,
                amount=plain(fill.fee_token_amount),
                reason="no rate of this token is known: no PnL has it",
            )
        self._end(fill, "filled")

    def _funded(self, paid: RecordFunding) -> None:
        self._log.info(
            "funding",
            participant_id=paid.member,
            position=str(self._instrument.quantity(paid.position)),
            amount=str(self._instrument.money(paid.amount)),
        )

    def _rejected(self, event: Rejected) -> None:
        write = self._log.debug if event.reason is RejectReason.POST_ONLY else self._log.warning
        order = self._order(event.order_id, event.client_order_id)
        write("order rejected", **order, reason=event.reason)
        self._end(event, "rejected")

    def _canceled(self, event: Canceled) -> None:
        # Those that were asked for are no news.
        if event.reason:
            order = self._order(event.order_id, event.client_order_id)
            self._log.warning("order canceled", **order, reason=event.reason)
        self._end(event, "canceled")

    def _cancel_refused(self, event: CancelRejected) -> None:
        # Of an order that is gone it is no news: what ended it is.
        if not event.gone:
            order = self._order(event.order_id, event.client_order_id)
            self._log.warning("cancel refused", **order, reason=STILL_OPEN)

    def _unanswered(self, event: Unanswered) -> None:
        repeats = self._unknown.get(event.order_id)
        self._unknown[event.order_id] = 0 if repeats is None else repeats + 1
        if repeats is None:
            order = self._order(event.order_id, event.client_order_id)
            self._log.warning("order unknown", **order, reason="no answer")

    def _known(self, event: Accepted) -> None:
        self._end(event, "open")

    def _end(self, event: Accepted | Rejected | Canceled | RecordFill, fate: str) -> None:
        """The fate of an order is known again, if it was not."""
        repeats = self._unknown.pop(event.order_id, None)
        if repeats is not None:
            order = self._order(event.order_id, event.client_order_id)
            self._log.info("order known again", **order, fate=fate, repeats=repeats)

    def _order(self, order_id: OrderId, name: str, member: str = "") -> dict[str, object]:
        """What every line about an order says of it. member: looked up where it is not given, and
        empty of an order that this engine does not know."""
        return {
            "participant_id": member or self._owner(order_id),
            "order_id": order_id,
            "client_order_id": name,
            "trace_id": derived_trace_id(name or (self._instrument.symbol, order_id)),
        }

    def _owner(self, order_id: OrderId) -> str:
        order = None if self._engine is None else self._engine.orders.find(order_id)
        if self._engine is None or order is None:
            return ""
        return self._engine.accounts.all[order.account].member.participant_id

    def _lost(self, event: BookLost) -> None:
        self._log.warning("market data lost", reason=event.reason)
