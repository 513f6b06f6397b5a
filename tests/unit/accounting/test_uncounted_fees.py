"""A settlement never pays on a profit that lacks a fee without a word about that."""

from decimal import Decimal

import pytest

from market_maker.accounting.statements import _statement
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.model.errors import ConflictError
from market_maker.model.money import SettlementStatus
from market_maker.model.units import Nanos, Value
from market_maker.settlement.statement import facts
from tests.builders import fill, order
from tests.support.counting_house import ACME, ANN, DAY, DECEMBER, MAY, NOVEMBER, OCTOBER, house

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
        row = fill(trade, of, ts_event=ts, recorded_at=books.clock.now(), fee=Value(0), **kept)
        new = await unit.fills.add([row])
        await Bookkeeper().post(unit, new, {of.client_order_id: 1}, books.clock.now())


async def fees_said(books, name):
    """In the statement of a settlement; None where it says nothing of such fees."""
    async with books.store.reading() as unit:
        lines = dict(facts(await _statement(unit, name)))
    return lines.get("Fees that no amount has")


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
    assert await fees_said(books, name) == "1 MMX"
    view = await books.settling.approve(ANN, name, without_token_fees=True)
    assert view.record.status is SettlementStatus.APPROVED
    (step, _) = reversed(await books.settling.history(name))
    assert step.note == "without the token fees of its fills"


async def test_a_settlement_without_token_fees_asks_for_nothing(books):
    name = await books.pending()
    assert (await books.settling.get(name)).not_counted == ()
    view = await books.settling.approve(ANN, name)
    assert view.record.status is SettlementStatus.APPROVED


async def test_a_fill_that_comes_late_is_named_where_it_is_settled_and_nowhere_else(books):
    """It stood in the statement of the month that it happened in, which was paid long before, and
    kept back the approval of that month where it came before it."""
    october, november = (f"stl-2025-{number}-1-acme" for number in (10, 11))
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start + DAY, "1250")
    await paid(books, 1, Nanos(OCTOBER.start + DAY))
    books.clock.advance_to(Nanos(NOVEMBER.start + DAY))
    await books.settling.close(MAY, "2025-10")
    before = (await books.settling.get(october)).not_counted
    await paid(books, 2, Nanos(OCTOBER.start + 2 * DAY))
    assert (await books.settling.get(october)).not_counted == before
    assert await fees_said(books, october) == "0.5 MMX"
    await books.settling.approve(ANN, october, without_token_fees=True)
    await paid(books, 3, Nanos(OCTOBER.start + 3 * DAY))
    assert await fees_said(books, october) == "0.5 MMX"
    books.clock.advance_to(Nanos(DECEMBER.start + DAY))
    await books.settling.close(MAY, "2025-11")
    assert await fees_said(books, november) == "1 MMX"


async def test_a_fill_that_came_between_the_end_of_a_month_and_its_closing_is_named_once(books):
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start + DAY, "1250")
    await books.earn(ACME, NOVEMBER.start + DAY, "1250")
    books.clock.advance_to(Nanos(NOVEMBER.start + 1))
    await paid(books, 1, Nanos(OCTOBER.end - 1))
    books.clock.advance_to(Nanos(NOVEMBER.start + DAY))
    await books.settling.close(MAY, "2025-10")
    books.clock.advance_to(Nanos(DECEMBER.start + DAY))
    await books.settling.close(MAY, "2025-11")
    said = [await fees_said(books, f"stl-2025-{number}-1-acme") for number in (10, 11)]
    assert said == ["0.5 MMX", None]
