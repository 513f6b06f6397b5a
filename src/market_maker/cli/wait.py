"""`market_maker wait`: until the service is ready, for scripts that start it."""

import http.client
import os
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

import typer

from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidFieldError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.settings import SECONDS_MAX, settings_of

PATIENCE_S = 60.0
PAUSE = Nanos(100 * NANOS_PER_MS)
ANSWER_S = 5.0
READY = 200
CUT = 200
"""Characters of an answer that are shown."""


def command(
    seconds: Annotated[float, typer.Option(help="Give up after so long.")] = PATIENCE_S,
    url: Annotated[
        str | None,
        typer.Option(help="Of the service; else HTTP_HOST and HTTP_PORT of the environment."),
    ] = None,
) -> None:
    """Wait until GET /health/ready answers 200, and print the service's address. Exit code 1 when
    that takes too long, with the last answer."""
    if not 0 < seconds <= SECONDS_MAX:
        raise InvalidFieldError("seconds", seconds, f"above 0, at most {SECONDS_MAX:.0f}")
    base = url if url is not None else service_address()
    parts = urlsplit(base)
    if parts.scheme != "http" or not parts.hostname:
        raise InvalidFieldError("url", base, "http://host[:port]")
    wait_until(lambda: problem_at(parts.hostname or "", parts.port or 80), seconds, WallClock())
    typer.echo(f"ready: {base}")


def service_address() -> str:
    """Of the service on this machine, from the environment. Raises InvalidFieldError."""
    settings = settings_of(os.environ)
    if settings.http_port == 0:
        allowed = "the port that the service says at its start, as --url http://host:port"
        raise InvalidFieldError("HTTP_PORT", "any", allowed)
    host = f"[{settings.http_host}]" if ":" in settings.http_host else settings.http_host
    return f"http://{host}:{settings.http_port}"


def wait_until(problem: Callable[[], str], seconds: float, clock: Clock) -> None:
    """Ask until there is no problem. Raises VenueUnavailableError after `seconds`."""
    until = clock.now() + round(seconds * NANOS_PER_SECOND)
    while missing := problem():
        if clock.now() >= until:
            raise VenueUnavailableError(f"not ready after {seconds:g} s: {missing}")
        clock.sleep(PAUSE)


def problem_at(host: str, port: int) -> str:
    """Why the service there is not ready; empty when it is."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        text = answer.read(CUT).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{host}:{port}: {error}"
    finally:
        connection.close()
    return "" if answer.status == READY else f"{host}:{port} answers {answer.status}: {text}"
