"""Scores can be computed again from what is shown beside them; promises are measured."""

from decimal import Decimal

import pytest

from market_maker.model.calendar import NANOS_PER_DAY, month_named
from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.money import Promise
from market_maker.model.units import Nanos
from market_maker.scoring.q_score import FORMULA, composite
from tests.builders import presence
from tests.contract.store.money_rows import daily
from tests.support.counting_house import ACME, ANN, BETA, HOUR, House, scores_on
from tests.support.office import OTHER, SYMBOL, database

pytestmark = pytest.mark.anyio

NOVEMBER = month_named("2025-11")
TODAY = Nanos(NOVEMBER.start + 9 * NANOS_PER_DAY)
NOW = Nanos(TODAY + 5 * HOUR)


def day(back, name=ACME, q="80", **fields):
    return daily(
        day=Nanos(TODAY - back * NANOS_PER_DAY), participant_id=name, q_score=Decimal(q), **fields
    )


@pytest.fixture
async def application():
    async with database() as store:
        house = House(store)
        for name in (ACME, BETA):
            await house.enrol(name)
        house.clock.advance_to(NOW)
        house.scores = scores_on(house)
        yield house


async def keep(application, *rows):
    async with application.store.transaction() as unit:
        await unit.performance.put_daily(rows)


async def quote_today(application, name=ACME):
    hour = Nanos(TODAY + 4 * HOUR)
    async with application.store.transaction() as unit:
        await unit.performance.add_presence([presence(participant_id=name, hour=hour)])


async def test_the_leaderboard_ranks_by_score_over_symbols_and_shows_what_it_is_made_of(
    application,
):
    await keep(
        application,
        day(1, ACME, uptime=Decimal("0.9")),
        day(1, BETA, uptime=Decimal("0.5"), valid=4_000),
        day(2, BETA, symbol=OTHER, valid=4_000),
    )
    board = await application.scores.leaderboard()
    assert [(row.rank, row.participant_id) for row in board.rows] == [(1, ACME), (2, BETA)]
    assert (board.formula, board.names[BETA]) == (FORMULA, "Beta")
    assert [each.symbol for each in board.rows[1].symbols] == [SYMBOL, OTHER]
    for row in board.rows:
        for each in row.symbols:
            shown = each.performance.score
            parts = (shown.uptime, shown.spread_part, shown.depth_part, shown.volume_part)
            assert abs(composite(*parts) - shown.q_score) < Decimal("0.01")


async def test_the_leaderboard_is_of_the_last_thirty_days_and_today_is_provisional(application):
    await keep(application, day(29, ACME), day(30, BETA))
    board = await application.scores.leaderboard()
    assert [row.participant_id for row in board.rows] == [ACME]
    assert (board.provisional, board.until) == (True, TODAY + NANOS_PER_DAY)
    await quote_today(application, BETA)
    board = await application.scores.leaderboard()
    assert {row.participant_id for row in board.rows} == {ACME, BETA}
    past = await application.scores.leaderboard(until=TODAY)
    assert not past.provisional


@pytest.mark.parametrize(
    ("since", "until"), [(NOW, NOW), (TODAY, TODAY), (0, NOW), (NOW + NANOS_PER_DAY, None)]
)
async def test_a_span_without_a_day_or_with_too_many_is_refused(application, since, until):
    with pytest.raises(InvalidFieldError, match="since"):
        await application.scores.leaderboard(since, until)


async def test_a_symbols_and_a_participants_days_come_in_pages_newest_first(application):
    await keep(application, *(day(back, name) for back in range(1, 4) for name in (ACME, BETA)))
    await quote_today(application)
    first = await application.scores.participant(ACME, 2)
    assert [row.day for row in first.items] == [TODAY - NANOS_PER_DAY, TODAY - 2 * NANOS_PER_DAY]
    assert [row.day for row in first.today] == [TODAY]
    rest = await application.scores.participant(ACME, 2, first.next_cursor)
    assert (len(rest.items), rest.today, rest.next_cursor) == (1, (), None)
    both = await application.scores.symbol(SYMBOL, 100, since=Nanos(TODAY - 2 * NANOS_PER_DAY))
    assert len(both.items) == 4
    past = await application.scores.symbol(SYMBOL, 100, until=TODAY)
    assert (len(past.items), past.today) == (6, ())


async def test_who_or_what_is_unknown_is_not_found(application):
    with pytest.raises(NotFoundError, match="nobody"):
        await application.scores.participant("nobody", 10)
    with pytest.raises(NotFoundError, match="NO-SUCH"):
        await application.scores.symbol("NO-SUCH", 10)
    with pytest.raises(NotFoundError, match="nobody"):
        await application.scores.obligations("nobody")
    with pytest.raises(NotFoundError, match="nobody"):
        await application.scores.promise(ANN, "nobody", Promise())


async def test_a_promise_is_on_record_and_measured_in_this_month_only(application):
    wanted = Promise(uptime_min_pct=Decimal(95), spread_max_bps=Decimal(10))
    kept = await application.scores.promise(ANN, ACME, wanted)
    assert kept.version == 1
    assert (await application.audit())[-1] == ("ann", "obligations.replace", "done")
    await keep(application, day(1), day(2, valid=8_640), day(20, valid=0))
    view = await application.scores.obligations(ACME)
    (symbol,) = view.symbols
    uptime, spread = symbol.duties
    assert (uptime.promised, uptime.met) == (Decimal(95), True)
    assert uptime.achieved == Decimal("96.29629630")
    assert (uptime.days, uptime.days_met) == (2, 1)
    assert (spread.achieved, spread.met) == (Decimal("7.5"), True)
    assert (view.met, view.since, view.until) == (True, NOVEMBER.start, NOW)
    october = await application.scores.obligations(ACME, "2025-10")
    assert (october.met, october.until) == (False, NOVEMBER.start)


async def test_the_day_that_is_not_over_counts_for_a_promise(application):
    await application.scores.promise(ANN, ACME, Promise(uptime_min_pct=Decimal(95)))
    assert (await application.scores.obligations(ACME)).met is None
    await quote_today(application)
    assert (await application.scores.obligations(ACME)).met is True


async def test_without_a_promise_or_a_snapshot_nothing_is_met_or_missed(application):
    await keep(application, day(1))
    assert (await application.scores.obligations(ACME)).met is None
    await application.scores.promise(ANN, BETA, Promise(depth_min_usdt=Decimal(1)))
    assert (await application.scores.obligations(BETA)).met is None


async def test_promises_that_make_no_sense_or_come_too_late_are_refused(application):
    with pytest.raises(InvalidFieldError, match="uptime_min_pct"):
        await application.scores.promise(ANN, ACME, Promise(uptime_min_pct=Decimal(101)))
    with pytest.raises(InvalidFieldError, match="month"):
        await application.scores.obligations(ACME, "2025-12")
    await application.scores.promise(ANN, ACME, Promise(), 0)
    with pytest.raises(ConflictError, match="version"):
        await application.scores.promise(ANN, ACME, Promise(), 0)
    assert [action for _, action, result in await application.audit() if result != "done"] == [
        "obligations.replace",
        "obligations.replace",
    ]
