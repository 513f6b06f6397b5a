"""Settings that open the service too far, and are refused."""

from urllib.parse import urlsplit

from market_maker.api.bearer import is_loopback
from market_maker.model.errors import InvalidFieldError
from market_maker.settings import Settings


def check_open_doors(settings: Settings) -> None:
    """Raises InvalidFieldError for the first of them."""
    if settings.disable_auth:
        _check_without_authentication(settings)
    if settings.metrics_token is None and not is_loopback(settings.metrics_host):
        allowed = f"a token: others can reach METRICS_HOST {settings.metrics_host}"
        raise InvalidFieldError("METRICS_TOKEN", None, allowed)


def _check_without_authentication(settings: Settings) -> None:
    if not is_loopback(settings.http_host):
        allowed = f"false: a listener is on {settings.http_host}, which others can reach"
        raise InvalidFieldError("DISABLE_AUTH", "true", allowed)
    server = None if settings.postgres_url is None else _server_of(settings.postgres_url)
    if server is not None and not is_loopback(server):
        # Whose database lies elsewhere is no developer who tries something out.
        allowed = f"false: the database of POSTGRES_URL is on {server}"
        raise InvalidFieldError("DISABLE_AUTH", "true", allowed)
    if settings.require_halt_review:
        allowed = "false with REQUIRE_HALT_REVIEW: without authentication no name is proved"
        raise InvalidFieldError("DISABLE_AUTH", "true", allowed)


def _server_of(postgres_url: str) -> str | None:
    """Where the database is; None on a socket of this machine. What is no address is refused
    elsewhere."""
    try:
        return urlsplit(postgres_url).hostname
    except ValueError:
        return None
