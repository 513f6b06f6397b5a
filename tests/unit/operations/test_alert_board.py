"""What holds becomes an alert once, is cleared when it is gone for good, and outlives a restart."""

import asyncio
from decimal import Decimal
from types import SimpleNamespace

import pytest

from market_maker.api.live_feed import PICTURE_LIFE, LiveFeed
from market_maker.clocks import SimClock
from market_maker.execution.pass_watch import RAISED_FROM, Shortage
from market_maker.model.alerts import AlertCriteria, AlertSeverity, AlertState
from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.operations.alert_board import (
    GONE_BEFORE_CLEARED,
    SEEN_BEFORE_WARNING,
    AlertBoard,
)
from market_maker.operations.alert_conditions import HALTED
from market_maker.operations.alert_views import alert_view
from market_maker.risk.guards import POSITION
from tests.support.office import ANN, BOB, START, SYMBOL, config

pytestmark = pytest.mark.anyio
TIGHT = {"max_pool_position_usdt": Decimal(20_000), "order_size_usdt": Decimal(20_000)}
DOWN = {"venue": "it does not answer"}
SHORTAGE = Shortage(Nanos(180 * NANOS_PER_MS), 85, Nanos(START))


def board_of(office) -> AlertBoard:
    return AlertBoard(office.store, office.trail, office.clock, office.engine_host)


async def all_of(board, **wanted):
    return (await board.page(AlertCriteria(**wanted), 100)).items


async def test_a_halted_pool_is_one_critical_alert_until_it_is_resumed(office):
    await office.quoting()
    board = board_of(office)
    await board.step({})
    assert board.holding() == ()
    await office.application.controls.kill(ANN, "drill", SYMBOL)
    for _ in range(3):
        await board.step({})
    (alert,) = board.holding()
    assert (alert.kind, alert.severity, alert.text) == (HALTED, AlertSeverity.CRITICAL, "drill")
    await office.application.controls.resume(BOB, SYMBOL)
    for _ in range(GONE_BEFORE_CLEARED):
        assert [each.kind for each in board.holding()] == [HALTED]
        await board.step({})
    assert board.holding() == ()
    (cleared,) = await all_of(board)
    assert cleared.state is AlertState.CLEARED


class LateClock(SimClock):
    """A millisecond passes whenever it is read."""

    def now(self):
        self.sleep(Nanos(NANOS_PER_MS))
        return super().now()


async def test_engines_have_a_turn_within_a_check_of_many_pools(office):
    await office.quoting()
    pool, turns = office.engine_host.get(SYMBOL), 0
    host = SimpleNamespace(runners=lambda: (pool,) * 10, shortages={})
    board = AlertBoard(office.store, office.trail, LateClock(office.clock.now()), host)

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count())
        await board._found({})
        counting.cancel()
    assert turns == 10


async def test_a_dependency_that_trembles_is_one_alert(office):
    board = board_of(office)
    for _ in range(4):
        await board.step(DOWN)
        await board.step({})
    assert [each.kind for each in await all_of(board)] == ["dependency.venue"]


async def test_a_worker_that_is_short_of_processor_is_a_warning_until_it_keeps_up(office):
    host = SimpleNamespace(runners=tuple, shortages={"worker 2": SHORTAGE})
    board = AlertBoard(office.store, office.trail, office.clock, host)
    for _ in range(SEEN_BEFORE_WARNING):
        assert board.holding() == ()
        await board.step({})
    (alert,) = board.holding()
    assert (alert.symbol, alert.severity) == ("", AlertSeverity.WARNING)
    assert alert.kind == "short_of_processor.worker 2"
    assert (alert.value, alert.threshold) == (85, RAISED_FROM)
    view = alert_view(alert)
    assert (view.symbol, view.title) == (None, "Short of processor")
    assert (
        "worker 2: its engines have come to their turns 180 ms late since 2023-11-14" in view.text
    )
    assert "more workers" in view.what_to_do
    host.shortages = {}
    for _ in range(GONE_BEFORE_CLEARED):
        await board.step({})
    assert board.holding() == ()


