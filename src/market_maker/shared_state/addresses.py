"""Where shared state is. Loads no client."""

from urllib.parse import urlsplit

from market_maker.model.errors import InvalidFieldError

ALLOWED = "redis(s)://[user:password@]host[:port][/number]"
HIDDEN = "…"


def redis_url(variable: str, text: str) -> str:
    """Raises InvalidFieldError, which never repeats the text: it may hold a password."""
    try:
        parts = urlsplit(text)
        port_fits = parts.port != 0
    except ValueError:
        raise InvalidFieldError(variable, HIDDEN, ALLOWED) from None
    database = parts.path.strip("/")
    whole = port_fits and parts.hostname and parts.scheme in {"redis", "rediss"}
    if not whole or parts.query or (database and not database.isdecimal()):
        raise InvalidFieldError(variable, HIDDEN, ALLOWED)
    return text
