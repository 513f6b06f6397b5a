"""Settings with which symbols cannot be shared by several processes, and are refused."""

from market_maker.model.errors import InvalidFieldError
from market_maker.settings import Settings

WORKERS = "MM_WORKERS"


def check_workers(settings: Settings) -> None:
    """Raises InvalidFieldError for the first reason."""
    if settings.workers == 1:
        return
    if settings.postgres_url is None:
        allowed = "1 without POSTGRES_URL: workers share a PostgreSQL database"
        raise InvalidFieldError(WORKERS, settings.workers, allowed)
    if settings.hyperliquid:
        allowed = "1 with MM_HYPERLIQUID: the nonces of its key are counted in one process"
        raise InvalidFieldError(WORKERS, settings.workers, allowed)
