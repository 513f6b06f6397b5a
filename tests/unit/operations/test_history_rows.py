"""A row of a series is what the status shows."""

import pytest

from market_maker.model.history import SECOND
from market_maker.operations.history_rows import history_row
from tests.support.office import SYMBOL

pytestmark = pytest.mark.anyio


async def test_a_row_says_what_the_status_says(office):
    await office.quoting()
    runner = office.engine_host.get(SYMBOL)
    row = history_row(runner, office.clock.now(), fills=2)
    status = await office.application.controls.status(SYMBOL)
    engine = status.engine
    assert engine is not None
    assert (row.bid, row.ask) == (engine.bid.price, engine.ask.price)
    assert (row.net, row.position) == (engine.pnl.net, engine.net_position)
    assert (row.reason_bid, row.reason_ask) == (engine.bid.reason, engine.ask.reason)
    assert (row.open_orders, row.fills, row.ts % SECOND) == (status.open_orders, 2, 0)
