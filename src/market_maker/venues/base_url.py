"""Addresses and tokens in settings: checked, and never repeated where a password may be in them.

Loads no HTTP: every command reads settings, and a kill is in a hurry.
"""

from urllib.parse import urlsplit

from market_maker.model.errors import InvalidFieldError

HIDDEN = "…"
"""Stands for a value that may hold a password."""

ALLOWED = "http(s)://[user:password@]host[:port][/path], without ?query or #fragment"


def base_url(variable: str, text: str) -> str:
    """The address in the setting `variable`, without a slash at its end. Raises InvalidFieldError,
    which never repeats the text: any part of it may be a password, the scheme included."""
    try:
        parts = urlsplit(text)
        port_fits = parts.port != 0
    except ValueError:
        raise InvalidFieldError(variable, HIDDEN, ALLOWED) from None
    plain = text.isprintable() and " " not in text and not {"?", "#"} & set(text)
    if not (plain and port_fits and parts.hostname and parts.scheme in {"http", "https"}):
        raise InvalidFieldError(variable, HIDDEN, ALLOWED)
    return text.rstrip("/")


def credential(variable: str, text: str) -> str:
    """The bearer token in the setting `variable`. Raises InvalidFieldError, which never repeats
    the text, for one that no header can carry."""
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise InvalidFieldError(variable, HIDDEN, "a token of printable ASCII without spaces")
    return text
