"""The engines as the edge sees them: what their workers published last."""

from collections.abc import Callable, Iterable, Mapping

from market_maker.execution.alarms import SERVICE
from market_maker.execution.pass_watch import Shortage
from market_maker.execution.published_pool import PublishedPool, orphaned
from market_maker.execution.spare_time import SpareTime
from market_maker.model.events import ExposureTold
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.serving.worker_wire import Configure, OneWay, PoolsPublished, TellExposure

WATCHED_FOR = Nanos(2 * NANOS_PER_SECOND)
"""How long a reader of live pictures counts as one: the slowest there is reads one a second."""


class EnginesMirror:
    """execution.engines.Engines. shadow: nothing is sent to any venue. slowest: how late the
    slowest loop among the workers came; short: which of them lack processor time. forward: brings
    to the worker of a symbol what needs no answer. spare: no engine is stepped here, so that all
    time is."""

    def __init__(self, clock: Clock, *, shadow: bool) -> None:
        self._clock = clock
        self._pools: dict[str, PublishedPool] = {}
        self.shadow = shadow
        self.spare = SpareTime(clock)
        self.slowest: Callable[[], int] = lambda: 0
        self.short: Callable[[], Mapping[str, Shortage]] = dict
        self.forward: Callable[[str, OneWay], None] = lambda _symbol, _what: None

    @property
    def lag_ns(self) -> int:
        return self.slowest()

    @property
    def shortages(self) -> Mapping[str, Shortage]:
        return self.short()

    @property
    def is_watched(self) -> bool:
        """Whether live pictures are read: they alone are made in spare time."""
        asked_at = self.spare.asked_at
        return asked_at > 0 and self._clock.now() - asked_at < WATCHED_FOR

    def get(self, symbol: str) -> PublishedPool | None:
        return self._pools.get(symbol)

    def runners(self) -> tuple[PublishedPool, ...]:
        return tuple(self._pools[symbol] for symbol in sorted(self._pools))

    def configure(self, config: PoolConfig) -> None:
        if config.symbol in self._pools:
            self.forward(config.symbol, Configure(config))

    def tell(self, symbol: str, event: ExposureTold) -> None:
        if symbol in self._pools:
            self.forward(symbol, TellExposure(symbol, event))

    def take(self, news: PoolsPublished) -> None:
        """What a worker publishes."""
        for pool in news.pools:
            self._pools[pool.symbol] = pool
        for symbol in news.gone:
            self._pools.pop(symbol, None)

    def orphan(self, symbols: Iterable[str], reason: str) -> list[PublishedPool]:
        """The worker of these is gone; returns those that were ACTIVE, as they are now."""
        now, were_active = self._clock.now(), []
        for symbol in symbols:
            pool = self._pools.get(symbol)
            if pool is None:
                continue
            left = self._pools[symbol] = orphaned(pool, now, SERVICE.subject, reason)
            if left.state is not pool.state:
                were_active.append(left)
        return were_active
