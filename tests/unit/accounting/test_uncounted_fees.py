"""A settlement never pays on a profit that lacks a fee without a word about that."""

from decimal import Decimal

import pytest

from market_maker.accounting.statements import _statement
from market_maker.model.errors import ConflictError
from market_maker.model.money import SettlementStatus
from market_maker.model.units import Nanos
from market_maker.settlement.statement import facts
from tests.builders import fill, order
from tests.support.counting_house import ACME, ANN, DAY, MAY, NOVEMBER, OCTOBER, house

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books():
    async with house() as made:
        yield made


async def paid(books, trade, ts):
    """Half a unit of a token, for a fill of Acme at `ts`."""
    of = order(trade, participant_id=ACME)
    kept = {"fee_token": "MMX", "fee_token_amount": Decimal("0.50")}
    async with books.store.transaction() as unit:
        await unit.orders.add([of])
        await unit.fills.add([fill(trade, of, ts_event=ts, recorded_at=ts, **kept)])


async def test_a_token_fee_is_said_in_the_preview_and_asks_for_a_word_at_the_approval(books):
    name = "stl-2025-10-1-acme"
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start + DAY, "1250")
    await paid(books, 1, Nanos(OCTOBER.start + DAY))
    await paid(books, 2, Nanos(OCTOBER.end - 1))
    await paid(books, 3, Nanos(OCTOBER.end))
    books.clock.advance_to(Nanos(NOVEMBER.start + DAY))
    for dry_run in (True, False):
        closed = await books.settling.close(MAY, "2025-10", dry_run=dry_run)
        (fee,) = closed.not_counted
        assert (fee.settlement_id, fee.token, fee.amount) == (name, "MMX", 1)
        assert closed.records[0].fees_usdt == 0
    with pytest.raises(ConflictError, match=r"token_fees: no rate is known.*1 MMX"):
        await books.settling.approve(ANN, name)
    seen = await books.settling.get(name)
    assert seen.record.status is SettlementStatus.PENDING
    assert [fee.token for fee in seen.not_counted] == ["MMX"]
    async with books.store.reading() as unit:
        lines = dict(facts(await _statement(unit, name)))
    assert lines["Fees that no amount has"] == "1 MMX"
    view = await books.settling.approve(ANN, name, without_token_fees=True)
    assert view.record.status is SettlementStatus.APPROVED
    (step, _) = reversed(await books.settling.history(name))
    assert step.note == "without the token fees of its fills"


async def test_a_settlement_without_token_fees_asks_for_nothing(books):
    name = await books.pending()
    assert (await books.settling.get(name)).not_counted == ()
    view = await books.settling.approve(ANN, name)
    assert view.record.status is SettlementStatus.APPROVED
