"""Whatever goes wrong at the venue, the position is the venue's and nothing is left open."""

import pytest

from tests.simulation.hyperliquid_drill import drill

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(1, 5))
def test_after_a_drill_everything_is_where_the_venue_says(seed):
    problems, (orders, fills) = drill(seed)
    assert problems == []
    assert orders > 20
    assert fills > 0
