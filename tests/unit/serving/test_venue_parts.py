import pytest

from market_maker.clocks import WallClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.intent_log import IntentLog
from market_maker.serving.factories import USUAL
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.venue_lines import DEFAULT
from market_maker.serving.venue_parts import venues_of
from market_maker.settings import settings_of
from tests.unit.telemetry.lines import NO_LOG


class Listed:
    """A metadata service's list with nothing on it."""

    def symbols(self):
        return ()


@pytest.mark.parametrize(
    ("environ", "venue"),
    [({}, "sandbox"), ({"ORDER_SERVICE_URL": "http://o:3000"}, "order_service")],
)
def test_orders_go_to_the_sandbox_or_to_the_order_service(environ, venue, tmp_path):
    roads = (WallClock(), IntentLog(None, Alarms()), lambda _instrument: None)
    lines, listings = venues_of(
        settings_of(environ, tmp_path), roads, NO_LOG, USUAL, OpenedSources()
    )
    assert lines.venue == venue
    assert "BTCUSDT-PERP" in listings[DEFAULT].symbols()


def test_the_metadata_service_lists_instead_of_the_sandbox(tmp_path):
    roads = (WallClock(), IntentLog(None, Alarms()), lambda _instrument: None)
    sources = OpenedSources(metadata=Listed())
    environ = {"ORDER_SERVICE_URL": "http://o:3000"}
    _, listings = venues_of(settings_of(environ, tmp_path), roads, NO_LOG, USUAL, sources)
    assert listings[DEFAULT].symbols() == ()
