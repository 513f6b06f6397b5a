"""Outbox events as Avro records. The outbox holds JSON, as it has since before there was Kafka:
what is said there once is written here in the words of the schemas."""

import io
from collections.abc import Callable
from typing import Any

import fastavro
import msgspec

from market_maker.bus.topics import QUOTE_SIMULATED, RISK_TRIGGERED, STATE_CHANGED
from market_maker.model.errors import InvalidDataError
from market_maker.model.records import OutboxRecord
from market_maker.topics.schema_files import parsed_schema

Fields = dict[str, Any]
NO_STATE = "UNKNOWN"


def avro_body(event: OutboxRecord) -> bytes:
    """The event in Avro, without framing. Raises InvalidDataError for a payload that is not of its
    topic."""
    try:
        payload: Fields = msgspec.json.decode(event.payload, type=dict[str, Any])
        fields = _WRITTEN[event.topic](payload)
        head = {
            "event_id": event.event_id,
            "symbol": payload["symbol"],
            "occurred_at": payload["ts"],
            "config_version": payload.get("config_version", 0),
        }
        body = io.BytesIO()
        fastavro.schemaless_writer(body, parsed_schema(event.topic), head | fields)
    except (
        msgspec.MsgspecError,
        UnicodeError,
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
    ) as error:
        raise InvalidDataError(event.event_id, f"is no event of {event.topic}: {error}") from error
    return body.getvalue()


def _state_changed(payload: Fields) -> Fields:
    return {
        "from_state": payload["previous"] or NO_STATE,
        "to_state": payload["state"],
        "reason": payload["reason"],
        "actor": payload["by"],
    }


def _risk_triggered(payload: Fields) -> Fields:
    return {"reason": payload["reason"], "actor": payload["by"]}


def _quote_simulated(payload: Fields) -> Fields:
    names = ("participant_id", "side", "level", "price", "size")
    return {name: payload[name] for name in names}


_WRITTEN: dict[str, Callable[[Fields], Fields]] = {
    STATE_CHANGED: _state_changed,
    RISK_TRIGGERED: _risk_triggered,
    QUOTE_SIMULATED: _quote_simulated,
}
