"""What trades and keeps records of it, tied together once: for the service, for a month on
simulated time, and for tests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import Connector, EngineHost, Observer
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.recorder import Recorder
from market_maker.model.connected import SANDBOX
from market_maker.ports import Clock, Instruments

NO_LISTINGS: Final[Mapping[str, Instruments]] = MappingProxyType({})
"""Of a service with one venue."""


class TradingParts(Struct, frozen=True):
    """pools: how services find engines. trail, recorder, intent_log: what is written down of
    commands, of events and of orders before they are sent."""

    trail: AuditTrail
    alarms: Alarms
    intent_log: IntentLog
    recorder: Recorder
    engine_host: EngineHost
    pools: RunningPools


def trading_parts(
    intent_log: IntentLog,
    clock: Clock,
    connect: Connector,
    observer: Observer,
    instruments: Instruments,
    *,
    venue: str = SANDBOX,
    listings: Mapping[str, Instruments] = NO_LISTINGS,
    shadow: bool = False,
) -> TradingParts:
    """Put together. intent_log: where the gateways of `connect` put their orders on record.
    listings: what each venue lists that a pool may name."""
    store, alarms = intent_log.store, intent_log.alarms
    trail = AuditTrail(store, clock)
    recorder = Recorder(store, trail, clock)
    host = EngineHost(clock, recorder, connect, observer, alarms, shadow=shadow)
    pools = RunningPools(store, host, instruments, venue, listings, intent_log.lease)
    return TradingParts(trail, alarms, intent_log, recorder, host, pools)
