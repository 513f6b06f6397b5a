"""Listeners: sockets that are ours before anything starts, and HTTP servers in our own loop."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import uvicorn
from typing_extensions import override

from market_maker.model.errors import InvalidFieldError
from market_maker.serving.connections import ConnectionBook, ConnectionLimits, GuardedProtocol
from market_maker.serving.front_door import FrontDoor

BACKLOG = 1_024
GRACE_S = 2
"""How long requests that are under way may take when the process ends."""


def listen(variable: str, host: str, port: int) -> socket.socket:
    """A listening socket. Raises InvalidFieldError that names the variable and the port when it
    is taken or must not be had, and the host's variable when that is no address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except socket.gaierror as error:
        listener.close()
        raise InvalidFieldError(
            variable.replace("_PORT", "_HOST"), host, f"an address: {error.strerror}"
        ) from None
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        problem = "is taken: another process listens there" if taken else str(error.strerror)
        allowed = f"a free port; {host}:{port} {problem}"
        raise InvalidFieldError(variable, port, allowed) from None
    listener.setblocking(False)
    return listener


class Listener(uvicorn.Server):
    """An HTTP server that leaves signals to its process. book: its connections."""

    def __init__(
        self, app: Any, listener: socket.socket, limits: ConnectionLimits | None = None
    ) -> None:
        self.book = ConnectionBook(limits or ConnectionLimits())
        config = uvicorn.Config(
            FrontDoor(app),
            # uvicorn calls it; a class is wanted only by the annotation.
            http=cast("Any", partial(GuardedProtocol, book=self.book)),
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # X-Forwarded-For is unproved, and paces guesses
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self._listener = listener

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def run_until_told(self) -> None:
        """Serve until `should_exit`."""
        await self.serve(sockets=[self._listener])
