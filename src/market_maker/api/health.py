"""Is it alive, is it ready, and which build is it."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from msgspec import Struct

from market_maker.api.bearer import Authenticator
from market_maker.model.connected import Connected
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.native_engine import EngineForm, engine_form, why_interpreted
from market_maker.ports import Clock

PROBE_SECONDS_MAX = 2.0
KEPT = NANOS_PER_SECOND
"""Cache lifetime of a picture: bounds the cost of frequent requests to the database."""


class Build(Struct, frozen=True):
    """Which program this is. fingerprint: a hash over its source, equal on equal instances.
    engine: whether it runs as Python or as extension modules built from it; engine_why: why not as
    those, in words, empty where it does."""

    version: str
    fingerprint: str
    engine: EngineForm
    engine_why: str


@cache
def program_fingerprint() -> str:
    """Of the program that runs. Reads its source once."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def build() -> Build:
    """Of the program that runs."""
    version = metadata.version("market_maker")
    return Build(version, program_fingerprint(), engine_form(), why_interpreted())


class Dependency(Struct, frozen=True):
    """detail: what is wrong, or was wrong since the start; empty when nothing is to be said."""

    ready: bool
    detail: str


Probe = Callable[[], Awaitable[str | Dependency]]
"""Asks one dependency; returns it, or in words what is wrong with it, empty when nothing is."""


class Health(Struct, frozen=True):
    """status: alive, which an answer proves. ready: every dependency is. authentication: off when
    every caller that reaches the port may do everything. connected: to what; null until the service
    has started."""

    status: str
    ready: bool
    dependencies: dict[str, Dependency]
    build: Build
    shadow_mode: bool
    authentication: str
    connected: Connected | None


class HealthChecks:
    """Asks every dependency how it is, at most once a second. connected: set at the start."""

    def __init__(
        self, probes: Mapping[str, Probe], auth: Authenticator, clock: Clock, *, shadow_mode: bool
    ) -> None:
        self._probes, self._shadow = probes, shadow_mode
        self.auth, self.clock = auth, clock
        self._seen: tuple[Nanos, dict[str, Dependency]] | None = None
        self._running = asyncio.Lock()
        self.connected: Connected | None = None

    async def run(self) -> Health:
        """How it all is; the process itself answers, so that it is alive."""
        async with self._running:
            now = self.clock.now()
            if self._seen is None or now - self._seen[0] >= KEPT:
                seen = {name: await _examined(probe) for name, probe in self._probes.items()}
                self._seen = (now, seen)
            dependencies = self._seen[1]
        return Health(
            status="alive",
            ready=all(each.ready for each in dependencies.values()),
            dependencies=dependencies,
            build=build(),
            shadow_mode=self._shadow,
            authentication="on" if self.auth.enabled else "off",
            connected=self.connected,
        )

    async def ready(self) -> dict[str, bool]:
        """Of each dependency, whether it is."""
        found = await self.run()
        return {name: each.ready for name, each in found.dependencies.items()}


async def _examined(probe: Probe) -> Dependency:
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            answer = await probe()
    except TimeoutError:
        answer = f"no answer within {PROBE_SECONDS_MAX:.0f} s"
    return answer if isinstance(answer, Dependency) else Dependency(not answer, answer)
