"""An alert in people's words."""

from market_maker.model.alerts import AlertRecord, AlertSeverity
from market_maker.model.units import Nanos
from market_maker.operations.alert_views import TITLES, alert_view


def test_an_alert_of_the_service_has_no_symbol_and_the_title_of_its_family():
    record = AlertRecord(
        id=1,
        symbol="",
        kind="dependency.venue",
        severity=AlertSeverity.CRITICAL,
        text="venue: down",
        since=Nanos(1),
    )
    view = alert_view(record)
    assert (view.symbol, view.title) == (None, TITLES["dependency."])
