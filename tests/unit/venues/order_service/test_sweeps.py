"""How often the order service is asked for its lists."""

import asyncio
import itertools

import pytest

from market_maker.model.actions import Place
from market_maker.model.orders import Side
from market_maker.sandbox.listings import LISTINGS
from market_maker.venues.order_service.stream import VenueStream
from market_maker.venues.order_service.venue import (
    SWEEP_INTERVAL_S,
    SWEEP_REST_S,
    SWEEPS_PER_S,
    OrderServiceVenue,
    sent_orders,
)
from tests.simulation.leaping_loop import LoopClock, leaping

INSTRUMENT = LISTINGS[0].instrument
FOR_S = 12.0


class Quiet(VenueStream):
    """No news."""

    def __init__(self):
        self.accounts = []


class Asked(OrderServiceVenue):
    """times: when lists were asked for, seconds."""

    def __init__(self, lines):
        sent = sent_orders()
        super().__init__(
            None, INSTRUMENT, LoopClock(), ["a"], sent, stream=Quiet(), lines=range(lines)
        )
        self._first_trade_id, self.times, self.sent = 0, [], sent

    async def _sweep(self, first_trade_id):
        assert first_trade_id == 0
        self.times.append(asyncio.get_running_loop().time())


def gaps(lines, during=None):
    """Seconds between two requests for lists."""

    async def run():
        venue = Asked(lines)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(venue._sweep_for_ever())
            if during is not None:
                during(venue)
            await asyncio.sleep(FOR_S)
            task.cancel()
        times = [0.0, *venue.times]
        return [b - a for a, b in itertools.pairwise(times)]

    return leaping(run())


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [(0, SWEEP_INTERVAL_S), (SWEEPS_PER_S, SWEEP_INTERVAL_S), (3 * SWEEPS_PER_S, 3.0)],
)
def test_lines_of_a_process_share_a_number_of_lists_a_second(lines, seconds):
    found = gaps(lines)
    assert found == pytest.approx([seconds] * len(found))
    assert len(found) >= FOR_S / seconds - 1


def test_while_a_fate_is_in_doubt_a_line_asks_every_second():
    def doubt(venue):
        now = venue._clock.now()
        order = Place(1, "ann", Side.BUY, 0, 100, 1, client_order_id="n")
        venue.sent.placed(now, order)
        assert not venue.sent.in_doubt
        venue.sent.failed(now, 1)
        assert venue.sent.in_doubt

    assert gaps(100 * SWEEPS_PER_S, doubt) == pytest.approx([SWEEP_INTERVAL_S] * 11, abs=0.01)


def test_who_waits_for_a_list_has_it_at_once():
    def want(venue):
        asyncio.get_running_loop().call_later(5.0, venue._wanted.set)

    first, *_ = gaps(100 * SWEEPS_PER_S, want)
    assert 5.0 <= first <= 5.0 + SWEEP_REST_S
