"""The metadata service over gRPC. Every call has a deadline, and a stream that says nothing for
three heartbeats is dead."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from market_maker.model.errors import VenueUnavailableError
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.channel_tls import ChannelTls, why_closed
from market_maker.venues.metadata.service_calls import ANSWERS, LIST, REQUESTS, WATCH, path_of

VARIABLE = "METADATA_SERVICE_GRPC_URL"
SERVER = "metadata"
"""What is at the other end, where streams are counted."""
CALL_WITHIN_S = 3.0
HEARTBEAT_S = 1.0
MISSED_HEARTBEATS = 3
PAGE = 500
PAGES_MAX = 200
MESSAGE_MAX = 4_000_000

OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.max_receive_message_length", MESSAGE_MAX),
    # A server that comes back is found within a second, not within two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.enable_http_proxy", 0),
)
HEALTH_CHECK = "/grpc.health.v1.Health/Check"

_WORDS = {
    grpc.StatusCode.UNAVAILABLE: "no answer",
    grpc.StatusCode.DEADLINE_EXCEEDED: f"no answer within {CALL_WITHIN_S:.0f} s",
    grpc.StatusCode.UNIMPLEMENTED: "what answers is no metadata service",
    grpc.StatusCode.UNAUTHENTICATED: "it wants a credential",
    grpc.StatusCode.PERMISSION_DENIED: "it refuses us",
}


class MetadataClient:
    """address: host:port. tls: None for a plain connection. Every method raises
    VenueUnavailableError, which names the setting; making one raises as ChannelTls.credentials."""

    def __init__(
        self,
        address: str,
        *,
        tls: ChannelTls | None = None,
        heartbeat_s: float = HEARTBEAT_S,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        """watch: where its streams of changes are counted."""
        self._counted = watch
        self._address, self._heartbeat_s, self._is_tls = address, heartbeat_s, tls is not None
        if tls is None:
            self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(address, tls.credentials(), options=OPTIONS)
        self._list: Any = self._channel.unary_unary(path_of(LIST), **_coders(LIST))
        self._watch: Any = self._channel.unary_stream(path_of(WATCH), **_coders(WATCH))
        self._health: Any = self._channel.unary_unary(
            HEALTH_CHECK,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )

    async def close(self) -> None:
        """Hang up."""
        await self._channel.close(None)

    async def instruments(self) -> list[wire.Instrument]:
        """All that are listed."""
        found: list[wire.Instrument] = []
        token = ""
        for _ in range(PAGES_MAX):
            page = await self._answer(
                self._list, wire.ListInstrumentsRequest(page_size=PAGE, page_token=token)
            )
            found += page.instruments
            token = page.next_page_token
            if not token:
                return found
        raise self._unavailable(f"its list has more than {PAGES_MAX} pages")

    async def updates(self) -> AsyncGenerator[wire.InstrumentUpdate, None]:
        """The state of every instrument, `synced`, then each change; heartbeats in between."""
        await self._check_serving()
        request = wire.WatchInstrumentsRequest(heartbeat_ms=int(self._heartbeat_s * 1_000))
        call = self._watch(request)
        self._counted.made(SERVER)
        try:
            while True:
                async with asyncio.timeout(MISSED_HEARTBEATS * self._heartbeat_s):
                    update = await call.read()
                if update is grpc.aio.EOF:  # type: ignore[attr-defined]
                    raise self._ended(GivenUp.ENDED, "it ended the stream of changes")
                yield update
        except TimeoutError as error:
            raise self._ended(GivenUp.SILENT, "the stream of changes is silent") from error
        except grpc.aio.AioRpcError as error:
            failed = self._failed(error)
            self._counted.given_up(SERVER, GivenUp.ENDED, str(failed))
            raise failed from error
        finally:
            call.cancel()

    async def _check_serving(self) -> None:
        """A service without gRPC's health question is asked for what is wanted all the same."""
        try:
            answer = await self._health(health_pb2.HealthCheckRequest(), timeout=CALL_WITHIN_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise self._failed(error) from error
        else:
            if answer.status != health_pb2.HealthCheckResponse.SERVING:
                raise self._unavailable("it says that it does not serve")

    async def _answer(self, call: Any, request: Any) -> Any:
        try:
            return await call(request, timeout=CALL_WITHIN_S)
        except grpc.aio.AioRpcError as error:
            raise self._failed(error) from error

    def _failed(self, error: grpc.aio.AioRpcError) -> VenueUnavailableError:
        code = error.code()
        closed = why_closed(error.details() or "", is_tls=self._is_tls)
        return self._unavailable(closed or _WORDS.get(code, code.name.lower().replace("_", " ")))

    def _ended(self, why_given_up: GivenUp, problem: str) -> VenueUnavailableError:
        self._counted.given_up(SERVER, why_given_up, problem)
        return self._unavailable(problem)

    def _unavailable(self, problem: str) -> VenueUnavailableError:
        return VenueUnavailableError(f"{VARIABLE} {self._address}: {problem}")


def _coders(call: str) -> dict[str, Any]:
    return {
        "request_serializer": REQUESTS[call].SerializeToString,
        "response_deserializer": ANSWERS[call].FromString,
    }
