"""Redis as shared state: buckets of requests, and the live picture of every pool.

A server that is away or slow is asked again after QUIET only, so that requests do not wait for it;
meanwhile each process counts by itself. docs/adr/0025-shared-state.md.
"""

import ssl
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    InvalidResponse,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from market_maker.model.shown_url import shown_url
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp

VARIABLE = "REDIS_URL"
ANSWER_WITHIN_S = 0.25
QUIET = Nanos(NANOS_PER_SECOND)
PREFIX = "market_maker"
PICTURE_LIFE_S = 5
"""A picture that its owner does not renew is gone after this."""
NANOS_PER_MICRO = 1_000
SERVER = "redis"
"""What is at the other end, where connections are counted."""
SAID_MAX = 80
"""Characters of a server's own words."""

# GCRA (ITU I.371) by the server's own clock: when the bucket will be full again, in microseconds.
TAKE = """
local at = redis.call('TIME')
local now = at[1] * 1000000 + at[2]
local step, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + step
local early = full - now - burst * step
if early > 0 then return early end
local life = math.ceil((full - now) / 1000) + 1
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', life)
return 0
"""


class RedisState:
    """problem: why it is not shared now, in words; empty while it is. away: how often that was."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        answer_within_s: float = ANSWER_WITHIN_S,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        """watch: where its connections are counted."""
        self._clock, self._watch = clock, watch
        # redis-py repeats by itself, many times what a request may take.
        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=answer_within_s,
            socket_connect_timeout=answer_within_s,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._greeted,
        )
        self._named = f"{VARIABLE} {shown_url(url)}"
        self._take = self._redis.register_script(TAKE)
        self._quiet_until = Nanos(0)
        self.problem = "it has not been asked yet"
        self.away = 0

    async def close(self) -> None:
        """Hang up."""
        await self._redis.aclose()

    async def wait(self, name: str, per_second: int, burst: int) -> Nanos | None:
        """Count a request in the bucket of a name: 0 if it may go on, else how long to wait before
        the next; None where the server does not answer."""
        if self._clock.now() < self._quiet_until:
            return None
        key, step = f"{PREFIX}:bucket:{name}", 1_000_000 // per_second
        try:
            micros = await self._take(keys=[key], args=[step, burst])
        except (RedisError, OSError) as error:
            self._failed(error)
            return None
        self.problem = ""
        return Nanos(int(micros) * NANOS_PER_MICRO)

    async def show(self, pictures: Mapping[str, bytes]) -> None:
        """Keep the picture of each symbol for PICTURE_LIFE_S, and publish it."""
        if not pictures or self._clock.now() < self._quiet_until:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for symbol, picture in pictures.items():
                pipe.set(f"{PREFIX}:live:{symbol}", picture, ex=PICTURE_LIFE_S)
                pipe.publish(f"{PREFIX}:live", picture)
            try:
                await pipe.execute()
            except (RedisError, OSError) as error:
                self._failed(error)
            else:
                self.problem = ""

    async def ping(self) -> None:
        """Ask for a sign of life."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            self._failed(error)
        else:
            self.problem = ""

    async def _greeted(self, connection: Any) -> None:
        """As the client does by itself."""
        await connection.on_connect()
        self._watch.made(SERVER)

    def _failed(self, error: Exception) -> None:
        self.away += 1
        if not isinstance(error, ResponseError):
            # After a refusal in its own words the connection goes on.
            self._watch.given_up(SERVER, _given_up(error), _why(error))
        self._quiet_until = Nanos(self._clock.now() + QUIET)
        self.problem = f"{self._named}: {_why(error)}; each process counts requests by itself"


def _given_up(error: Exception) -> GivenUp:
    if isinstance(error, InvalidResponse):
        return GivenUp.UNREADABLE
    return GivenUp.SILENT if isinstance(error, RedisTimeoutError) else GivenUp.ENDED


def _why(error: Exception) -> str:
    """In words, without what a server may repeat of a password."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return "it refuses the user or the password"
    if isinstance(error, ResponseError):
        return f"it answers {str(error)[:SAID_MAX]!r}"
    if isinstance(error, InvalidResponse):
        return "what answers is no Redis"
    if isinstance(error, RedisTimeoutError):
        return "no answer in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"no TLS with it ({cause.reason})"
        cause = cause.__cause__ or cause.__context__
    return "no answer"
