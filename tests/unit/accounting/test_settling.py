"""Months are closed once, and their records move by the state table."""

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import asdict, replace

from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.money import (
    Direction,
    EntryKind,
    MarkRecord,
    MoneyFlow,
    SettlementStatus,
)
from market_maker.model.units import Nanos
from tests.support.counting_house import (
    ACME,
    ANN,
    BETA,
    DAY,
    DECEMBER,
    HOUR,
    MAY,
    NOVEMBER,
    OCTOBER,
    PAT,
    FailingStore,
    House,
    database,
    house,
    settling_on,
)
from tests.support.office import SYMBOL

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books():
    async with house() as opened:
        yield opened


def worth(record):
    """Everything but who did what, and when."""
    return {name: value for name, value in asdict(record).items() if name.endswith("_usdt")}


async def test_closing_a_month_makes_a_record_in_cents_for_each_who_traded(books):
    await books.pending()
    beta, acme = await books.records()
    assert (acme.gross_exact_usdt, acme.gross_pnl_usdt) == (Decimal("1249.88"), Decimal("1249.88"))
    assert acme.platform_amount_usdt == Decimal("249.98")
    assert acme.net_payout_usdt == Decimal("999.90")
    assert acme.status is SettlementStatus.PENDING
    assert acme.direction is Direction.PARTICIPANT_TO_PLATFORM
    assert acme.amount_usdt == acme.platform_amount_usdt
    assert (beta.gross_pnl_usdt, beta.carry_out_usdt) == (Decimal("-79.75"), Decimal("79.75"))
    assert beta.direction is Direction.NONE
    assert beta.rebates_usdt == Decimal("0.25")


async def test_closing_again_changes_nothing(books):
    await books.pending()
    before, audit = await books.records(), await books.audit()
    closed = await books.settling.close(PAT, "2025-10")
    assert closed.created == ()
    assert await books.records() == before
    assert await books.audit() == audit
    assert sorted(closed.records, key=lambda r: r.participant_id) == sorted(
        before, key=lambda r: r.participant_id
    )


async def test_a_participant_without_entries_or_membership_has_no_record(books):
    await books.enrol(ACME)
    await books.enrol(BETA)
    await books.earn(ACME, OCTOBER.start, "1")
    books.clock.advance_to(Nanos(NOVEMBER.start))
    closed = await books.settling.close(MAY, "2025-10")
    assert [record.participant_id for record in closed.records] == [ACME]


async def test_two_who_close_at_once_make_the_same_records_once():
    async with database() as store:
        first, second = House(store), House(store)
        for number in range(8):
            name = f"p{number}"
            await first.enrol(name)
            await first.earn(name, OCTOBER.start + number, f"{100 + number}.005")
        for each in (first, second):
            each.clock.advance_to(Nanos(NOVEMBER.start + 1))
        async with asyncio.TaskGroup() as tasks:
            runs = [
                tasks.create_task(each.settling.close(who, "2025-10"))
                for each, who in ((first, MAY), (second, PAT))
            ]
        created = [name for run in runs for name in run.result().created]
        assert sorted(created) == [f"stl-2025-10-1-p{number}" for number in range(8)]
        assert runs[0].result().records == runs[1].result().records
        actions = [action for _, action, _ in await first.audit()]
        assert actions.count("settlement.create") == 8
        assert actions.count("settlement.close") == 1


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("after", [0, 1, 2, 4])
async def test_a_process_that_dies_in_the_middle_is_replaced(after, late):
    async def made(cut):
        async with database() as store:
            books = House(store)
            for number in range(4):
                await books.enrol(f"p{number}")
                await books.earn(f"p{number}", OCTOBER.start + number, f"{10 * number - 5}.555")
            books.clock.advance_to(Nanos(NOVEMBER.start + 1))
            if cut:
                failing = FailingStore(store, after, late=late)
                with pytest.raises(StoreUnavailableError):
                    await settling_on(failing, books.clock).close(MAY, "2025-10")
                # A late fill comes before the next one takes over: the run's watermark stands.
                await books.earn("p0", OCTOBER.start, "1000")
            await books.settling.close(MAY, "2025-10")
            return await books.records()

    if after or late:
        assert await made(cut=True) == await made(cut=False)
    else:
        # Nothing was fixed yet when it died, so the late fill is in time.
        assert len(await made(cut=True)) == 4


