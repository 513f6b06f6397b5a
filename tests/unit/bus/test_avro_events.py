import io
from decimal import Decimal

import fastavro
import msgspec
import pytest
from msgspec import structs

from market_maker.bus.avro_events import avro_body
from market_maker.bus.topics import QUOTE_SIMULATED, STATE_CHANGED, TOPICS
from market_maker.journaling.outgoing import quote_simulated, risk_triggered, state_changed
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.actions import Place
from market_maker.model.errors import InvalidDataError
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.records import OutboxRecord, StateRecord
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks
from market_maker.sandbox.listings import LISTINGS
from market_maker.topics.schema_files import parsed_schema
from tests.contract.bus.test_bus import event

INSTRUMENT = LISTINGS[0].instrument
NOW = Nanos(1_700_000_000_000_000_001)
STATE = StateRecord(
    symbol=INSTRUMENT.symbol,
    ts=NOW,
    state=PoolState.HALTED,
    by="guard",
    reason="loss",
    config_version=7,
)


def read(event: OutboxRecord):
    return fastavro.schemaless_reader(io.BytesIO(avro_body(event)), parsed_schema(event.topic))


def test_a_move_keeps_both_states_its_time_to_the_nanosecond_and_its_reason() -> None:
    before = structs.replace(STATE, state=PoolState.ACTIVE)
    move = state_changed(RecordRequest(INSTRUMENT, 7, None), STATE, before, NOW)
    assert read(move) == {
        "event_id": move.event_id,
        "symbol": INSTRUMENT.symbol,
        "occurred_at": NOW,
        "from_state": "ACTIVE",
        "to_state": "HALTED",
        "reason": "loss",
        "actor": "guard",
        "config_version": 7,
    }


def test_a_kill_switch_names_who_or_what_and_why() -> None:
    said = read(risk_triggered(RecordRequest(INSTRUMENT, 7, None), STATE, NOW))
    assert (said["reason"], said["actor"], said["occurred_at"]) == ("loss", "guard", NOW)


def test_a_simulated_order_has_the_decimals_of_the_instrument() -> None:
    place = Place(OrderId(1), ParticipantId("alpha"), Side.SELL, 2, Ticks(650_001), Lots(3))
    said = read(quote_simulated(RecordRequest(INSTRUMENT, 7, place), place, NOW))
    assert (said["participant_id"], said["side"], said["level"]) == ("alpha", "SELL", 2)
    assert Decimal(said["price"]) == INSTRUMENT.price(Ticks(650_001))
    assert Decimal(said["size"]) == INSTRUMENT.quantity(Lots(3))


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_can_be_written(topic: str) -> None:
    assert read(event(5, topic=topic))["occurred_at"] == 5


@pytest.mark.parametrize(
    "change",
    [{"ts": "yesterday"}, {"ts": 2**63}, {"symbol": None}, {"state": "LOST"}, {"by": 1}],
    ids=str,
)
def test_a_payload_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    good = event(1, topic=STATE_CHANGED)
    payload = msgspec.json.decode(good.payload) | change
    with pytest.raises(InvalidDataError, match=r"event-1: is no event of mm\.state"):
        avro_body(structs.replace(good, payload=msgspec.json.encode(payload)))


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"{}"])
def test_what_is_no_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidDataError):
        avro_body(structs.replace(event(1, topic=QUOTE_SIMULATED), payload=payload))
