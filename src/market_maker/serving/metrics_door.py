"""Who may read the metrics: they name every participant and what it holds."""

import hmac

from market_maker.api.access import LOCAL_NAMES
from market_maker.serving.front_door import Application, Message, Receive, Send

BEARER = b"bearer "


class MetricsDoor:
    """Access to the metrics, as an ASGI application. With a token, for requests that carry it;
    without, for requests that name this machine by a name of its own: a page that points a name at
    127.0.0.1 (DNS rebinding) gets no answer."""

    def __init__(self, inside: Application, token: str | None) -> None:
        self._inside = inside
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI."""
        if self._token is not None and not self._has_token(scope):
            await _refuse(send, 401, b"send Authorization: Bearer and the METRICS_TOKEN\n")
        elif self._token is None and not _is_called_by_its_name(scope):
            await _refuse(send, 421, b"without a token only the names of this machine are known\n")
        else:
            await self._inside(scope, receive, send)

    def _has_token(self, scope: Message) -> bool:
        assert self._token is not None
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1 or given[0][: len(BEARER)].lower() != BEARER:
            return False
        return hmac.compare_digest(given[0][len(BEARER) :].strip(), self._token)


def _is_called_by_its_name(scope: Message) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return False
    host = hosts[0].decode("latin-1").lower()
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host) in LOCAL_NAMES


async def _refuse(send: Send, status: int, content: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
    ]
    if status == 401:  # noqa: PLR2004
        headers.append((b"www-authenticate", b'Bearer realm="market-maker-metrics"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
