"""Faults are probabilities, and one that cannot happen draws nothing."""

from random import Random

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.sandbox.faults import Dice, Faults


@pytest.mark.parametrize("fields", [{"halt": 1.1}, {"reject": -0.1}, {"late_ns": 0}])
def test_what_is_no_probability_or_no_time_is_refused_by_its_name(fields):
    (name,) = fields
    with pytest.raises(InvalidFieldError, match=name):
        Faults(**fields)


def test_a_fault_that_is_off_moves_no_other():
    one, other = Random(3), Random(3)
    dice = Dice(one)
    assert not any(dice.fall(0.0) for _ in range(100))
    assert one.random() == other.random()
    assert dice.fall(1.0)


def test_a_delay_is_within_its_bound():
    dice = Dice(Random(4))
    assert {dice.delay(3) for _ in range(200)} == {1, 2, 3}
