from market_maker.engine.parts import EngineParts
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import OrderId
from tests.unit.engine.desk import INSTRUMENT, Desk, pool


def test_parts_are_tied_to_one_another_and_start_paused():
    parts = EngineParts(INSTRUMENT, pool(), OrderId(7), own_in_feed=True)
    assert parts.state is PoolState.PAUSED
    assert parts.reconciler.next_order_id == 7
    assert parts.market.top is parts.market.book


def test_readings_are_those_of_the_last_turn():
    desk = Desk().warm()
    assert desk.engine.readings() == desk.engine.risk_monitor.readings(desk.now)
