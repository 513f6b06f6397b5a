"""Refuses malformed requests of every listener before any other code reads them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

TWO_LENGTHS = b'{"type":"malformed","title":"malformed","status":400,"detail":"%s"}' % (
    b"there are both Content-Length and Transfer-Encoding: the connection is closed"
)


class FrontDoor:
    """An ASGI application behind which `inside` stands. A body with two lengths is refused, and
    its connection closed: where a proxy counts by the one and we by the other, what one of us
    takes for the rest of it, the other takes for a request."""

    def __init__(self, inside: Application) -> None:
        self._inside = inside

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI."""
        names = {name for name, _ in scope.get("headers", ())}
        if not {b"content-length", b"transfer-encoding"} <= names:
            await self._inside(scope, receive, send)
            return
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(TWO_LENGTHS)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": TWO_LENGTHS})
