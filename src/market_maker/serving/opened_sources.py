"""What is asked outside before the parts of the service can be made."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from market_maker.api.health import Dependency, Probe
from market_maker.api.pace import SharedBuckets
from market_maker.model.errors import InvalidFieldError
from market_maker.ports import Clock, Instruments
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.serving.hyperliquid_connector import OpenedHyperliquid, hyperliquid_opened
from market_maker.serving.order_service_connector import FollowedListing
from market_maker.settings import Settings
from market_maker.telemetry.connection_tally import ConnectionTally
from market_maker.telemetry.logging import Logger

if TYPE_CHECKING:
    from market_maker.venues.metadata.channel_tls import ChannelTls


class FollowedInstruments(Instruments, FollowedListing, Protocol):
    """The metadata service's list. grid_changed: called with a symbol and what changed, in
    words."""

    grid_changed: Callable[[str, str], None]

    @property
    def detail(self) -> str:
        """What is to be said of it; empty when nothing is."""


class SharedState(SharedBuckets, Protocol):
    """Redis. problem: why it is not shared now; empty while it is."""

    problem: str

    async def show(self, pictures: Mapping[str, bytes]) -> None:
        """Keep a picture of each symbol for a few seconds, and publish it."""

    async def ping(self) -> None:
        """Ask for a sign of life."""


class OpenedSources(Struct, frozen=True):
    """hyperliquid: where pools may trade there. metadata: where the exchange's instruments come
    from its metadata service. shared: where something is shared with other processes.
    connections: that are made and given up."""

    hyperliquid: OpenedHyperliquid | None = None
    metadata: FollowedInstruments | None = None
    shared: SharedState | None = None
    connections: ConnectionTally | None = None

    @property
    def probes(self) -> dict[str, Probe]:
        """For /health."""
        return {"metadata": self.probe, "shared": self.shared_probe}

    def pause_where_grids_change(self, pause: Callable[[str, str], None]) -> None:
        """pause: takes a symbol and the reason."""
        if self.metadata is not None:
            self.metadata.grid_changed = pause

    async def probe(self) -> Dependency:
        """The metadata service, for /health. Ready in any case: the last list stays in force."""
        return Dependency(ready=True, detail="" if self.metadata is None else self.metadata.detail)

    async def shared_probe(self) -> Dependency:
        """Shared state, for /health. Ready in any case: each process can count by itself."""
        return Dependency(ready=True, detail="" if self.shared is None else self.shared.problem)


@asynccontextmanager
async def sources_opened(
    settings: Settings, clock: Clock, log: Logger, connections: ConnectionTally | None = None
) -> AsyncIterator[OpenedSources]:
    """connections: where those are counted that it makes. Raises as `hyperliquid_opened` does, and
    VenueUnavailableError where the metadata service does not answer and no list of an earlier run
    was kept."""
    watch = connections or UNCOUNTED
    async with (
        hyperliquid_opened(settings, clock, log, watch) as hyperliquid,
        _metadata_opened(settings, log, watch) as metadata,
        _shared_opened(settings, clock, watch) as shared,
    ):
        yield OpenedSources(hyperliquid, metadata, shared, connections)


@asynccontextmanager
async def _shared_opened(
    settings: Settings, clock: Clock, watch: ConnectionWatch
) -> AsyncIterator[SharedState | None]:
    """The client of Redis is loaded here and nowhere else."""
    if settings.redis_url is None:
        yield None
        return
    from market_maker.shared_state.redis_state import RedisState  # noqa: PLC0415  as it says above

    shared = RedisState(settings.redis_url, clock, watch=watch)
    try:
        await shared.ping()
        yield shared
    finally:
        await shared.close()


@asynccontextmanager
async def _metadata_opened(
    settings: Settings, log: Logger, watch: ConnectionWatch
) -> AsyncIterator[FollowedInstruments | None]:
    """gRPC is loaded here and nowhere else."""
    if settings.metadata_address is None or settings.order_service_url is None:
        yield None
        return
    from market_maker.venues.metadata.directory import (  # noqa: PLC0415  as it says above
        CACHE_NAME,
        InstrumentDirectory,
    )
    from market_maker.venues.metadata.grpc_client import MetadataClient  # noqa: PLC0415
    from market_maker.venues.metadata.rest_client import MetadataRest  # noqa: PLC0415

    tls = metadata_tls_of(settings)
    client = MetadataClient(settings.metadata_address, tls=tls, watch=watch)
    rest = None if settings.metadata_url is None else MetadataRest(settings.metadata_url)
    directory = InstrumentDirectory(client, rest, settings.data_dir / CACHE_NAME, log)
    try:
        await directory.load()
        yield directory
    finally:
        await client.close()


def metadata_tls_of(settings: Settings) -> "ChannelTls | None":
    """How the metadata service is reached by TLS, tried; None for a plain connection. Raises
    InvalidFieldError for settings that do not fit together, InvalidDataError for a file that is
    not what it should be."""
    files = {
        "METADATA_SERVICE_GRPC_CA_FILE": settings.metadata_ca_file,
        "METADATA_SERVICE_GRPC_CERTIFICATE_FILE": settings.metadata_certificate_file,
        "METADATA_SERVICE_GRPC_KEY_FILE": settings.metadata_key_file,
    }
    if not settings.metadata_tls:
        for variable, file in files.items():
            if file is not None:
                allowed = "unset, or METADATA_SERVICE_GRPC_TLS=true"
                raise InvalidFieldError(variable, str(file), allowed)
        return None
    from market_maker.venues.metadata.channel_tls import ChannelTls  # noqa: PLC0415  gRPC

    tls = ChannelTls(
        ca_file=settings.metadata_ca_file,
        certificate_file=settings.metadata_certificate_file,
        key_file=settings.metadata_key_file,
    )
    tls.credentials()
    return tls
