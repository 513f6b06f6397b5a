"""A month in which nothing goes wrong, after a life in which anything did: each status is met at
rest, money is moved, and every month before is closed, whatever threads decided until then."""

from contextlib import asynccontextmanager
from decimal import Decimal

from msgspec.structs import replace

from market_maker.accounting.month_end import DELAY
from market_maker.model.calendar import month_of
from market_maker.model.money import SettlementStatus
from market_maker.model.participant import RevenueModel
from market_maker.model.records import SettlementCriteria
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from tests.builders import payment
from tests.simulation.payday import NAMES, PEOPLE, SYMBOLS

PROFIT = Decimal(10**6)
"""Far more than a life loses: its fills are of some thousand USDT each."""


async def orderly_month(house, rules):
    """The statuses that records had at rest, and the months that are closed."""
    met = set()
    with house.weather.calm():
        async with _at_rest(house, rules, met):
            month = month_of(house.clock.now()).next
            house.clock.advance_to(Nanos(month.start + NANOS_PER_HOUR))
            await _good_month(house)
            house.clock.advance_to(Nanos(month.end + DELAY))
            await house.months.step()
        last = {each.participant_id: each for each in rules.records if each.month == month.name}
        paid, failed, refused = (last[name] for name in NAMES)
        async with _at_rest(house, rules, met):
            for record in sorted(rules.records, key=lambda each: each.month):
                if record.status is SettlementStatus.PENDING and record != refused:
                    await house.settling.approve(_other_than(record), record.settlement_id)
        async with _at_rest(house, rules, met):
            await house.settling.reject(_other_than(refused), refused.settlement_id, "not so")
            await house.payouts.pay(await _payer(house, paid), paid.settlement_id)
            await house.payouts.mark_failed(
                await _payer(house, failed), failed.settlement_id, "closed"
            )
    return met, {run.month for run in rules.runs if run}


@asynccontextmanager
async def _at_rest(house, rules, met):
    """After what is done inside."""
    yield
    await house.settle_down()
    await rules.hold()
    met.update(record.status for record in rules.records)


async def _good_month(house):
    """Each participant earns enough to share."""
    now = house.clock.now()
    for name in NAMES:
        async with house.calm.transaction() as unit:
            row = await unit.participants.get(name)
            split = replace(
                row, revenue_model=RevenueModel.PERCENTAGE_SPLIT, revenue_share_pct=Decimal(20)
            )
            await unit.participants.replace(split, row.version, now)
        await house.funded(
            payment(
                symbol=SYMBOLS[0],
                participant_id=name,
                ts_event=Nanos(now - 1),
                amount=PROFIT,
                recorded_at=now,
            )
        )


def _other_than(record):
    """One who may approve it."""
    return next(who for who in PEOPLE if who.subject != record.created_by)


async def _payer(house, record):
    """One who may pay it."""
    rows = await house.settling.page(SettlementCriteria(month=record.month), 1_000)
    known = {row.settlement_id: row for row in rows.items}
    approver = known[record.settlement_id].approved_by
    return next(who for who in PEOPLE if who.subject != approver)
