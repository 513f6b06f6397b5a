"""What the service does every so often beside quoting: one table."""

from functools import partial

from market_maker.accounting.marking import STEP
from market_maker.execution.exposure import TotalExposure
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.serving.clock_watch import CHECK_INTERVAL_S as CLOCK_INTERVAL_S
from market_maker.serving.collector import EVERY_S as COLLECT_S
from market_maker.serving.collector import Collector
from market_maker.serving.event_bus import CHECK_INTERVAL_S as BUS_INTERVAL_S
from market_maker.serving.live_status import LiveStatus
from market_maker.serving.opened_sources import SharedState
from market_maker.serving.parts import Parts
from market_maker.serving.periodic import Periodic
from market_maker.settings import Settings

SHARED_INTERVAL_S = 5.0
"""How often Redis is asked for a sign of life."""


def duties_of(parts: Parts, settings: Settings) -> tuple[Periodic, ...]:
    """All of them."""
    money, watching = parts.money, parts.watching
    board, history = parts.services.application.alerts, parts.services.application.history
    limit = settings.max_total_exposure_usdt

    async def relay() -> None:
        while await parts.relay.step():
            pass

    async def clock() -> None:
        leapt = watching.clock.check()
        if leapt:
            parts.lines.leap(leapt)

    async def alerts() -> None:
        health = await parts.services.health_checks.run()
        problems = {n: each.detail for n, each in health.dependencies.items() if not each.ready}
        await board.step(problems)

    duties = [
        Periodic("sampling", 0.05, money.sampler.step),
        Periodic("audit anchors", 0.25, parts.anchorer.keep_up),
        Periodic("outbox relay", 0.25, relay),
        Periodic("event bus", BUS_INTERVAL_S, parts.events.check),
        Periodic("marking", STEP / NANOS_PER_SECOND, money.marking.step),
        Periodic("clock", CLOCK_INTERVAL_S, clock),
        Periodic("roll-up", 1.0, money.rollup.step),
        Periodic("month end", 1.0, money.month_end.step),
        Periodic("payouts", 1.0, money.payouts.step),
        Periodic("settlement watch", 1.0, money.watch.step),
        Periodic("participant limits", 1.0, parts.services.application.limits.step),
        Periodic("alerts", 1.0, alerts),
        Periodic("reports", 0.5, parts.reports.step),
        Periodic("history", 0.25, history.step),
        Periodic("history records", 10.0, history.flush),
        Periodic("collector", COLLECT_S, Collector().step),
        Periodic("outbox purge", 3600.0, parts.relay.purge),
        Periodic("history purge", 3600.0, history.purge),
        Periodic("alerts purge", 3600.0, board.purge),
    ]
    if parts.shared is not None:
        controls = parts.services.application.controls
        duties.append(Periodic("live status", 1.0, LiveStatus(controls, parts.shared).step))
        duties.append(Periodic("shared state", SHARED_INTERVAL_S, partial(_ping, parts.shared)))
    if limit is not None:
        exposure = TotalExposure(parts.engines.pools.engine_host, parts.clock, limit)
        duties.append(Periodic("total exposure", 0.1, exposure.step))
    return tuple(duties)


async def _ping(shared: SharedState) -> None:
    """That it is away stands in the log, once."""
    await shared.ping()
    if shared.problem:
        raise StoreUnavailableError(shared.problem)