async def test_a_month_that_was_cut_off_is_completed_before_the_next_one_is_closed(books):
    for name in (ACME, BETA):
        await books.enrol(name)
        await books.earn(name, OCTOBER.start, "-10")
        await books.earn(name, NOVEMBER.start, "30")
    books.clock.advance_to(Nanos(DECEMBER.start))
    failing = FailingStore(books.store, 2)
    with pytest.raises(StoreUnavailableError):
        await settling_on(failing, books.clock).close(MAY, "2025-10")
    await books.settling.close(MAY, "2025-11")
    october = await books.records(month="2025-10")
    assert [record.gross_pnl_usdt for record in october] == [Decimal(-10), Decimal(-10)]
    for record in await books.records(month="2025-11"):
        assert (record.carry_in_usdt, record.late_entries) == (Decimal(10), 0)


async def test_a_late_fill_is_an_adjustment_of_the_next_month_and_changes_no_record(books):
    name = await books.approved()
    before = (await books.settling.get(name)).record
    await books.earn(ACME, OCTOBER.start + 5, "10")
    await books.earn(ACME, NOVEMBER.start + 5, "1")
    books.clock.advance_to(Nanos(DECEMBER.start))
    await books.settling.close(MAY, "2025-11")
    (november,) = await books.records(month="2025-11", participant_id=ACME)
    assert november.adjustments_usdt == Decimal(10)
    assert november.late_entries == 1
    assert november.gross_pnl_usdt == Decimal(11)
    assert (await books.settling.get(name)).record == before


async def test_the_period_is_the_month_clipped_to_joining_and_leaving(books):
    await books.enrol(ACME)
    await books.enrol(BETA)
    await books.enrol("zed")
    await books.earn("zed", OCTOBER.start, "1")
    books.clock.advance_to(Nanos(OCTOBER.start + 3 * DAY))
    await books.join(ACME)
    books.clock.advance_to(Nanos(OCTOBER.start + 20 * DAY))
    await books.leave(ACME)
    books.clock.advance_to(Nanos(NOVEMBER.start))
    await books.join(BETA)
    record, zed = (await books.settling.close(MAY, "2025-10")).records
    assert zed.participant_id == "zed"
    period = (record.period_start - OCTOBER.start, record.period_end - OCTOBER.start)
    assert period == (3 * DAY, 20 * DAY)
    assert (record.participant_id, record.gross_pnl_usdt) == (ACME, Decimal(0))
    assert record.direction is Direction.NONE
    books.clock.advance_to(Nanos(DECEMBER.start))
    (record,) = (await books.settling.close(MAY, "2025-11")).records
    assert record.participant_id == BETA


@pytest.mark.parametrize(
    ("marked_at", "shown"),
    [(0, Decimal(50)), (-HOUR, Decimal(50)), (-HOUR - 1, None), (1, None)],
)
async def test_open_profit_is_shown_at_the_mark_of_the_periods_end(books, marked_at, shown):
    await books.enrol(ACME)
    await books.hold(ACME, OCTOBER.start, "0.5", "50000")
    books.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
    async with books.store.transaction() as unit:
        ts = Nanos(NOVEMBER.start + marked_at)
        await unit.marks.put([MarkRecord(symbol=SYMBOL, ts=ts, price=Decimal(100_100))])
    (record,) = (await books.settling.close(MAY, "2025-10")).records
    assert record.unrealised_end_usdt == shown
    assert record.gross_pnl_usdt == 0


async def test_terms_are_those_of_the_closing_and_stay(books):
    name = await books.pending()
    async with books.store.transaction() as unit:
        acme = await unit.participants.get(ACME)
        raised = replace(acme, revenue_share_pct=Decimal(90))
        await unit.participants.replace(raised, acme.version, books.clock.now())
    await books.settling.close(MAY, "2025-10")
    assert (await books.settling.get(name)).record.platform_share_pct == Decimal(20)


