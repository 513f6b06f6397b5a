"""What calls for an operator: which words, and how bad."""

from decimal import Decimal

import pytest

from market_maker.execution.pass_watch import Shortage
from market_maker.execution.reconciliation import RECONCILIATION
from market_maker.model.alerts import AlertSeverity
from market_maker.model.events import Filled
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.alert_conditions import (
    FAILED,
    HALTED,
    NOT_COUNTED,
    STOPPED,
    UNPROVED,
    UNPROVED_S,
    WAITS,
    pool_conditions,
    service_conditions,
    shortage_conditions,
)
from market_maker.operations.alert_views import TITLES, WHAT_TO_DO
from market_maker.operations.halt_reviews import Review
from tests.support.office import ANN, BOB, PATIENCE_S, SYMBOL, at_work, database
from tests.unit.execution.test_recovery import restarted_office

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


async def test_a_fee_that_no_pnl_has_is_an_alert_and_its_fill_is_in_the_position(office):
    await office.quoting()
    venue = office.venues[SYMBOL]
    bid = next(order for order in venue.open.values() if order.side is Side.BUY)
    venue.open.pop(bid.order_id)
    paid = {"fee_token": "MMX", "fee_token_amount": Decimal("0.5")}
    at = venue.now
    venue.say(Filled(at, at, bid.order_id, 77, bid.price, bid.leaves, 0, **paid))
    await office.passes(300)
    found = kinds(office)[NOT_COUNTED]
    assert (found.severity, found.value) == (AlertSeverity.WARNING, 1)
    assert office.engine_host.get(SYMBOL).lots[0] == bid.size
    async with office.store.reading() as unit:
        (kept,) = (await unit.fills.ledger(SYMBOL, 9)).items
    assert (kept.size, kept.fee) == (bid.size, 0)
    assert (kept.fee_token, kept.fee_token_amount) == ("MMX", Decimal("0.5"))


async def test_only_what_is_wrong_with_a_dependency_is_a_condition():
    found = list(service_conditions({"database": "", "venue": "it does not answer"}))
    assert [(each.kind, each.text) for each in found] == [
        ("dependency.venue", "venue: it does not answer")
    ]


def test_each_process_that_lacks_processor_time_is_a_condition_of_its_own():
    since = Nanos(1_764_558_725 * NANOS_PER_SECOND)
    short = {"worker 1": Shortage(60_000_000, 52, since), "worker 3": Shortage(10**9, 99, since)}
    one, three = shortage_conditions(short)
    assert [(each.kind, each.value) for each in (one, three)] == [
        ("short_of_processor.worker 1", 52),
        ("short_of_processor.worker 3", 99),
    ]
    said, moment = "its engines have come to their turns", "since 2025-12-01 03:12:05 UTC"
    assert one.text == f"worker 1: {said} 60 ms late {moment}"
    assert three.text == f"worker 3: {said} 1000 ms late {moment}"


def test_every_family_has_a_title_and_something_to_do():
    assert TITLES.keys() == WHAT_TO_DO.keys()
    assert FAILED in TITLES


async def test_a_pool_that_was_paused_for_what_is_wrong_is_an_alert(office):
    """It stood PAUSED all night, and no one was called."""
    await office.quoting()
    office.alarms.pause(SYMBOL, "position of acme: 0 with us, 7 at the venue", RECONCILIATION)
    await office.passes(2)
    found = kinds(office)[STOPPED]
    assert (found.severity, found.text) == (
        AlertSeverity.CRITICAL,
        "position of acme: 0 with us, 7 at the venue",
    )
    await office.application.controls.enable(ANN, SYMBOL)
    await office.application.controls.pause(ANN, SYMBOL)
    assert STOPPED not in kinds(office)


async def test_a_pool_that_is_paused_after_a_start_is_no_alert(office):
    await office.quoting()
    office.alarms.pause(SYMBOL, "service stopped; was ACTIVE")
    await office.passes(2)
    assert STOPPED not in kinds(office)


@pytest.mark.parametrize(
    ("left", "kind", "severity"),
    [
        ("as it was", WAITS, AlertSeverity.WARNING),
        ("its worker was lost", WAITS, AlertSeverity.WARNING),
        ("its service stopped", WAITS, AlertSeverity.WARNING),
        ("halted", HALTED, AlertSeverity.CRITICAL),
        ("halted, then a start", HALTED, AlertSeverity.CRITICAL),
        ("paused by an operator", None, None),
        ("paused by an operator, then a start", None, None),
    ],
)
async def test_what_quoted_or_was_halted_before_a_start_is_an_alert(left, kind, severity):
    """A worker died at night, its successor stood by with all its pools PAUSED, and the panel said
    that nothing called for an operator. The words of an operator's own pause are no sign of it."""
    async with database() as store:
        async with at_work(store) as first:
            await first.quoting()
            await _leave(first, left)
            assert await first.recorder.flushed(PATIENCE_S)
        if left.endswith("then a start"):
            async with restarted_office(store, first) as between:
                assert await between.recorder.flushed(PATIENCE_S)
        async with restarted_office(store, first) as office:
            found = kinds(office)
            assert set(found) - {UNPROVED} == ({kind} if kind else set())
            if kind is None:
                return
            reason = office.engine_host.get(SYMBOL).reason
            assert (found[kind].severity, found[kind].text) == (severity, reason)
            await office.passes(300)
            controls = office.application.controls
            if kind == HALTED:
                await controls.resume(BOB, SYMBOL, Review(reviewed_by="bob", note="a drill"))
            else:
                await controls.enable(ANN, SYMBOL)
            assert kinds(office) == {}


async def _leave(office, left):
    """What the last run leaves on record of the pool, after it was ACTIVE."""
    if left == "its worker was lost":
        office.alarms.pause(SYMBOL, "worker 1 is gone (-9); was ACTIVE")
    elif left == "its service stopped":
        office.engine_host.pause_all("service stopped; was ACTIVE")
    elif left.startswith("halted"):
        await office.application.controls.kill(ANN, "restarted; was ACTIVE", SYMBOL)
    elif left.startswith("paused by an operator"):
        await office.application.controls.pause(ANN, SYMBOL, "restarted; was ACTIVE, now lunch")
    await office.passes(2)