async def test_an_alert_holds_over_a_restart_and_keeps_its_acknowledgement(office):
    await board_of(office).step(DOWN)
    board = board_of(office)
    await board.step(DOWN)
    (alert,) = board.holding()
    await board.acknowledge(ANN, str(alert.id), "calling them")
    after = board_of(office)
    await after.step(DOWN)
    (held,) = after.holding()
    assert (held.id, held.acknowledged_by, held.note) == (alert.id, "ann", "calling them")
    assert held.state is AlertState.ACKNOWLEDGED


async def test_an_acknowledgement_is_in_the_audit_log_and_so_is_its_refusal(office):
    board = board_of(office)
    await board.step(DOWN)
    (alert,) = board.holding()
    changes = board.changes
    await board.acknowledge(ANN, str(alert.id), "seen")
    assert board.changes > changes
    with pytest.raises(ConflictError, match="acknowledged already"):
        await board.acknowledge(BOB, str(alert.id), "me too")
    with pytest.raises(NotFoundError):
        await board.acknowledge(BOB, "nothing-there", "")
    rows = await office.audit()
    assert ("ann", "alert.acknowledge", "service", "done") in rows
    assert sum(action == "alert.acknowledge" for _, action, _, _ in rows) == 3


async def test_close_to_a_limit_is_an_alert_when_it_lasts(office):
    await office.quoting(weights=(50, 40), **TIGHT)
    venue, board = office.venues[SYMBOL], board_of(office)
    for order in [each for each in venue.open.values() if each.side is Side.BUY]:
        venue.fill(order.order_id)
    await office.passes(200)
    for _ in range(SEEN_BEFORE_WARNING - 1):
        await board.step({})
        assert board.holding() == ()
    await board.step({})
    (alert,) = board.holding()
    assert (alert.kind, alert.severity) == ("guard.position_limit_exceeded", AlertSeverity.WARNING)
    assert alert.threshold is not None
    assert alert.value is not None
    assert alert.threshold * Decimal("0.8") <= alert.value < alert.threshold == Decimal(20_000)


async def test_the_alert_of_a_limit_stands_as_long_as_the_halt_that_it_announced(office):
    await office.quoting(weights=(50, 40), **TIGHT)
    venue, board = office.venues[SYMBOL], board_of(office)
    for order in [each for each in venue.open.values() if each.side is Side.BUY]:
        venue.fill(order.order_id)
    await office.passes(200)
    for _ in range(SEEN_BEFORE_WARNING):
        await board.step({})
    (alert,) = board.holding()
    venue.top = (3_000_000, 3_000_010)
    await office.until(lambda: office.engine_host.get(SYMBOL).state is PoolState.HALTED)
    for _ in range(2 * GONE_BEFORE_CLEARED):
        await board.step({})
    halted, close = board.holding()
    assert (halted.kind, halted.text) == (HALTED, POSITION)
    assert (close.id, close.value) == (alert.id, alert.value)
    # Another board has it from the store, as after a restart.
    after = board_of(office)
    for _ in range(2 * GONE_BEFORE_CLEARED):
        await after.step({})
    assert [each.id for each in after.holding()] == [halted.id, close.id]
    venue.top = (999_995, 1_000_005)
    await office.passes(300)
    looser = TIGHT | {"max_pool_position_usdt": Decimal(40_000)}
    await office.application.pools.put(BOB, config(SYMBOL, **looser))
    await office.application.controls.resume(BOB, SYMBOL)
    for _ in range(GONE_BEFORE_CLEARED):
        await after.step({})
    assert after.holding() == ()


async def test_a_halt_by_hand_keeps_no_alert_of_a_limit(office):
    await office.quoting(weights=(50, 40), **TIGHT)
    venue, board = office.venues[SYMBOL], board_of(office)
    for order in [each for each in venue.open.values() if each.side is Side.BUY]:
        venue.fill(order.order_id)
    await office.passes(200)
    for _ in range(SEEN_BEFORE_WARNING):
        await board.step({})
    await office.application.controls.kill(ANN, "drill", SYMBOL)
    for _ in range(GONE_BEFORE_CLEARED):
        await board.step({})
    assert [each.kind for each in board.holding()] == [HALTED]


async def test_a_stream_reader_sees_what_holds(office):
    board = office.application.alerts
    feed = LiveFeed(office.application, office.clock)
    assert feed.alerts().content == b'{"items":[]}'
    await board.step(DOWN)
    office.clock.advance_to(Nanos(office.clock.now() + PICTURE_LIFE))
    assert b'"kind":"dependency.venue"' in feed.alerts().content
