"""The calls of the metadata service by name, for its client and for who emulates it."""

from typing import Any

from market_maker.venues.metadata import metadata_pb2 as wire

SERVICE = "tradex.metadata.v1.MetadataService"
GET, LIST, WATCH = "GetInstrument", "ListInstruments", "WatchInstruments"

REQUESTS: dict[str, Any] = {
    GET: wire.GetInstrumentRequest,
    LIST: wire.ListInstrumentsRequest,
    WATCH: wire.WatchInstrumentsRequest,
}
ANSWERS: dict[str, Any] = {
    GET: wire.GetInstrumentResponse,
    LIST: wire.ListInstrumentsResponse,
    WATCH: wire.InstrumentUpdate,
}


def path_of(call: str) -> str:
    """As HTTP/2 carries it."""
    return f"/{SERVICE}/{call}"
