"""Bytes of a message to the fields of its topic, whichever version of the schema wrote them."""

import io
from typing import Any

import fastavro
import msgspec
from fastavro.read import SchemaResolutionError

from market_maker.model.errors import (
    InvalidDataError,
    RegistryUnavailableError,
    SchemaUnknownError,
)
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.topics.framing import HEAD, schema_id_of
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import parsed_schema

Fields = dict[str, Any]
AGAIN_AFTER = Nanos(NANOS_PER_SECOND)
AGAIN_MAX = Nanos(64 * NANOS_PER_SECOND)
"""How long a registry that did not answer is left alone: at first, and doubled each time until the
most. All messages wait while it is asked: one that hangs must not hold up a market for seconds
again and again, only because messages keep coming whose schema no one has."""

BYTES_MAX = 1_000_000
"""Of a message: of a book of some 30,000 levels. Reading a longer one would keep all engines
waiting."""

_MALFORMED = (
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    StopIteration,
    TypeError,
    UnicodeDecodeError,
    ValueError,
    MemoryError,
)
"""What fastavro raises on bytes that are not of the schema."""


class Decoder:
    """Writers' schemas are asked for once, by number, and kept."""

    def __init__(self, registry: SchemaRegistry, clock: Clock) -> None:
        self._registry, self._clock = registry, clock
        self._writers: dict[int, Any] = {}
        self._pairs: dict[tuple[str, int], tuple[Any, Any]] = {}
        self._quiet_until, self._quiet = Nanos(0), AGAIN_AFTER

    async def fields(self, topic: str, value: bytes | None) -> Fields:
        """By this program's schema of the topic. Raises InvalidDataError for what cannot be read,
        RegistryUnavailableError where it cannot be read now."""
        if value is None:
            raise InvalidDataError("message", "has no value")
        if len(value) > BYTES_MAX:
            raise InvalidDataError("message", f"has {len(value)} bytes, more than {BYTES_MAX}")
        number = schema_id_of(value)
        pair = self._pairs.get((topic, number)) or await self._pair(topic, number)
        body = io.BytesIO(value)
        body.seek(HEAD)
        try:
            fields = fastavro.schemaless_reader(body, *pair)
        except SchemaResolutionError as error:
            raise InvalidDataError(
                "message", f"its schema does not fit {topic}: {error}"
            ) from error
        except _MALFORMED as error:
            said = f"is not of the schema that it names ({type(error).__name__})"
            raise InvalidDataError("message", said) from error
        if body.read(1) or not isinstance(fields, dict):
            raise InvalidDataError("message", "goes on after its end")
        return fields

    async def _pair(self, topic: str, number: int) -> tuple[Any, Any]:
        """The writer's schema and ours. None for ours where they are the same: two that need not be
        resolved are read in half the time."""
        writer, own = await self._writer(number), parsed_schema(topic)
        pair = self._pairs[topic, number] = (writer, None if writer == own else own)
        return pair

    async def _writer(self, number: int) -> Any:
        if number not in self._writers:
            self._writers[number] = await self._fetched(number)
        return self._writers[number]

    async def _fetched(self, number: int) -> Any:
        if self._clock.now() < self._quiet_until:
            raise RegistryUnavailableError(f"schema {number}: the registry did not answer just now")
        try:
            text = await self._registry.text_of(number)
        except RegistryUnavailableError:
            self._quiet_until = Nanos(self._clock.now() + self._quiet)
            self._quiet = min(AGAIN_MAX, Nanos(2 * self._quiet))
            raise
        except SchemaUnknownError as error:
            self._quiet = AGAIN_AFTER
            self._quiet_until = Nanos(self._clock.now() + AGAIN_AFTER)
            raise InvalidDataError("message", str(error)) from error
        self._quiet = AGAIN_AFTER
        try:
            return fastavro.parse_schema(msgspec.json.decode(text))
        except (msgspec.DecodeError, fastavro.schema.SchemaParseException, *_MALFORMED) as error:
            raise InvalidDataError("message", f"schema {number} is no Avro schema") from error
