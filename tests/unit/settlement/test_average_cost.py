from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.position import Position
from market_maker.model.records import LedgerHolding
from market_maker.model.units import VALUE_SCALE
from market_maker.settlement.average_cost import (
    FLAT,
    Held,
    open_profit,
    traded,
)
from tests.reference.openings import opened_at, unrealised

GRIDS = st.sampled_from(
    [("0.1", "0.001"), ("1e-8", "1e-8"), ("0.25", "1"), ("50", "100"), ("0.00001", "10")]
)
FILLS = st.lists(
    st.tuples(st.sampled_from((1, -1)), st.integers(1, 10**9), st.integers(1, 10**9)), max_size=40
)


@given(GRIDS, FILLS, st.integers(0, 2 * 10**9))
def test_ledger_and_engine_agree_to_the_last_unit(grid, fills, mark_x2):
    tick, lot = map(Decimal, grid)
    unit = tick * lot / VALUE_SCALE
    engine, held, realised = Position(), FLAT, Fraction(0)
    for sign, price, size in fills:
        engine.fill(sign, price, size, 0)
        held, profit = traded(held, sign, price * tick, size * lot, unit)
        realised += Fraction(profit)
        assert Fraction(held.position) == engine.lots * Fraction(lot)
        assert Fraction(held.cost) == engine.cost * Fraction(unit)
        assert realised == engine.realised * Fraction(unit)
    mark = mark_x2 * tick / 2
    assert Fraction(unrealised(held, mark)) == engine.unrealised(mark_x2) * Fraction(unit)


@pytest.mark.thorough
@given(GRIDS, FILLS, st.integers(0, 10**9))
def test_cash_and_position_are_worth_what_was_realised_and_what_is_open(grid, fills, mark):
    tick, lot = map(Decimal, grid)
    held, cash, realised = FLAT, Fraction(0), Fraction(0)
    for sign, price, size in fills:
        cash -= sign * Fraction(price * tick) * Fraction(size * lot)
        held, profit = traded(held, sign, price * tick, size * lot, tick * lot / VALUE_SCALE)
        realised += Fraction(profit)
    worth = cash + Fraction(held.position) * Fraction(mark * tick)
    assert worth == realised + Fraction(unrealised(held, mark * tick))


def test_a_flip_realises_the_closed_part_and_opens_the_rest_at_its_price():
    held, profit = traded(Held(Decimal(2), Decimal(200)), -1, Decimal(110), Decimal(5), Decimal(1))
    assert (held, profit) == (Held(Decimal(-3), Decimal(330)), Decimal(20))
    held, profit = traded(held, 1, Decimal(100), Decimal(4), Decimal(1))
    assert (held, profit) == (Held(Decimal(1), Decimal(100)), Decimal(30))


def test_the_last_of_a_position_releases_all_of_its_cost_whatever_its_digits():
    odd = Held(Decimal("0.3"), Decimal("0.123456789123456789"))
    held, profit = traded(odd, -1, Decimal(1), Decimal("0.3"), Decimal("0.01"))
    assert held == Held(Decimal(0), Decimal(0))
    assert profit == Decimal("0.3") - Decimal("0.123456789123456789")


def test_a_released_half_unit_goes_to_even():
    unit = Decimal("0.01")
    one, _ = traded(Held(Decimal(2), Decimal("0.05")), -1, Decimal(1), Decimal(1), unit)
    assert one.cost == Decimal("0.05") - Decimal("0.02")
    two, _ = traded(Held(Decimal(2), Decimal("0.07")), -1, Decimal(1), Decimal(1), unit)
    assert two.cost == Decimal("0.07") - Decimal("0.04")


def test_a_position_valued_at_a_mark_has_no_open_profit_there():
    for position in ("2.5", "-2.5", "0"):
        held = opened_at(Decimal(position), Decimal("99.95"))
        assert unrealised(held, Decimal("99.95")) == 0
        assert unrealised(held, Decimal("100.95")) == Decimal(position)


def test_what_a_late_fill_left_of_a_flat_position_counts():
    left = [
        LedgerHolding(participant_id="a", symbol="X", position=Decimal(0), inventory=Decimal(-3))
    ]
    assert open_profit(left, {}) == 3


def test_an_open_profit_without_one_of_its_marks_is_not_known():
    holdings = [
        LedgerHolding(participant_id="a", symbol="X", position=Decimal(1), inventory=Decimal(10)),
        LedgerHolding(participant_id="a", symbol="Y", position=Decimal(-1), inventory=Decimal(-20)),
        LedgerHolding(participant_id="a", symbol="Z", position=Decimal(0), inventory=Decimal(0)),
    ]
    assert open_profit(holdings, {"X": Decimal(12), "Y": Decimal(17)}) == 5
    assert open_profit(holdings, {"X": Decimal(12)}) is None
    assert open_profit([], {}) == 0


def test_a_fill_without_a_size_is_a_mistake_of_ours():
    with pytest.raises(AssertionError):
        traded(FLAT, 1, Decimal(1), Decimal(0), Decimal(1))