async def test_losses_are_carried_into_the_next_month(books):
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start, "-100")
    await books.earn(ACME, NOVEMBER.start, "150")
    books.clock.advance_to(Nanos(DECEMBER.start))
    for month in ("2025-10", "2025-11"):
        await books.settling.close(MAY, month)
    november, october = await books.records()
    assert october.carry_out_usdt == november.carry_in_usdt == Decimal(100)
    assert november.base_usdt == Decimal(50)
    assert november.platform_amount_usdt == Decimal(10)


async def test_entries_of_a_rejected_month_fall_to_the_next_or_to_its_replacement(books):
    name = await books.pending()
    await books.settling.reject(ANN, name, "strange fills")
    books.clock.advance_to(Nanos(DECEMBER.start))
    shown = await books.settling.close(MAY, "2025-11", dry_run=True, participant_id=ACME)
    (falls,) = shown.records
    assert falls.adjustments_usdt == Decimal("1249.88")
    again = await books.settling.recreate(PAT, name)
    assert again.record.settlement_id == "stl-2025-10-2-acme"
    assert again.record.gross_pnl_usdt == Decimal("1249.88")
    with pytest.raises(ConflictError):
        await books.settling.recreate(PAT, name)
    shown = await books.settling.close(MAY, "2025-11", dry_run=True, participant_id=ACME)
    assert shown.records == ()


async def test_only_a_rejected_record_is_made_again(books):
    name = await books.pending()
    with pytest.raises(IllegalTransitionError, match="recreate while PENDING"):
        await books.settling.recreate(PAT, name)


async def test_a_dry_run_shows_the_records_and_writes_nothing(books):
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start, "100")
    books.clock.advance_to(Nanos(OCTOBER.start + DAY))
    told = []
    shown = await books.settling.close(
        MAY, "2025-10", dry_run=True, progress=lambda *at: told.append(at)
    )
    assert [record.platform_amount_usdt for record in shown.records] == [Decimal(20)]
    assert (shown.dry_run, shown.created, told) == (True, (), [(1, 1)])
    assert await books.records() == ()
    assert await books.audit() == []
    async with books.store.reading() as unit:
        assert await unit.settlements.run("2025-10") is None
    books.clock.advance_to(Nanos(NOVEMBER.start))
    closed = await books.settling.close(MAY, "2025-10")
    assert [worth(record) for record in closed.records] == [worth(r) for r in shown.records]


@pytest.mark.parametrize(
    ("month", "dry_run"),
    [
        ("2025-12", True),
        ("2025-12", False),
        ("2025-11", False),
        ("2025-13", True),
        ("oct", True),
        ("", False),
    ],
)
async def test_a_month_that_cannot_be_closed_is_refused(books, month, dry_run):
    await books.enrol(ACME)
    books.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
    with pytest.raises(InvalidFieldError, match=r"^month"):
        await books.settling.close(MAY, month, dry_run=dry_run)
    assert await books.records() == ()


async def test_months_are_closed_in_order(books):
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start, "1")
    books.clock.advance_to(Nanos(DECEMBER.start))
    for dry_run in (True, False):
        with pytest.raises(ConflictError, match="2025-10"):
            await books.settling.close(MAY, "2025-11", dry_run=dry_run)
    assert await books.settling.open_months() == (OCTOBER, NOVEMBER)
    await books.settling.close(MAY, "2025-10")
    assert await books.settling.open_months() == (NOVEMBER,)


async def test_an_unknown_participant_and_one_alone_are_refused(books):
    await books.enrol(ACME)
    books.clock.advance_to(Nanos(NOVEMBER.start))
    with pytest.raises(NotFoundError, match="nobody"):
        await books.settling.close(MAY, "2025-10", dry_run=True, participant_id="nobody")
    with pytest.raises(InvalidFieldError, match="all participants"):
        await books.settling.close(MAY, "2025-10", participant_id=ACME)


