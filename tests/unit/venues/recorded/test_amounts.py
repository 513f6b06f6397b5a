from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.recorded import amounts
from market_maker.venues.recorded.amounts import Amounts, as_floats, counts

STEPS = ["0.1", "0.01", "0.001", "0.5", "0.25", "1", "10", "0.00001"]


def packed(*texts):
    made = Amounts("size")
    return np.array([made[text] for text in texts], dtype=np.int64)


@given(st.integers(0, 10**12), st.sampled_from(STEPS))
def test_every_multiple_of_the_step_is_counted_exactly(count, step):
    found = counts(packed(f"{count * Decimal(step):f}"), Decimal(step))
    assert found.whole.tolist() == [count]
    assert not found.off_grid.any()


@given(st.decimals(0, 10**9, places=8), st.sampled_from(STEPS))
def test_what_is_left_over_is_said_and_rounded_either_way(value, step):
    found = counts(packed(f"{value:f}"), Decimal(step))
    exact, rest = divmod(value, Decimal(step))
    assert found.whole.tolist() == [int(exact)]
    assert found.off_grid.tolist() == [rest != 0]
    assert found.rounded_up.tolist() == [int(exact) + (rest != 0)]


def test_equal_values_are_equal_integers():
    assert len(set(packed("61800.20", "61800.2", "061800.2000").tolist())) == 1
    assert len(set(packed("100", "1E+2", "100.0").tolist())) == 1
    assert packed("0", "0.000", "-0", ".0", "0.").tolist() == [0, 0, 0, 0, 0]
    assert packed(".5").tolist() == packed("0.50").tolist()


def test_sizes_of_cheap_coins_fit_in_any_step_that_they_have():
    sizes = packed("512000000000.0", "50000000.0")
    assert counts(sizes, Decimal(1)).whole.tolist() == [512_000_000_000, 50_000_000]
    with pytest.raises(OverflowError):
        counts(sizes, Decimal("1E-8"))


def test_a_product_that_does_not_fit_has_a_quotient_that_does():
    value = 9 * 10**15 + 1
    found = counts(packed(str(value)), Decimal("0.025"))
    assert found.whole.tolist() == [value * 40]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "NaN",
        "Infinity",
        "-0.1",
        "-0.05",
        "1e40",
        "1e25",
        "1e-19",
        "9" * 20,
        "1" * 90,
        "100_000",
        "\u0661\u0662",
        " 1 ",
        "1 ",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(InvalidFieldError, match="size: "):
        Amounts("size")[text]


@given(st.decimals(0, 10**6, places=8))
def test_as_a_float_an_amount_is_what_it_says(value):
    assert as_floats(packed(f"{value:f}"))[0] == pytest.approx(float(value), rel=1e-12)


def test_what_is_remembered_is_bounded():
    made = Amounts("price")
    for count in range(amounts.REMEMBERED_MAX + 10):
        assert made[str(count)] == count << 5 or count % 10 == 0
    assert len(made) <= amounts.REMEMBERED_MAX
