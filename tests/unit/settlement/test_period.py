import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.calendar import Month
from market_maker.model.errors import ConflictError, InvalidFieldError
from market_maker.model.money import SettlementStatus
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.period import (
    Membership,
    check_order,
    clipped,
    month_to_settle,
    months_to_close,
    span_of,
    span_to_settle,
)
from market_maker.settlement.posting import fill_entry
from tests.unit.settlement.facts import OCTOBER, fill, record
from tests.unit.settlement.sums import belongs

NOVEMBER, SEPTEMBER = OCTOBER.next, OCTOBER.previous
DAY = 86_400 * 10**9


@pytest.mark.parametrize("now", [OCTOBER.end, OCTOBER.end + DAY, OCTOBER.end + 4000 * DAY])
def test_a_month_that_is_over_may_be_settled(now):
    assert month_to_settle("2026-10", now, dry_run=False) == OCTOBER


@pytest.mark.parametrize("now", [OCTOBER.start, OCTOBER.end - 1])
def test_an_open_month_is_for_a_dry_run_only(now):
    assert month_to_settle("2026-10", now, dry_run=True) == OCTOBER
    with pytest.raises(InvalidFieldError, match=r"month: '2026-10' .* dry run; now is 2026-10"):
        month_to_settle("2026-10", now, dry_run=False)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_month_in_the_future_is_refused(dry_run):
    with pytest.raises(InvalidFieldError, match=r"month: '2026-11' .* has begun"):
        month_to_settle("2026-11", OCTOBER.end - 1, dry_run=dry_run)
    with pytest.raises(InvalidFieldError, match="such as 2026-10"):
        month_to_settle("soon", OCTOBER.end, dry_run=dry_run)


def test_months_are_closed_in_order_and_none_is_left_out():
    first = SEPTEMBER.start + 5
    names = [m.name for m in months_to_close(first, NOVEMBER.end - 1, ("2026-09",))]
    assert names == ["2026-10"]
    assert months_to_close(first, SEPTEMBER.end - 1, ()) == ()
    assert [m.name for m in months_to_close(first, NOVEMBER.start, ())] == ["2026-09", "2026-10"]
    check_order(OCTOBER, first, ("2026-09",))
    check_order(SEPTEMBER, first, ())
    with pytest.raises(ConflictError, match="earlier month") as caught:
        check_order(NOVEMBER, first, ("2026-09",))
    assert caught.value.current == "2026-10"


@pytest.mark.parametrize(
    ("memberships", "days"),
    [
        ([(-40, None)], (0, 31)),
        ([(-40, -35)], None),
        ([(3, None)], (3, 31)),
        ([(3, 12)], (3, 12)),
        ([(3, 12), (20, None)], (3, 31)),
        ([(-9, 12), (12, 14)], (0, 14)),
        ([(-9, 0)], None),
        ([(31, None)], None),
        ([(31, 40)], None),
        ([(30, 31)], (30, 31)),
        ([(-9, 31)], (0, 31)),
        ([(5, 5)], None),
        ([], None),
    ],
)
def test_a_period_is_the_month_clipped_to_joining_and_leaving(memberships, days):
    def at(day):
        return None if day is None else OCTOBER.start + day * DAY

    spans = [Membership(at(joined), at(left)) for joined, left in memberships]
    assert clipped(OCTOBER, spans) == (None if days is None else (at(days[0]), at(days[1])))


def entry(ts, number):
    return structs.replace(fill_entry(fill(ts_event=ts), FLAT, ts), entry_id=number)


def test_the_first_record_takes_everything_up_to_its_end_and_watermark():
    span = span_to_settle("acme", OCTOBER, 50, [])
    assert belongs(entry(OCTOBER.end - 1, 50), span)
    assert belongs(entry(0, 1), span)
    assert not belongs(entry(OCTOBER.end, 1), span)
    assert not belongs(entry(OCTOBER.start, 51), span)


def test_a_record_takes_what_came_late_and_not_what_the_one_before_has():
    before = record(watermark=50)
    span = span_to_settle("acme", NOVEMBER, 80, [before])
    assert not belongs(entry(OCTOBER.end - 1, 50), span)
    assert belongs(entry(OCTOBER.end - 1, 51), span)
    assert belongs(entry(OCTOBER.end, 50), span)
    assert span.late_before == NOVEMBER.start


def test_a_record_never_reaches_less_far_than_the_one_before_it():
    revised = record(revision=2, watermark=90)
    span = span_to_settle("acme", NOVEMBER, 80, [revised])
    assert span.upto_entry == 90


@pytest.mark.parametrize("month", [SEPTEMBER, OCTOBER])
def test_a_month_at_or_before_a_standing_record_is_closed(month):
    with pytest.raises(ConflictError) as caught:
        span_to_settle("acme", month, 80, [record()])
    assert (caught.value.field, caught.value.current) == ("month", "stl-2026-10-1-acme")


def test_a_stored_record_knows_the_entries_that_it_was_made_of():
    before = record(watermark=50, status=SettlementStatus.SETTLED)
    span = span_to_settle("acme", NOVEMBER, 80, [before])
    stored = record(
        month=NOVEMBER.name,
        watermark=span.upto_entry,
        covered_ts=span.covered_ts,
        covered_entry=span.covered_entry,
    )
    assert span_of(stored) == span


RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=5)


@given(RUNS, st.integers(-1, 5), st.integers(1, 40))
def test_spans_of_a_chain_tile_the_ledger(gaps, month_index, number):
    """Whatever months are left out and however watermarks come, an entry is in one span or, being
    too late for the last record, in none."""
    months = [Month(2026, 3)]
    while len(months) < 30:
        months.append(months[-1].next)
    standing, spans, at = [], [], 0
    for gap, watermark in gaps:
        at += gap + 1
        span = span_to_settle("acme", months[at], watermark, standing)
        spans.append(span)
        standing.append(
            record(
                month=months[at].name,
                watermark=span.upto_entry,
                covered_ts=span.covered_ts,
                covered_entry=span.covered_entry,
            )
        )
    ts = 0 if month_index < 0 else months[month_index * 2].start
    posted = entry(ts, number)
    owners = [span for span in spans if belongs(posted, span)]
    reached = ts < spans[-1].before and number <= spans[-1].upto_entry
    assert len(owners) == reached
