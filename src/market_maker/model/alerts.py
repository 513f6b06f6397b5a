"""Alerts: what an operator should check, since when, and who has acknowledged it."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.units import Nanos


class AlertSeverity(StrEnum):
    """WARNING: check soon. CRITICAL: quoting stopped, or orders, fills or records are in doubt."""

    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class AlertState(StrEnum):
    """OPEN: it holds and is not acknowledged. ACKNOWLEDGED: it holds and is acknowledged.
    CLEARED: it holds no longer."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLEARED = "CLEARED"


class AlertCondition(Struct, frozen=True, kw_only=True):
    """What holds now. symbol: of the pool, empty for the service itself; kind: a stable name, one
    alert for each symbol and kind; value against threshold in `unit`, None where nothing is
    compared."""

    symbol: str
    kind: str
    severity: AlertSeverity
    text: str
    value: Decimal | None = None
    threshold: Decimal | None = None
    unit: str = ""


class AlertRecord(AlertCondition, frozen=True, kw_only=True):
    """As stored. id: 0 until it is; value: when it was opened. acknowledged_by: empty until
    it is acknowledged; note: that person's."""

    id: int
    since: Nanos
    cleared_at: Nanos | None = None
    acknowledged_by: str = ""
    acknowledged_at: Nanos | None = None
    note: str = ""

    @property
    def state(self) -> AlertState:
        """Where it stands."""
        if self.cleared_at is not None:
            return AlertState.CLEARED
        return AlertState.OPEN if self.acknowledged_at is None else AlertState.ACKNOWLEDGED


class AlertCriteria(Struct, frozen=True, kw_only=True):
    """Which alerts; None: all."""

    state: AlertState | None = None
    severity: AlertSeverity | None = None
    symbol: str | None = None
