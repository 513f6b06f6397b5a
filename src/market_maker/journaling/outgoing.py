"""Events for the rest of the exchange, as outbox rows: topics and payloads of the documents."""

from collections.abc import Mapping

import msgspec

from market_maker.bus.topics import QUOTE_SIMULATED, RISK_TRIGGERED, STATE_CHANGED
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.actions import Place
from market_maker.model.records import OutboxRecord, StateRecord
from market_maker.model.units import Nanos

_ENCODER = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def state_changed(
    note: RecordRequest, state: StateRecord, before: StateRecord | None, now: Nanos
) -> OutboxRecord:
    """Any move of a pool. previous: null for its first."""
    payload = {
        "symbol": state.symbol,
        "previous": None if before is None else before.state,
        "state": state.state,
        "by": state.by,
        "reason": state.reason,
        "config_version": state.config_version,
        "ts": state.ts,
    }
    return _row(STATE_CHANGED, note, payload, now)


def risk_triggered(note: RecordRequest, state: StateRecord, now: Nanos) -> OutboxRecord:
    """A kill switch: by a guard, or by the operator who is named."""
    payload = {"symbol": state.symbol, "reason": state.reason, "by": state.by, "ts": state.ts}
    return _row(RISK_TRIGGERED, note, payload, now)


def quote_simulated(note: RecordRequest, quote: Place, now: Nanos) -> OutboxRecord:
    """An order that shadow mode did not send. Price and size in people's units."""
    instrument = note.of
    payload = {
        "symbol": instrument.symbol,
        "participant_id": quote.member,
        "side": quote.side,
        "level": quote.level,
        "price": instrument.price(quote.price),
        "size": instrument.quantity(quote.size),
        "config_version": note.config_version,
        "ts": now,
    }
    return _row(QUOTE_SIMULATED, note, payload, now)


def _row(
    topic: str, note: RecordRequest, payload: Mapping[str, object], now: Nanos
) -> OutboxRecord:
    # The same record request has the same id, so that it is stored once however often that is
    # tried.
    return OutboxRecord(
        event_id=f"{topic}/{note.request_id}",
        topic=topic,
        key=note.of.symbol,
        payload=_ENCODER.encode(payload),
        created_at=now,
    )
