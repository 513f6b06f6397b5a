"""The engines that a service commands and shows: in this process, or in workers beside it. The
table of the two ways, which differ in nothing else."""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec
from msgspec import Struct

from market_maker.api.health import Probe
from market_maker.execution.running_pools import RunningPools
from market_maker.operations.overview import Overview
from market_maker.operations.pool_controls import PoolControls
from market_maker.ports import Clock
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.remote_controls import RemoteControls
from market_maker.serving.trading_life import EngineSide, TradingLife, TradingSide
from market_maker.serving.worker_fleet import WorkerFleet
from market_maker.serving.worker_metrics import JoinedMetrics
from market_maker.serving.worker_process import spawned
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logger
from market_maker.telemetry.metrics import Metrics, MetricSources


class ServedEngines(Struct, frozen=True):
    """side: their life. pools: the directory in which they stand. controls: their commands.
    probes: what /health asks of them. metrics: makes the page."""

    side: EngineSide
    pools: RunningPools
    controls: PoolControls
    probes: Mapping[str, Probe]
    metrics: Callable[[MetricSources, Clock], Metrics]


def engines_of(
    settings: Settings,
    side: TradingSide,
    pools: RunningPools,
    log: Logger,
    sources: OpenedSources,
) -> ServedEngines:
    """By the number of workers. side, pools: of this process."""
    if settings.workers > 1:
        return _in_workers(settings, side, pools, log, sources)
    alone = settings.postgres_url is None
    life = TradingLife(side, settings.data_dir, log, alone=alone)
    return ServedEngines(life, pools, side.controls, {}, Metrics)


def _in_workers(
    settings: Settings,
    side: TradingSide,
    pools: RunningPools,
    log: Logger,
    sources: OpenedSources,
) -> ServedEngines:
    mirror = EnginesMirror(side.clock, shadow=settings.shadow_mode)
    seen = msgspec.structs.replace(pools, engine_host=mirror)
    fleet = WorkerFleet(
        settings.workers,
        seen,
        mirror,
        side.recorder,
        clock=side.clock,
        log=log,
        spawn=partial(spawned, settings.data_dir.absolute()),
        beside=() if sources.metadata is None else (sources.metadata.run,),
    )
    controls = RemoteControls(fleet, Overview(side.store, seen), side.clock, side.recorder)
    pages = tuple((seat.number, seat.metrics) for seat in fleet.seats)
    return ServedEngines(fleet, seen, controls, fleet.probes, partial(JoinedMetrics, workers=pages))
