"""What goes wrong with one symbol's stream is that symbol's alone, and it comes back by itself."""

import asyncio

import pytest
from msgspec import structs

from market_maker.venues.order_service import stream
from market_maker.venues.order_service.client import SYMBOL_STREAM
from market_maker.venues.order_service.stream import NO_GRID, fits
from market_maker.venues.order_service.stream_socket import NOT_BEGUN, OTHER_GRID
from market_maker.venues.order_service.wire import (
    Follow,
    Listen,
    Snap,
    StreamFrame,
    StreamRefused,
    Unfollow,
)
from tests.support.connections import Counted
from tests.support.streamed_venue import ONE, OPENINGS, OTHER, followers, opened_of, trade

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(stream, "BACKOFF_MIN_S", 0.01)


async def other_is_well(at, other):
    """It has all that was said, and lost nothing."""
    (following,) = at.venue.follows(OTHER)
    await at.venue.say(StreamFrame(following.stream, 2, (trade(7),)))
    await at.venue.until(lambda: other.prices == [7])
    assert (other.openings, other.losses) == (1, [])


async def test_a_gap_is_one_symbols_and_it_begins_again_under_another_number():
    watch = Counted()
    async with followers(watch) as at:
        one, other = await at.begun(ONE), await at.begun(OTHER)
        (first,) = at.venue.follows(ONE)
        await at.venue.say(
            StreamFrame(first.stream, 2, (trade(1),)), StreamFrame(first.stream, 4, (trade(2),))
        )
        await at.venue.until(lambda: one.openings == 2)
        assert one.losses == ["the stream lost frames 3 to 3"]
        second = at.venue.follows(ONE)[1]
        assert second.stream != first.stream
        # What was under way in the name of the old one counts no more.
        await at.venue.say(
            StreamFrame(first.stream, 5, (trade(3),)), StreamFrame(second.stream, 2, (trade(4),))
        )
        await at.venue.until(lambda: 4 in one.prices)
        assert one.prices == [1, 4]
        assert at.venue.kinds(Unfollow) == [Unfollow(first.stream)]
        assert at.socket.conversation.problem == ""
        await other_is_well(at, other)
    assert len(watch.made_to) == 1


@pytest.mark.parametrize(
    ("second", "third", "said"),
    [(2, 2, "frame 2 after frame 2"), (2, 1, "frame 1 after frame 2"), (3, 2, "frames 2 to 2")],
)
async def test_a_frame_that_comes_twice_or_too_early_is_named(second, third, said):
    watch = Counted()
    async with followers(watch) as at:
        one, other = await at.begun(ONE), await at.begun(OTHER)
        (first,) = at.venue.follows(ONE)
        await at.venue.say(
            StreamFrame(first.stream, second, (trade(1),)),
            StreamFrame(first.stream, third, (trade(2),)),
        )
        await at.venue.until(lambda: one.openings == 2)
        assert len(one.losses) == 1
        assert said in one.losses[0]
        await other_is_well(at, other)
    assert watch.lost == [(SYMBOL_STREAM, "unreadable")]


@pytest.mark.parametrize("messages", [(trade(1),), (trade(1), opened_of(ONE)), ()])
async def test_what_comes_before_the_grid_is_left_out(messages):
    """Ticks and lots of a grid that no one said would be quoted on."""
    async with followers() as at:
        other = await at.begun(OTHER)
        del at.venue.openings[ONE.symbol]
        one = at.follow(ONE)
        await at.venue.until(lambda: at.venue.follows(ONE))
        at.venue.openings.update(OPENINGS)
        await at.venue.say(StreamFrame(at.venue.follows(ONE)[0].stream, 1, messages))
        await at.venue.until(lambda: one.openings)
        assert one.losses == [NO_GRID]
        assert one.prices == []
        await other_is_well(at, other)


async def test_one_that_is_refused_says_why_and_asks_again():
    async with followers() as at:
        other = await at.begun(OTHER)
        at.venue.openings[ONE.symbol] = StreamRefused("no such instrument")
        one = at.follow(ONE)
        await at.venue.until(lambda: len(one.losses) >= 2)
        assert set(one.losses) == {"the venue refuses it: no such instrument"}
        assert f"stream of {ONE.symbol}" in at.socket.conversation.problem
        assert "no such instrument" in at.socket.conversation.problem
        await other_is_well(at, other)
        at.venue.openings.update(OPENINGS)
        await at.venue.until(lambda: one.openings)
        assert at.socket.conversation.problem == ""


