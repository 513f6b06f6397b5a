"""What the metrics read of the pools of this process."""

from collections.abc import Iterator

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.reconciliation import Reconciliation
from market_maker.ports import Clock
from market_maker.telemetry.page import PoolReading, ReconciliationReading


def pool_readings(
    host: EngineHost, reconciliation: Reconciliation, clock: Clock
) -> Iterator[PoolReading]:
    """One pool after the other, each as it stands when it is asked for."""
    for runner in host.runners():
        yield PoolReading(
            instrument=runner.instrument,
            snapshot=runner.snapshot(),
            state=runner.state,
            unconfirmed=runner.is_unproved,
            foreign=runner.strays or 0,
            failed=runner.failure is not None,
            reconciliation=_reconciled(reconciliation, clock, runner.instrument.symbol),
        )


def _reconciled(
    reconciliation: Reconciliation, clock: Clock, symbol: str
) -> ReconciliationReading | None:
    counters = reconciliation.counters(symbol)
    if counters is None:
        return None
    at = counters.checked_at
    return ReconciliationReading(
        age_ns=None if at is None else clock.now() - at,
        failures=counters.failed,
        mismatches=counters.mismatches,
        missed_fills=counters.missed_fills,
        foreign_orders=counters.foreign_orders,
    )
