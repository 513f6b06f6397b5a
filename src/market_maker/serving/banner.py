"""What the service is connected to, said once at its start: in the log and on standard output."""

from urllib.parse import urlsplit

import msgspec

from market_maker.api.health import build
from market_maker.model.connected import HYPERLIQUID, SANDBOX, Connected
from market_maker.model.shared_fields import shared_fields
from market_maker.native_engine import EngineForm
from market_maker.settings import Settings
from market_maker.storage.database import database_url


class Banner(Connected, frozen=True, kw_only=True):
    """api, panel: addresses of the listeners, or why there is none. engine: how it runs;
    engine_why: why not natively."""

    engine: EngineForm
    engine_why: str
    api: str
    panel: str

    @property
    def connected(self) -> Connected:
        """Without the addresses at which this is read."""
        names = Connected.__struct_fields__
        return Connected(**{name: getattr(self, name) for name in names})

    def line(self) -> str:
        """For people, on one line."""
        shadow = "on, nothing is sent" if self.shadow_mode else "off"
        why = f" ({self.engine_why})" if self.engine_why else ""
        return (
            f"version {self.version}, engine {self.engine}{why}, "
            f"venue {self.venue} ({self.venue_address}), "
            f"instruments {self.instruments}, "
            f"database {self.database}, events {self.events}, shared state {self.shared_state}, "
            f"wallet {self.wallet}, data {self.data_dir}, "
            f"shadow mode {shadow}, authentication {self.authentication}, "
            f"metrics {self.metrics}, panel {self.panel}, engines {self.processes}"
        )

    def fields(self) -> dict[str, object]:
        """For the log."""
        return msgspec.structs.asdict(self)


def banner_of(settings: Settings, api: str, metrics: str, panel: str) -> Banner:
    """Of a service with these settings that listens there."""
    venue, address, program = *venues_of(settings), build()
    url = database_url(settings.postgres_url, settings.data_dir)
    return Banner(
        **shared_fields(Banner, program),
        api=api,
        metrics=f"{metrics}/metrics",
        panel=panel,
        venue=venue,
        venue_address=address,
        instruments=_instruments(settings),
        database=url.render_as_string(hide_password=True).partition("?")[0],
        events=_events(settings),
        shared_state=_elsewhere("Redis", settings.redis_url),
        wallet=_elsewhere("", settings.wallet_url),
        data_dir=str(settings.data_dir.absolute()),
        shadow_mode=settings.shadow_mode,
        authentication=_authentication(settings),
        processes=_processes(settings),
    )


def venue_of(settings: Settings) -> tuple[str, str]:
    """Where orders go of pools that do not say otherwise, and its address."""
    if settings.order_service_url is not None:
        return "order service", without_password(settings.order_service_url)
    return SANDBOX, "in this process"


def venues_of(settings: Settings) -> tuple[str, str]:
    """All of them, and their addresses."""
    venue, address = venue_of(settings)
    if not settings.hyperliquid:
        return venue, address
    return f"{venue}, {HYPERLIQUID}", f"{address}; {settings.hyperliquid_url}"


def without_password(url: str) -> str:
    """Scheme, host and path: what stands before an @ and after a ? may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _instruments(settings: Settings) -> str:
    """Those of a metadata service count with an order service only."""
    if settings.order_service_url is None:
        return "of the sandbox"
    if settings.metadata_address is None:
        return "of the order service"
    tls = " (TLS)" if settings.metadata_tls else ""
    return f"of the metadata service at {settings.metadata_address}{tls}"


def _elsewhere(what: str, url: str | None) -> str:
    """Where a server is that has its own address, else that it is not needed."""
    if url is None:
        return "in this process"
    return f"{what} at {without_password(url)}".removeprefix(" at ")


def _events(settings: Settings) -> str:
    if settings.kafka_brokers is None:
        return "in this process"
    return f"Kafka at {settings.kafka_brokers} ({settings.kafka_security_protocol})"


def _processes(settings: Settings) -> str:
    return "in this process" if settings.workers == 1 else f"in {settings.workers} workers"


def _authentication(settings: Settings) -> str:
    if settings.disable_auth:
        return "off: every caller may do everything"
    if settings.jwks_file is not None or settings.auth_service_url is not None:
        return f"tokens of {settings.jwt_issuer}"
    return "development tokens"
