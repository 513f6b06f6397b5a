"""The five bytes in front of an Avro body: a zero, and the number of the writer's schema."""

from market_maker.model.errors import InvalidDataError

MAGIC = b"\x00"
HEAD = 5


def framed(schema_id: int, body: bytes) -> bytes:
    """A message's value. schema_id: 0 to 2**32 - 1."""
    return MAGIC + schema_id.to_bytes(HEAD - 1, "big") + body


def schema_id_of(value: bytes) -> int:
    """The number of the writer's schema. Raises InvalidDataError for what is not framed so."""
    if len(value) < HEAD or value[:1] != MAGIC:
        raise InvalidDataError("message", "does not begin with the number of its schema")
    return int.from_bytes(value[1:HEAD], "big")
