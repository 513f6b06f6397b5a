"""Orders and fills as people read them."""

from decimal import Decimal

import pytest

from market_maker.model.errors import NotFoundError
from market_maker.model.records import Criteria, OrderStatus
from tests.support.office import PATIENCE_S, SYMBOL, Office

pytestmark = pytest.mark.anyio


async def test_a_fill_is_found_with_its_order_member_value_and_mid(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    bid = next(order for order in venue.open.values() if order.side == "BUY")
    venue.fill(bid.order_id, fee=-10_000)
    await office.passes(100)
    assert await office.recorder.flushed(PATIENCE_S)
    assert await office.intent_log.flushed(PATIENCE_S)
    (fill,) = (await office.application.records.fills(Criteria(symbol=SYMBOL), 10)).items
    assert fill.participant_id == bid.member
    assert fill.price == Decimal(bid.price) / 10
    assert fill.value == fill.price * fill.size
    assert fill.mid == Decimal(100_000)
    assert fill.fee == Decimal("-0.00000001")
    by_member = Criteria(participant_id=bid.member, status=OrderStatus.FILLED)
    (order,) = (await office.application.records.orders(by_member, 10)).items
    assert order.client_order_id == fill.client_order_id
    assert order.filled == order.size
    summary = await office.application.records.fill_summary(SYMBOL)
    assert [(total.side, total.count) for total in summary.totals] == [("BUY", 1)]
    breakdown = await office.application.records.breakdown(SYMBOL)
    counts = {(total.side, total.status): total.count for total in breakdown.totals}
    assert counts["BUY", OrderStatus.FILLED] == 1


async def test_an_unlisted_symbol_is_not_found(office: Office) -> None:
    for question in (office.application.records.breakdown, office.application.records.fill_summary):
        with pytest.raises(NotFoundError):
            await question("NOPE")
