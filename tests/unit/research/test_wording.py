"""Phrases about times and counts."""

import pytest

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.research.wording import FILLS_FOR_A_MEAN, few_fills, period, remarked

NOON = 1_700_000_000 * NANOS_PER_SECOND
DAY = 86_400 * NANOS_PER_SECOND


def test_a_period_of_one_day_has_its_day_once_and_of_two_both():
    assert period(NOON, NOON + NANOS_PER_SECOND) == "2023-11-14 22:13:20 to 22:13:21 UTC"
    assert period(NOON, NOON + DAY) == "2023-11-14 22:13:20 to 2023-11-15 22:13:20 UTC"


@pytest.mark.parametrize(
    ("fills", "said"), [(0, "no fill is"), (1, "1 fill is"), (29, "29 fills are")]
)
def test_few_fills_are_said_to_prove_nothing(fills, said):
    assert few_fills(fills) == f"{said} too few to judge a strategy by"
    assert few_fills(FILLS_FOR_A_MEAN) == ""


def test_what_is_to_be_known_of_the_data_follows_a_verdict():
    assert remarked(()) == ""
    assert remarked(("no trades",)) == " Of the data: no trades."
