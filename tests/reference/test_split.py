from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from tests.reference.split import split_cents

WEIGHTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.fractions(min_value=0, max_value=10, max_denominator=10**6),
    min_size=1,
    max_size=8,
).filter(lambda weights: any(weights.values()))
TOTALS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.thorough
@given(TOTALS, WEIGHTS)
def test_the_parts_are_the_whole_and_each_within_a_cent_of_its_share(total, weights):
    parts = split_cents(total, weights)
    assert sum(parts.values()) == total
    assert list(parts) == list(weights)
    for name, part in parts.items():
        share = Fraction(total) * weights[name] / sum(weights.values())
        assert abs(Fraction(part) - share) < Fraction(1, 100)
        assert part * total >= 0


@given(TOTALS, WEIGHTS)
def test_a_loss_is_split_like_a_profit(total, weights):
    gains, losses = split_cents(total, weights), split_cents(-total, weights)
    assert {name: -part for name, part in losses.items()} == gains


def test_a_cent_that_is_left_goes_to_the_larger_weight_and_then_by_name():
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    parts = split_cents(Decimal("0.02"), {"c": quarter, "b": quarter, "a": half})
    assert parts == {"c": 0, "b": Decimal("0.01"), "a": Decimal("0.01")}
    parts = split_cents(Decimal("0.02"), {"a": quarter, "b": 3 * quarter})
    assert parts == {"a": 0, "b": Decimal("0.02")}


@pytest.mark.parametrize("total", ["0.001", "NaN", "Infinity"])
def test_what_is_not_whole_cents_is_refused(total):
    with pytest.raises(InvalidFieldError, match="whole number of cents"):
        split_cents(Decimal(total), {"a": Fraction(1)})


@pytest.mark.parametrize("weights", [{}, {"a": Fraction(0)}, {"a": Fraction(2), "b": Fraction(-1)}])
def test_weights_that_split_nothing_are_refused(weights):
    with pytest.raises(InvalidFieldError, match="weights"):
        split_cents(Decimal(1), weights)
