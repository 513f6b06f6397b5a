"""Months are closed by themselves, soon after they are over, also those that were slept through."""

import pytest

from market_maker.accounting.month_end import DELAY, MonthEnd
from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.model.units import Nanos
from tests.support.counting_house import (
    ACME,
    BETA,
    DECEMBER,
    HOUR,
    MAY,
    NOVEMBER,
    OCTOBER,
    FailingStore,
    House,
    house,
    settling_on,
)
from tests.unit.telemetry.lines import NO_LOG, Lines

pytestmark = pytest.mark.anyio


@pytest.fixture
async def application():
    async with house() as opened:
        for name in (ACME, BETA):
            await opened.enrol(name)
            await opened.earn(name, OCTOBER.start + HOUR, "5")
        yield opened


def month_end(application):
    return MonthEnd(application.settling, application.clock, NO_LOG)


async def test_a_month_is_closed_ten_minutes_after_its_end_by_the_service(application):
    job = month_end(application)
    application.clock.advance_to(Nanos(NOVEMBER.start - HOUR))
    assert await job.step() == ()
    application.clock.advance_to(Nanos(NOVEMBER.start + DELAY - 1))
    assert await job.step() == ()
    application.clock.advance_to(Nanos(NOVEMBER.start + DELAY))
    assert await job.step() == ("2025-10",)
    records = await application.records()
    assert [record.created_by for record in records] == ["service", "service"]
    assert await job.step() == ()


async def test_months_that_were_slept_through_are_closed_in_order(application):
    await application.earn(ACME, NOVEMBER.start, "7")
    application.clock.advance_to(Nanos(DECEMBER.start + 5 * HOUR))
    assert await month_end(application).step() == ("2025-10", "2025-11")
    assert len(await application.records(month="2025-11")) == 1


async def test_a_closing_that_was_cut_off_is_gone_on_with_at_the_next_start(application):
    application.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
    settling = settling_on(FailingStore(application.store, 2), application.clock)
    with pytest.raises(StoreUnavailableError):
        await MonthEnd(settling, application.clock, NO_LOG).step()
    assert len(await application.records()) == 1
    assert await month_end(application).step() == ()
    assert len(await application.records()) == 2


async def test_a_database_that_is_away_is_tried_again(application):
    application.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
    failing = FailingStore(application.store, 0)
    job = MonthEnd(
        settling_on(failing, application.clock),
        application.clock,
        NO_LOG,
    )
    with pytest.raises(StoreUnavailableError):
        await job.step()
    failing.left = 100
    assert await job.step() == ("2025-10",)


async def test_a_month_that_was_closed_by_hand_is_left_alone(application):
    application.clock.advance_to(Nanos(NOVEMBER.start + 1))
    await application.settling.close(MAY, "2025-10")
    application.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
    job = month_end(application)
    assert await job.step() == ()
    assert job.problem == ""
    assert {record.created_by for record in await application.records()} == {"may"}


async def test_no_month_is_closed_while_the_date_is_in_doubt_and_that_is_said_once(application):
    lines, doubts = Lines(), ["the computer's clock was moved by +86400 s"]
    job = MonthEnd(application.settling, application.clock, lines, lambda: "".join(doubts))
    for hours in (1, 2, 3):
        application.clock.advance_to(Nanos(NOVEMBER.start + hours * HOUR))
        assert await job.step() == ()
    assert [(event, fields["month"]) for _, event, fields in lines.written] == [
        ("month not closed yet", "2025-10")
    ]
    doubts.clear()
    application.clock.advance_to(Nanos(NOVEMBER.start + 4 * HOUR))
    assert await job.step() == ("2025-10",)


async def test_a_month_that_cannot_be_closed_is_one_line_however_often_it_is_tried(application):
    class Broken:
        async def complete_latest(self, _caller):
            return None

        async def open_months(self):
            raise InvalidDataError("ledger", "does not add up")

    lines = Lines()
    job = MonthEnd(Broken(), application.clock, lines)
    for hours in (1, 2, 3):
        application.clock.advance_to(Nanos(NOVEMBER.start + hours * HOUR))
        assert await job.step() == ()
    assert job.problem
    assert [event for _, event, _ in lines.written] == ["month not closed"]


async def test_without_a_single_entry_there_is_no_month_to_close():
    async with house() as empty:
        assert isinstance(empty, House)
        empty.clock.advance_to(Nanos(DECEMBER.start))
        assert await month_end(empty).step() == ()
