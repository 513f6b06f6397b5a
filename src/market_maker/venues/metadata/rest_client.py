"""The metadata service over REST, for when gRPC does not answer: GET /v1/instruments, the messages
in protobuf's JSON."""

from http import HTTPStatus

import aiohttp
from google.protobuf import json_format

from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.http import bounded, why
from market_maker.venues.metadata import metadata_pb2 as wire

VARIABLE = "METADATA_SERVICE_URL"
"""Stands for the address in what people read: it may hold a password."""
LIST_PATH = "/v1/instruments"
TIMEOUT_S = 3.0
BODY_MAX = 8_000_000
CHUNK = 65_536


class MetadataRest:
    """url: of the service, without a path of its own."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + LIST_PATH

    async def instruments(self) -> list[wire.Instrument]:
        """All that are listed. Raises VenueUnavailableError."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self._url, allow_redirects=False) as answer,
            ):
                body = await bounded(answer.content.iter_chunked(CHUNK), BODY_MAX)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise VenueUnavailableError(f"{VARIABLE}: no answer ({why(error)})") from error
        if answer.status != HTTPStatus.OK:
            raise VenueUnavailableError(f"{VARIABLE}: {answer.status} to GET {LIST_PATH}")
        listed = wire.ListInstrumentsResponse()
        try:
            json_format.Parse(body, listed, ignore_unknown_fields=True)
        except (json_format.ParseError, UnicodeDecodeError) as error:
            problem = f"what answers GET {LIST_PATH} is no list of instruments"
            raise VenueUnavailableError(f"{VARIABLE}: {problem}") from error
        return list(listed.instruments)
