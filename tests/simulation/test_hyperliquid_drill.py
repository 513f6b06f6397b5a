"""Whatever goes wrong at the venue, the position is the venue's and nothing is left open."""

import pytest

from tests.simulation.hyperliquid_drill import drill

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.parametrize("seed", range(1, 3))
async def test_after_a_drill_everything_is_where_the_venue_says(seed):
    problems, (orders, fills) = await drill(seed)
    assert problems == []
    assert orders > 20
    assert fills > 0
