"""The schemas of this program, as they are registered and as fastavro wants them."""

from functools import cache
from importlib import resources
from typing import Any

import fastavro
import msgspec

PUBLISHED = ("mm.state.changed.v1", "mm.risk.triggered.v1", "mm.quote.simulated.v1")
"""Topics that this service writes."""
SNAPSHOTS, DELTAS = "md.orderbook.snap.v1", "md.orderbook.delta.v1"
MARKS, TRADES = "md.mark.v1", "md.trade.v1"
ENGINE_EVENTS = "engine.event.v1"
CONSUMED = (SNAPSHOTS, DELTAS, MARKS, TRADES, ENGINE_EVENTS)
"""Topics that this service reads."""

COMPATIBILITY = "FULL_TRANSITIVE"
"""Readers and writers are deployed independently of one another: every version can read what every
other has written."""


@cache
def schema_text(topic: str) -> str:
    """The schema of a topic as JSON without white space: registries compare texts, so that there is
    exactly one."""
    content = resources.files(f"{__package__}.schemas").joinpath(f"{topic}.avsc").read_bytes()
    return msgspec.json.format(content, indent=-1).decode()


@cache
def parsed_schema(topic: str) -> Any:
    """The same for fastavro."""
    return fastavro.parse_schema(msgspec.json.decode(schema_text(topic)))


def subject(topic: str) -> str:
    """The name under which the schema of a topic's values is registered."""
    return f"{topic}-value"
