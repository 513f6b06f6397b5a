"""Faults by seed."""

import pytest

from market_maker.emulators.hyperliquid.faults import CHANCES, FaultDice, VenueFaults
from market_maker.model.errors import InvalidFieldError


def thrown(seed, faults, names):
    dice = FaultDice(seed)
    return [dice.falls(faults, name) for name in names]


def test_the_same_seed_suffers_the_same_whatever_else_is_switched_on():
    few, many = VenueFaults(reset=0.5), VenueFaults(reset=0.5, busy=0.5, late_fill=0.5)
    resets = thrown(3, few, ["reset"] * 50)
    mixed = thrown(3, many, ["busy", "reset", "late_fill"] * 50)[1::3]
    assert resets == mixed
    assert resets != thrown(4, few, ["reset"] * 50)


def test_what_has_no_chance_never_happens():
    assert not any(thrown(1, VenueFaults(), CHANCES * 100))


@pytest.mark.parametrize("name", CHANCES)
def test_a_chance_is_a_probability(name):
    with pytest.raises(InvalidFieldError, match=name):
        VenueFaults(**{name: 1.5})
