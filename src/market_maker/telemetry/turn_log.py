"""What engines do, as log lines: moves, refusals, fills, and orders that went wrong."""

from collections.abc import Callable
from typing import Any

from market_maker.engine.engine import Engine
from market_maker.model.actions import RecordFill, RecordFunding, RecordRefusal, RecordState, Turn
from market_maker.model.events import BookLost, Canceled, Rejected, RejectReason, Unanswered
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.telemetry.logging import Logger


class TurnLog:
    """ports.Journal. Lines have the pool's symbol, and the member where there is one; a turn that
    is made within a request carries its trace id."""

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
        }

    def begin(self, engine: Engine) -> None:
        self._log.info("engine made", config_version=engine.config.version)

    def append(self, turn: Turn) -> None:
        for told in (*turn.events, *turn.actions):
            write = self._writes.get(type(told))
            if write is not None:
                write(told)

    def _moved(self, move: RecordState) -> None:
        write = self._log.error if move.state is PoolState.HALTED else self._log.info
        write("pool moved", state=move.state, by=move.by, reason=move.reason)

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
        )

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

    def _canceled(self, event: Canceled) -> None:
        # Those that were asked for are no news.
        if event.reason:
            self._log.warning("order canceled", order_id=event.order_id, reason=event.reason)

    def _unanswered(self, event: Unanswered) -> None:
        self._log.warning("order unknown", order_id=event.order_id)

    def _lost(self, event: BookLost) -> None:
        self._log.warning("market data lost", reason=event.reason)
