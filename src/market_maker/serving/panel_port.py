"""The panel's own listener: PANEL_PORT, or 3001 where that is free."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from market_maker.model.errors import InvalidFieldError
from market_maker.serving.listeners import listen
from market_maker.settings import Settings

PANEL_PORT = 3001
"""The documented port."""

PORT_TAKEN = f"none: port {PANEL_PORT} is taken, set PANEL_PORT to a free one"


def panel_socket(settings: Settings) -> socket.socket | None:
    """A listening socket; None where the documented port is taken and no other was asked for: a
    second service on one machine runs all the same. Raises InvalidFieldError for a PANEL_PORT
    that was given and is taken."""
    if settings.panel_port is not None:
        return listen("PANEL_PORT", settings.http_host, settings.panel_port)
    try:
        return listen("PANEL_PORT", settings.http_host, PANEL_PORT)
    except InvalidFieldError:
        return None


@contextmanager
def panel_listener(settings: Settings) -> Iterator[socket.socket | None]:
    """The same, closed at the end, also where a later step of the start fails."""
    opened = panel_socket(settings)
    try:
        yield opened
    finally:
        if opened is not None:
            opened.close()
