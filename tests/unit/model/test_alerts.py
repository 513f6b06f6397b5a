"""Where an alert stands."""

from msgspec.structs import replace

from market_maker.model.alerts import AlertRecord, AlertSeverity, AlertState
from market_maker.model.units import Nanos


def test_an_alert_is_open_then_acknowledged_then_cleared():
    fresh = AlertRecord(
        id=1,
        symbol="A",
        kind="halted",
        severity=AlertSeverity.CRITICAL,
        text="why",
        since=Nanos(1),
    )
    seen = replace(fresh, acknowledged_at=Nanos(2), acknowledged_by="ann")
    gone = replace(seen, cleared_at=Nanos(3))
    states = [each.state for each in (fresh, seen, gone)]
    assert states == [AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.CLEARED]
