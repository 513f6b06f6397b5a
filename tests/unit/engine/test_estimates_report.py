"""Estimates for readers: each by its name, and in a picture only those that are fed."""

import pytest

from market_maker.engine.estimates_report import estimates_of
from tests.unit.engine.desk import Desk
from tests.unit.engine.test_estimates import EVERYTHING, READERS, TRADES


def test_every_estimate_stands_in_the_same_place_whether_it_is_on_or_off():
    names = [line.name for line in estimates_of(Desk().engine.market)]
    assert names == [line.name for line in estimates_of(Desk(**EVERYTHING).engine.market)]
    assert len(names) == len({*names})


@pytest.mark.parametrize("fields", [{}, *TRADES, *READERS])
def test_a_picture_holds_those_that_are_fed(fields):
    """Made several times a second; no reader shows the others, which are most of them."""
    desk = Desk(**fields).started()
    fed = [line for line in estimates_of(desk.engine.market) if not line.off]
    assert list(desk.snapshot.estimates) == fed
