"""What follows from what a venue says of an account."""

from decimal import Decimal

import pytest

from market_maker.model.account import ActionAllowance, OpenInterestRoom


@pytest.mark.parametrize(
    ("used", "cap", "near", "factor"),
    [
        (0, 100, False, 1),
        (89, 100, False, 1),
        (90, 100, True, 1),
        (95, 100, True, "0.5"),
        (100, 100, True, 0),
        (250, 100, True, 0),
        (250, None, False, 1),
    ],
)
def test_sizes_shrink_over_the_last_tenth_of_a_cap(used, cap, near, factor):
    room = OpenInterestRoom(Decimal(used), None if cap is None else Decimal(cap))
    assert (room.near, room.size_factor) == (near, Decimal(factor))


def test_what_the_venue_says_is_at_its_cap_has_no_room_whatever_the_numbers():
    assert OpenInterestRoom(Decimal(1), None, at_cap=True).size_factor == 0


def test_bought_actions_add_to_what_is_left():
    assert ActionAllowance(used=90, cap=100, surplus=5).left == 15
