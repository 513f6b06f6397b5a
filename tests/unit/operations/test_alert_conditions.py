"""What calls for an operator: which words, and how bad."""

import pytest

from market_maker.model.alerts import AlertSeverity
from market_maker.operations.alert_conditions import (
    FAILED,
    UNPROVED,
    UNPROVED_S,
    pool_conditions,
    service_conditions,
)
from market_maker.operations.alert_views import TITLES, WHAT_TO_DO
from tests.support.office import ANN, SYMBOL

pytestmark = pytest.mark.anyio


def kinds(office):
    runner = office.engine_host.get(SYMBOL)
    return {each.kind: each for each in pool_conditions(runner, office.clock.now())}


async def test_a_pool_that_quotes_within_its_limits_raises_no_alert(office):
    await office.quoting()
    assert kinds(office) == {}


async def test_cancels_that_stay_unproved_are_critical(office):
    await office.quoting()
    office.venues[SYMBOL].deaf = True
    await office.application.controls.pause(ANN, SYMBOL)
    assert UNPROVED not in kinds(office)
    await office.passes((UNPROVED_S + 1) * 1_000)
    found = kinds(office)[UNPROVED]
    assert found.severity is AlertSeverity.CRITICAL
    assert found.value is not None
    assert found.threshold is not None
    assert found.value >= found.threshold


async def test_only_what_is_wrong_with_a_dependency_is_a_condition():
    found = list(service_conditions({"database": "", "venue": "it does not answer"}))
    assert [(each.kind, each.text) for each in found] == [
        ("dependency.venue", "venue: it does not answer")
    ]


def test_every_family_has_a_title_and_something_to_do():
    assert TITLES.keys() == WHAT_TO_DO.keys()
    assert FAILED in TITLES
