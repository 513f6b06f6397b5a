"""Months as they come: joins, leaves, flips, losses, rebates, late fills, rejections, crashes."""

from collections import Counter
from fractions import Fraction

import pytest

from market_maker.model.money import SettlementStatus
from tests.examples import examples
from tests.unit.settlement.world import PEOPLE, World

FEW, MANY = range(40), range(40, examples(1_000))
MAY_CHANGE = ("status", "approved_by", "approved_at", "claimed_by", "rejected_by")
MAY_CHANGE += ("rejection_reason", "paid_by", "wallet_txn_id", "notes", "version", "updated_at")


def lived(seed):
    world = World(seed)
    world.run()
    return world


def check(seed):
    world = lived(seed)
    for record in world.records.values():
        _comes_to_the_naive_figures(world, record)
    for whose in PEOPLE:
        _chain_holds(world, whose)
    _every_event_is_in_exactly_one_standing_record(world)
    _members_make_the_pool(world)
    _approved_stays(world)
    return world


def _comes_to_the_naive_figures(world, record):
    taken, gross, base, platform, payout, carry_out = world.expected[record.settlement_id]
    assert record.entries == len(taken), record
    assert Fraction(record.gross_exact_usdt) == sum((e.net for e in taken), Fraction(0))
    assert Fraction(record.gross_pnl_usdt) == gross
    assert Fraction(record.base_usdt) == base
    assert Fraction(record.platform_amount_usdt) == platform
    assert Fraction(record.net_payout_usdt) == payout
    assert Fraction(record.carry_out_usdt) == carry_out
    assert record.platform_amount_usdt + record.net_payout_usdt == max(0, record.gross_pnl_usdt)
    assert min(record.platform_amount_usdt, record.net_payout_usdt, record.carry_out_usdt) >= 0
    start = next(month.start for month in world.months if month.name == record.month)
    assert record.late_entries == sum(event.ts < start for event in taken)


def _chain_holds(world, whose):
    """Losses are handed on, and shared profit is the high-water mark of all profit."""
    carried, cumulative, high, shared = 0, 0, 0, 0
    for record in sorted(world.standing(whose), key=lambda record: record.month):
        assert record.carry_in_usdt == carried
        carried = record.carry_out_usdt
        cumulative += record.gross_pnl_usdt
        high = max(high, cumulative)
        shared += record.base_usdt
    assert (shared, carried) == (high, high - cumulative)


def _every_event_is_in_exactly_one_standing_record(world):
    end, head = world.months[-1].end, world.runs[world.months[-1].name]
    standing = {record.settlement_id for whose in PEOPLE for record in world.standing(whose)}
    for event in world.books.events:
        if event.ts < end and event.number <= head:
            assert event.owner in standing, event.number
    owners = Counter(event.owner for event in world.books.events)
    for whose in PEOPLE:
        for record in world.standing(whose):
            assert owners[record.settlement_id] == record.entries


def _members_make_the_pool(world):
    total = sum(
        Fraction(record.gross_exact_usdt) for whose in PEOPLE for record in world.standing(whose)
    )
    assert total == sum(event.net for event in world.books.events if event.owner is not None)


def _approved_stays(world):
    for name, then in world.approved.items():
        now = world.records[name]
        assert now.status is SettlementStatus.APPROVED
        for field in then.__struct_fields__:
            if field not in MAY_CHANGE:
                assert getattr(now, field) == getattr(then, field)


@pytest.mark.parametrize("seed", FEW)
def test_random_months_come_to_the_naive_figures(seed):
    check(seed)


@pytest.mark.slow
def test_hundreds_of_random_lives_come_to_the_naive_figures():
    for seed in MANY:
        check(seed)


@pytest.mark.thorough
def test_closing_again_changes_nothing():
    for seed in FEW:
        world = lived(seed)
        before = dict(world.records)
        for month in world.months:
            for whose in PEOPLE:
                world.close(month, whose)
        assert world.records == before


@pytest.mark.thorough
def test_the_lives_hold_what_they_are_about():
    """Losses carried far, late fills, revisions, months that fell to the next one."""
    seen = Counter()
    for seed in FEW:
        world = lived(seed)
        for record in world.records.values():
            seen["late"] += record.late_entries > 0
            seen["revised"] += record.revision > 1
            seen["carried"] += record.carry_in_usdt > 0 and record.carry_out_usdt > 0
            seen["made good"] += 0 < record.base_usdt < record.gross_pnl_usdt
            seen["rejected"] += record.status is SettlementStatus.REJECTED
            seen["reached further"] += record.watermark > world.runs[record.month]
            seen["empty"] += record.entries == 0
            seen["clipped"] += record.period_start > next(
                month.start for month in world.months if month.name == record.month
            )
    names = ("late", "revised", "carried", "made good", "rejected", "reached further")
    assert [name for name in (*names, "empty", "clipped") if seen[name] < 5] == []
