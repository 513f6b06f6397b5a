"""Caution at the first quote fades away."""

from decimal import Decimal

import pytest

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.tending import caution


@pytest.mark.parametrize(
    ("seconds", "factor"), [(0, "2"), (75, "1.8"), (150, "1.5"), (299, "1.0"), (9_000, "1")]
)
def test_caution_begins_doubled_and_is_gone_after_its_time(seconds, factor):
    assert caution(seconds * NANOS_PER_SECOND, 300) == Decimal(factor)


def test_without_a_time_there_is_none():
    assert caution(0, 0) == 1
