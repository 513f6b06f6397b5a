"""One picture serves every reader, and moves between states are seen once each."""

import asyncio

import pytest

from market_maker.api.live_feed import PICTURE_LIFE, LiveFeed
from market_maker.clocks import SimClock
from market_maker.model.units import Nanos
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, SYMBOL, Office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def feed(office: Office) -> LiveFeed:
    await office.quoting()
    return LiveFeed(office.application, office.clock)


def later(office: Office) -> None:
    office.clock.advance_to(Nanos(office.clock.now() + PICTURE_LIFE))


async def test_readers_within_the_life_of_a_picture_share_it(office):
    clock = SimClock(office.clock.now())
    feed = LiveFeed(office.application, clock)
    first, *others = await asyncio.gather(*(feed.glance() for _ in range(50)))
    assert all(other is first for other in others)
    clock.advance_to(Nanos(clock.now() + PICTURE_LIFE))
    assert (await feed.glance()) is not first


async def test_a_picture_that_did_not_change_keeps_its_number(office, feed):
    first = await feed.glance()
    later(office)
    assert (await feed.glance()).number == first.number


async def test_a_symbol_without_a_pool_has_no_picture(feed):
    assert await feed.pool("NOPE-PERP") is None


async def test_a_pool_is_sent_in_full(feed):
    picture = await feed.pool(SYMBOL)
    assert picture is not None
    assert f'"symbol":"{SYMBOL}"' in picture.text
    assert '"guards":' in picture.text


async def test_a_move_between_states_is_seen_once_and_can_be_read_again(office, feed):
    await feed.glance()
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    later(office)
    await feed.glance()
    later(office)
    await feed.glance()
    moves = feed.moves_after(0)
    assert moves is not None
    assert [(move.number, move.symbol) for move in moves] == [(1, SYMBOL)]
    assert f'"state":"{PoolStatus.PAUSED}"' in moves[0].text
    assert feed.moves_after(1) == ()


async def test_a_number_that_never_was_is_unknown(feed):
    assert feed.moves_after(99) is None
