import io
import random

import fastavro
import msgspec
import pytest
from fastavro.utils import generate_one

from market_maker.clocks import SimClock, WallClock
from market_maker.model.errors import (
    InvalidDataError,
    RegistryUnavailableError,
    SchemaUnknownError,
)
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.topics.framing import framed
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import CONSUMED, DELTAS, MARKS, parsed_schema, schema_text
from market_maker.venues.exchange.decoding import AGAIN_MAX, Decoder
from tests.support.exchange_messages import delta, mark, message

pytestmark = pytest.mark.anyio


class Schemas(SchemaRegistry):
    """A registry of what the test says. asked: how often."""

    def __init__(self, *texts: str) -> None:
        super().__init__("http://localhost")
        self._known = dict(enumerate(texts, 1))
        self.asked, self.away = 0, False

    async def text_of(self, schema_id: int) -> str:
        self.asked += 1
        if self.away:
            raise RegistryUnavailableError("away")
        if schema_id not in self._known:
            raise SchemaUnknownError(f"there is no schema {schema_id}")
        return self._known[schema_id]


def decoder(*texts: str) -> tuple[Decoder, Schemas]:
    schemas = Schemas(*texts)
    return Decoder(schemas, WallClock()), schemas


async def how_often_asked(reader: Decoder, schemas: Schemas, clock: SimClock, seconds: int) -> int:
    """While a message of a schema that no one has comes ten times a second."""
    before = schemas.asked
    for _ in range(10 * seconds):
        with pytest.raises((InvalidDataError, RegistryUnavailableError)):
            await reader.fields(DELTAS, message(DELTAS, delta(1), schema_id=99))
        clock.advance_to(Nanos(clock.now() + NANOS_PER_SECOND // 10))
    return schemas.asked - before


def changed(topic: str, **changes) -> str:
    schema = msgspec.json.decode(schema_text(topic))
    kept = [field for field in schema["fields"] if field["name"] not in changes]
    schema["fields"] = kept + [change for change in changes.values() if change]
    return msgspec.json.encode(schema).decode()


@pytest.mark.parametrize("topic", CONSUMED)
async def test_every_topic_has_a_schema_by_which_it_is_read(topic: str) -> None:
    reader, schemas = decoder(schema_text(topic))
    fields = generate_one(parsed_schema(topic))
    for _ in range(3):
        assert (await reader.fields(topic, message(topic, fields))).keys() == fields.keys()
    assert schemas.asked == 1


async def test_a_newer_version_is_read_without_what_it_adds() -> None:
    new = {"name": "venue", "type": "string", "default": ""}
    text = changed(MARKS, venue=new)
    body = io.BytesIO()
    writer = fastavro.parse_schema(msgspec.json.decode(text))
    fastavro.schemaless_writer(body, writer, mark(1) | {"venue": "x"})
    fields = await decoder(text)[0].fields(MARKS, framed(1, body.getvalue()))
    assert "venue" not in fields
    assert fields["seq"] == 1


async def test_a_version_that_cannot_be_resolved_is_no_message() -> None:
    reader, _ = decoder(schema_text(MARKS))
    with pytest.raises(InvalidDataError, match=r"does not fit md\.orderbook\.delta\.v1"):
        await reader.fields(DELTAS, message(MARKS, mark(1)))


async def test_a_schema_or_a_message_without_a_bottom_is_refused() -> None:
    """Both are read by recursion."""
    text = changed(MARKS, next={"name": "next", "type": ["null", "MarkPrice"], "default": None})
    name = msgspec.json.decode(text)["name"]
    text = text.replace('"MarkPrice"', f'"{name}"')
    body = io.BytesIO()
    writer = fastavro.parse_schema(msgspec.json.decode(text))
    fastavro.schemaless_writer(body, writer, mark(1) | {"next": None})
    deeper = body.getvalue()[:-1] + b"\x02"
    with pytest.raises(InvalidDataError):
        await decoder(text)[0].fields(MARKS, framed(1, deeper * 100_000))
    with pytest.raises(InvalidDataError, match="no Avro schema"):
        await decoder("[" * 100_000)[0].fields(MARKS, message(MARKS, mark(1)))


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\x00\x00\x00\x00\x01"])
async def test_what_is_no_message_is_refused(value: bytes | None) -> None:
    with pytest.raises(InvalidDataError):
        await decoder(schema_text(DELTAS))[0].fields(DELTAS, value)


async def test_an_unknown_number_is_refused_and_the_registry_is_left_alone_for_a_while() -> None:
    reader, schemas = decoder()
    with pytest.raises(InvalidDataError, match="there is no schema 1"):
        await reader.fields(DELTAS, message(DELTAS, delta(1)))
    with pytest.raises(RegistryUnavailableError):
        await reader.fields(DELTAS, message(DELTAS, delta(1)))
    assert schemas.asked == 1


async def test_a_registry_that_stays_away_is_asked_less_and_less_and_at_once_when_it_is_back() -> (
    None
):
    clock, schemas = SimClock(Nanos(0)), Schemas(schema_text(DELTAS))
    reader = Decoder(schemas, clock)
    schemas.away = True
    # All messages wait for each answer that does not come, two seconds long.
    assert await how_often_asked(reader, schemas, clock, 60) == 6
    assert await how_often_asked(reader, schemas, clock, 600) <= 10
    clock.advance_to(Nanos(clock.now() + AGAIN_MAX))
    schemas.away = False
    await reader.fields(DELTAS, message(DELTAS, delta(2)))
    assert await how_often_asked(reader, schemas, clock, 10) == 10


async def test_known_schemas_are_read_while_the_registry_is_away() -> None:
    reader, schemas = decoder(schema_text(DELTAS))
    await reader.fields(DELTAS, message(DELTAS, delta(1)))
    schemas.away = True
    assert (await reader.fields(DELTAS, message(DELTAS, delta(2))))["last_seq"] == 2
    with pytest.raises(RegistryUnavailableError):
        await reader.fields(DELTAS, message(DELTAS, delta(1), schema_id=2))


async def test_no_truncation_and_no_corruption_does_more_than_be_refused() -> None:
    reader, _ = decoder(schema_text(DELTAS))
    whole, dice = message(DELTAS, delta(1)), random.Random(7)
    for cut in range(len(whole)):
        with pytest.raises(InvalidDataError):
            await reader.fields(DELTAS, whole[:cut])
    refused = 0
    for _ in range(2_000):
        broken = bytearray(whole)
        broken[dice.randrange(5, len(whole))] = dice.randrange(256)
        try:
            await reader.fields(DELTAS, bytes(broken))
        except InvalidDataError:
            refused += 1
    assert refused > 200
    with pytest.raises(InvalidDataError, match="goes on after its end"):
        await reader.fields(DELTAS, whole + b"\0")
