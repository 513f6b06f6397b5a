"""One picture serves every reader, and moves between states are seen once each."""

import asyncio

import msgspec
import pytest

from market_maker.api.live_feed import MADE_WITHIN, PICTURE_LIFE, LiveFeed, Wanted
from market_maker.clocks import SimClock
from market_maker.execution.spare_time import ALWAYS, AT_WORK
from market_maker.model.units import Nanos
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
    made = first.at
    clock.advance_to(Nanos(clock.now() + PICTURE_LIFE))
    assert (await feed.glance()).at > made


async def test_a_picture_is_made_while_engines_rest_or_when_it_is_due(office):
    clock = office.readers_clock()
    feed, spare = LiveFeed(office.application, clock), office.engine_host.spare
    spare.rest(AT_WORK)
    async with asyncio.TaskGroup() as group:
        making = group.create_task(feed.glance())
        await office.passes(500)
        assert not making.done()
        clock.advance_to(Nanos(clock.now() + MADE_WITHIN))
        spare.rest(AT_WORK)
    assert making.result().kind == "glance"


async def test_readers_that_waited_for_a_slow_picture_share_it(office):
    clock = office.readers_clock()
    feed = LiveFeed(office.application, clock)
    office.engine_host.spare.rest(AT_WORK)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(feed.glance()) for _ in range(3)]
        await office.passes(100)
        clock.advance_to(Nanos(clock.now() + 2 * PICTURE_LIFE))
        office.engine_host.spare.rest(ALWAYS)
    first, *others = [each.result() for each in asked]
    assert all(other is first for other in others)


async def test_a_picture_that_did_not_change_keeps_its_number(office, feed):
    number = feed.alerts().number
    later(office)
    assert feed.alerts().number == number


async def test_a_symbol_without_a_pool_has_no_picture(feed):
    assert await feed.pool("NOPE-PERP") is None


async def test_a_pool_is_sent_in_full(feed):
    picture = await feed.pool(SYMBOL)
    assert picture is not None
    assert f'"symbol":"{SYMBOL}"'.encode() in picture.content
    assert b'"guards":' in picture.content


async def test_fields_of_a_pool_that_were_asked_for_are_sent_and_no_others(feed):
    picture = await feed.pool(SYMBOL, ("drawdown_usdt", "state"))
    assert picture is not None
    assert list(msgspec.json.decode(picture.content)) == ["symbol", "drawdown_usdt", "state"]


async def test_a_picture_is_encoded_once_for_all_readers_that_have_the_same(feed):
    picture = await feed.glance()
    assert picture.frame(7) is picture.frame(7)
    assert picture.frame(8).startswith(b"event: glance\nid: 8\ndata: {")


async def test_a_reader_s_pictures_leave_out_what_is_not_there(feed):
    found = await feed.pictures(Wanted(symbols=(SYMBOL, "NOPE-PERP"), books=("NOPE-PERP",)))
    assert [each.kind for each in found] == ["glance", "pool", "alerts"]


async def test_a_move_between_states_is_seen_once_and_can_be_read_again(office, feed):
    await feed.glance()
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    later(office)
    await feed.glance()
    later(office)
    await feed.glance()
    notices = feed.notices.after(0)
    assert notices is not None
    (move,) = (each for each in notices if each.kind == "state")
    assert b'"from":"ACTIVE","state":"PAUSED"' in move.frame
    assert SYMBOL.encode() in move.frame
    assert feed.notices.after(feed.notices.last) == ()


async def test_a_number_that_never_was_is_unknown(feed):
    assert feed.notices.after(99) is None
