"""Addresses as people write them: of servers and of accounts.

Settings are read with it, by every command: it loads neither the clients nor the curve.
"""

from urllib.parse import urlsplit

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.base_url import HIDDEN, base_url

MAINNET_URL = "https://api.hyperliquid.xyz"
TESTNET_URL = "https://api.hyperliquid-testnet.xyz"
LOCAL_URL = "http://localhost:3001"
"""Of an emulator."""

NETWORKS = {"mainnet": MAINNET_URL, "testnet": TESTNET_URL, "localhost": LOCAL_URL}

ADDRESS_LENGTH = 42
KEY_DIGITS = 64
"""Of a private key in hex."""


def network_url(variable: str, text: str) -> str:
    """The server of a network by name, or a server's address. Raises InvalidFieldError."""
    if text in NETWORKS:
        return NETWORKS[text]
    if "://" not in text:
        shown = HIDDEN if "@" in text else text
        raise InvalidFieldError(variable, shown, f"{', '.join(NETWORKS)}, or a server's URL")
    return server_url(variable, text)


def server_url(variable: str, text: str) -> str:
    """A base address, checked: plain http only on this machine, for orders and balances travel by
    it. Raises InvalidFieldError, which does not repeat what may hold a password."""
    url = base_url(variable, text)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        shown = HIDDEN if "@" in url else url
        raise InvalidFieldError(variable, shown, "https://host, or http://localhost:port")
    return url


def socket_url(url: str) -> str:
    """Where its websocket is."""
    return "ws" + url.removeprefix("http") + "/ws"


def address(field: str, text: str) -> str:
    """An account address in lower case: 0x and 40 hex digits. Raises InvalidFieldError."""
    lowered = text.strip().lower()
    try:
        if len(lowered) == ADDRESS_LENGTH and lowered.startswith("0x"):
            bytes.fromhex(lowered[2:])
            return lowered
    except ValueError:
        pass
    if len(lowered.removeprefix("0x")) == KEY_DIGITS:
        # Most likely a private key in the wrong place.
        raise InvalidFieldError(field, "(hidden)", "an address: 0x and 40 hex digits")
    raise InvalidFieldError(field, text, "an address: 0x and 40 hex digits")
