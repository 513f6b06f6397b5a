"""An alert in people's words."""

import re
from importlib import import_module

from market_maker.cli.main import COMMANDS
from market_maker.model.alerts import AlertRecord, AlertSeverity
from market_maker.model.units import Nanos
from market_maker.operations.alert_views import OF_DEPENDENCY, TITLES, WHAT_TO_DO, alert_view

COMMAND = re.compile(r"`market_maker ([a-z-]+) ([a-z-]+)`")


def advice(kind, text):
    severity = AlertSeverity.CRITICAL
    record = AlertRecord(id=1, symbol="", kind=kind, severity=severity, text=text, since=Nanos(1))
    return alert_view(record).what_to_do


def test_each_dependency_has_advice_of_its_own():
    """All had that of the database, a venue that takes no credential any more too."""
    assert "401 or 403" in advice("dependency.venue", "venue: order service: 403")
    assert "successor" in advice("dependency.worker 2", "worker 2: ended by signal 9")
    behind = "worker 2: venue: order service: lists: GET /v1/fills: 403"
    assert advice("dependency.worker 2", behind) == OF_DEPENDENCY["venue"]
    assert advice("dependency.metadata", "metadata: away") == WHAT_TO_DO["dependency."]


def test_advice_names_commands_that_there_are():
    """`market_maker ledger verify` never was one."""
    named = [found for text in WHAT_TO_DO.values() for found in COMMAND.findall(text)]
    assert named
    for group, command in named:
        module = import_module(COMMANDS[group].module)
        commands = getattr(module, COMMANDS[group].attribute).registered_commands
        assert command in {each.name for each in commands}


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