async def test_one_that_is_refused_while_it_runs_is_lost_alone():
    async with followers() as at:
        one, other = await at.begun(ONE), await at.begun(OTHER)
        at.venue.openings[ONE.symbol] = StreamRefused("delisted")
        (first,) = at.venue.follows(ONE)
        await at.venue.say(
            StreamFrame(first.stream, 2, (trade(1), StreamRefused("delisted"), trade(2)))
        )
        await at.venue.until(lambda: len(one.losses) >= 2)
        assert one.prices == [1]
        await other_is_well(at, other)


async def test_one_of_another_grid_is_followed_no_further_and_asked_for_again():
    async with followers() as at:
        other = await at.begun(OTHER)
        coarse = structs.replace(opened_of(ONE), tick_size="0.5")
        at.venue.openings[ONE.symbol] = coarse
        one = at.follow(ONE)
        await at.venue.until(lambda: len(one.losses) >= 2)
        assert set(one.losses) == {OTHER_GRID}
        assert one.messages[0] == coarse
        at.venue.openings.update(OPENINGS)
        await at.venue.until(lambda: OPENINGS[ONE.symbol] in one.messages)
        await other_is_well(at, other)


async def test_one_that_does_not_begin_is_asked_for_again_and_the_others_go_on(monkeypatch):
    async with followers() as at:
        other = await at.begun(OTHER)
        monkeypatch.setattr(stream, "BEGINS_S", 0.02)
        del at.venue.openings[ONE.symbol]
        one = at.follow(ONE)
        await at.venue.until(lambda: len(at.venue.follows(ONE)) >= 3)
        assert set(one.losses) == {NOT_BEGUN}
        await other_is_well(at, other)


async def test_a_stream_that_has_begun_is_not_given_up_when_its_time_to_begin_is_over(monkeypatch):
    monkeypatch.setattr(stream, "BEGINS_S", 0.02)
    async with followers() as at:
        one = await at.begun(ONE)
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, over.set)
        await over.wait()
        assert one.losses == []


async def test_one_that_is_left_brings_no_more():
    async with followers() as at:
        one, other = await at.begun(ONE), await at.begun(OTHER)
        (first,) = at.venue.follows(ONE)
        await at.leave(one)
        await at.venue.until(lambda: at.venue.kinds(Unfollow) == [Unfollow(first.stream)])
        await at.venue.say(StreamFrame(first.stream, 2, (trade(1),)))
        await other_is_well(at, other)
        assert one.prices == []


async def test_accounts_and_snapshots_are_asked_for_where_a_stream_is_followed():
    async with followers() as at:
        one = await at.begun(ONE, "ann")
        (first,) = at.venue.follows(ONE)
        assert first == Follow(first.stream, ONE.symbol, ("ann",))
        one.stream.listen("bob")
        one.stream.snap()
        await at.venue.until(lambda: at.venue.kinds(Snap))
        assert [each for _, each in at.venue.asked[1:]] == [
            Listen(first.stream, ("bob",)),
            Snap(first.stream),
        ]
        await at.venue.sockets[0].close()
        await at.venue.until(lambda: one.losses)
        # It begins with a snapshot and all accounts.
        one.stream.listen("eve")
        one.stream.snap()
        await at.venue.until(lambda: one.openings == 2)
        assert at.venue.follows(ONE)[1].accounts == ("ann", "bob", "eve")
        assert len(at.venue.kinds(Snap)) == 1


@pytest.mark.parametrize(
    ("changed", "fit"),
    [
        ({}, True),
        ({"tick_size": "0.10"}, True),
        ({"tick_size": "0.5"}, False),
        ({"lot_size": "7"}, False),
        ({"symbol": "ELSE"}, False),
        ({"lot_size": "none"}, False),
    ],
)
def test_a_grid_fits_by_its_values(changed, fit):
    assert str(ONE.tick_size) == "0.1"
    assert fits(structs.replace(opened_of(ONE), **changed), ONE) is fit