async def test_an_approval_owes_the_platform_its_share_and_is_on_record(books):
    name = await books.pending()
    view = await books.settling.approve(ANN, name, claimed_by="ops-jane")
    assert (view.record.status, view.record.approved_by) == (SettlementStatus.APPROVED, "ann")
    assert view.record.claimed_by == "ops-jane"
    assert view.allowed == ("pay", "mark-settled", "mark-failed")
    (entry,) = await books.ledger(kind=EntryKind.SETTLEMENT)
    assert entry.platform_share == Decimal("249.98") == -entry.platform_due
    assert not entry.imbalance
    assert (await books.audit())[-1] == ("ann", "settlement.approve", "done")


async def test_approving_twice_is_refused_and_says_what_is_allowed(books):
    name = await books.approved()
    before = (await books.settling.get(name)).record
    with pytest.raises(IllegalTransitionError, match=r"approve while APPROVED.*pay"):
        await books.settling.approve(PAT, name)
    assert (await books.settling.get(name)).record == before
    assert len(await books.ledger(kind=EntryKind.SETTLEMENT)) == 1
    subject, action, result = (await books.audit())[-1]
    assert (subject, action) == ("pat", "settlement.approve")
    assert "APPROVED" in result


async def test_who_closed_the_month_does_not_approve_it(books):
    name = await books.pending()
    with pytest.raises(ConflictError, match="four eyes"):
        await books.settling.approve(MAY, name)


@pytest.mark.parametrize("reason", ["", "   "])
async def test_a_rejection_needs_a_reason(books, reason):
    name = await books.pending()
    with pytest.raises(InvalidFieldError, match=r"^reason"):
        await books.settling.reject(ANN, name, reason)
    assert (await books.settling.get(name)).record.status is SettlementStatus.PENDING


async def test_what_does_not_exist_is_not_found(books):
    for call in (
        books.settling.get("stl-x"),
        books.settling.approve(ANN, "stl-x"),
        books.settling.recreate(ANN, "stl-x"),
        books.payouts.pay(PAT, "stl-x"),
    ):
        with pytest.raises(NotFoundError, match="stl-x"):
            await call


async def test_with_the_platforms_capital_the_payout_is_what_moves():
    async with house(MoneyFlow.SYSTEM_CAPITAL) as books:
        name = await books.approved()
        record = (await books.settling.get(name)).record
        assert record.direction is Direction.PLATFORM_TO_PARTICIPANT
        assert record.amount_usdt == record.net_payout_usdt == Decimal("999.90")
        view = await books.payouts.pay(PAT, name)
        (transfer,) = view.transfers
        assert (transfer.payer, transfer.payee) == ("platform", "account-acme")
        (entry,) = await books.ledger(kind=EntryKind.TRANSFER)
        assert entry.drawings == Decimal("999.90")
        assert entry.platform_due == Decimal("249.98")
        assert not entry.imbalance
        assert BETA


async def test_a_month_before_the_ledgers_first_is_not_closed_for_ever_by_mistake(books):
    """Its entries, once they come, would be late for good."""
    books.clock.advance_to(Nanos(DECEMBER.start))
    with pytest.raises(InvalidFieldError, match="the ledger has no entry yet"):
        await books.settling.close(MAY, "2025-10")
    await books.enrol(ACME)
    await books.earn(ACME, NOVEMBER.start, "1")
    with pytest.raises(InvalidFieldError, match="2025-11, with which the ledger begins"):
        await books.settling.close(MAY, "2025-10")
    assert (await books.settling.close(MAY, "2025-10", dry_run=True)).records == ()
    assert len((await books.settling.close(MAY, "2025-11")).created) == 1


async def test_a_month_without_entries_is_closed_and_blocks_no_later_one(books):
    await books.enrol(ACME)
    await books.earn(ACME, OCTOBER.start, "1")
    books.clock.advance_to(Nanos(DECEMBER.next.start))
    for month in ("2025-10", "2025-11"):
        await books.settling.close(MAY, month)
    await books.earn(ACME, DECEMBER.start, "2")
    closed = await books.settling.close(MAY, "2025-12")
    assert [(r.month, r.gross_pnl_usdt) for r in closed.records] == [("2025-12", Decimal(2))]
    assert [record.month for record in await books.records()] == ["2025-12", "2025-10"]
