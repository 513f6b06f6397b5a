"""What the service is connected to, said once at its start: in the log and on standard output."""

from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from market_maker.api.health import build
from market_maker.settings import Settings
from market_maker.storage.database import database_url


class Banner(Struct, frozen=True):
    """venue, venue_address: where orders go. database: without its password. api, metrics, panel:
    addresses of the listeners, or why there is none. authentication: whose tokens are believed."""

    version: str
    api: str
    metrics: str
    panel: str
    venue: str
    venue_address: str
    database: str
    data_dir: str
    shadow_mode: bool
    authentication: str

    def line(self) -> str:
        """For people, on one line."""
        shadow = "on, nothing is sent" if self.shadow_mode else "off"
        return (
            f"version {self.version}, venue {self.venue} ({self.venue_address}), "
            f"database {self.database}, data {self.data_dir}, shadow mode {shadow}, "
            f"authentication {self.authentication}, metrics {self.metrics}, panel {self.panel}"
        )

    def fields(self) -> dict[str, object]:
        """For the log."""
        return msgspec.structs.asdict(self)


def banner_of(settings: Settings, api: str, metrics: str, panel: str) -> Banner:
    """Of a service with these settings that listens there."""
    venue, address = "sandbox", "in this process"
    if settings.order_service_url is not None:
        venue, address = "order service", without_password(settings.order_service_url)
    url = database_url(settings.postgres_url, settings.data_dir)
    return Banner(
        version=build().version,
        api=api,
        metrics=f"{metrics}/metrics",
        panel=panel,
        venue=venue,
        venue_address=address,
        database=url.render_as_string(hide_password=True).partition("?")[0],
        data_dir=str(settings.data_dir.absolute()),
        shadow_mode=settings.shadow_mode,
        authentication=_authentication(settings),
    )


def without_password(url: str) -> str:
    """Scheme, host and path: what stands before an @ and after a ? may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _authentication(settings: Settings) -> str:
    if settings.disable_auth:
        return "off: whoever reaches the port may do everything"
    if settings.jwks_file is not None or settings.auth_service_url is not None:
        return f"tokens of {settings.jwt_issuer}"
    return "development tokens"
