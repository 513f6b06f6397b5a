"""What a worker may still send, by a lease that it renews and that another one can end."""

import pytest

from market_maker.clocks import SimClock
from market_maker.execution.symbol_lease import LEASE, MARGIN, OUTDATED, SOLE, SymbolLease, new_name
from market_maker.model.errors import ConflictError, InvalidDataError
from market_maker.model.ownership import Fence
from tests.support.office import OTHER, START, SYMBOL, database
from tests.support.sending import Tap

pytestmark = pytest.mark.anyio

SENDING = LEASE - MARGIN
LONG = 1_000 * LEASE


@pytest.fixture
async def store():
    async with database() as opened:
        yield Tap(opened)


def lease(store, clock=None, name="one", **more):
    return SymbolLease(store, clock or SimClock(START), name, retry_s=0, **more)


async def test_orders_go_out_until_a_margin_before_the_lease_ends(store):
    clock = SimClock(START)
    mine = lease(store, clock)
    await mine.begin(alone=True)
    await mine.take(SYMBOL)
    fence = mine.fence(SYMBOL)
    assert fence == Fence(SYMBOL, "one", 1)
    clock.sleep(SENDING - 1)
    assert mine.problem(fence) == ""
    clock.sleep(1)
    assert mine.problem(fence) == "the lease of worker one is not renewed: too slow"
    await mine.renew()
    assert mine.problem(fence) == ""


async def test_a_lease_lasts_from_the_moment_at_which_its_renewal_was_asked_for(store):
    """The answer may have come late: the database counted from before it."""
    clock = SimClock(START)

    class Slow(Tap):
        async def commit(self, work):
            done = await super().commit(work)
            clock.sleep(SENDING)
            return done

    mine = lease(Slow(store), clock)
    await mine.begin(alone=True)
    await mine.take(SYMBOL)
    assert "too slow" in mine.problem(mine.fence(SYMBOL))
    await mine.renew()
    assert "too slow" in mine.problem(mine.fence(SYMBOL))


async def test_what_was_not_taken_has_a_fence_that_never_holds(store):
    mine = lease(store)
    await mine.begin(alone=True)
    assert mine.fence(OTHER) == Fence(OTHER, "one", 0)
    assert mine.problem(mine.fence(OTHER)) == OUTDATED
    assert mine.problem(None) == OUTDATED


async def test_an_order_of_before_a_symbol_was_taken_again_does_not_go_out(store):
    mine = lease(store)
    await mine.begin(alone=True)
    await mine.take(SYMBOL)
    before = mine.fence(SYMBOL)
    await mine.take(SYMBOL)
    assert mine.problem(before) == OUTDATED
    assert mine.problem(mine.fence(SYMBOL)) == ""


async def test_a_database_that_is_away_leaves_what_is_left_of_the_lease(store):
    clock = SimClock(START)
    mine = lease(store, clock)
    await mine.begin(alone=True)
    await mine.take(SYMBOL)
    store.shut = True
    await mine.renew()
    assert (mine.away, mine.problem(mine.fence(SYMBOL))) == ("cut off", "")
    clock.sleep(SENDING)
    assert mine.problem(mine.fence(SYMBOL)).endswith("is not renewed: cut off")
    store.shut = False
    await mine.renew()
    assert (mine.away, mine.problem(mine.fence(SYMBOL))) == ("", "")


async def test_who_was_taken_over_from_sends_nothing_more_and_ends(store):
    one, two = lease(store), lease(store, name="two")
    await one.begin(alone=True)
    await one.take(SYMBOL)
    await two.begin(alone=True)
    await two.take(SYMBOL)
    with pytest.raises(InvalidDataError, match="another worker has taken over"):
        await one.renew()
    assert one.problem(one.fence(SYMBOL)) != ""
    with pytest.raises(ConflictError, match="struck off"):
        await one.take(OTHER)


async def test_a_symbol_of_a_worker_that_lives_is_refused_in_the_end(store):
    # A claim counts no lease as longer than its own, and forty claims may take longer than three
    # seconds.
    one, two = lease(store, lease=LONG), lease(store, name="two", lease=LONG)
    await one.begin(alone=True)
    await one.take(SYMBOL)
    await two.begin(alone=False)
    with pytest.raises(ConflictError, match='cannot be taken up; it is "another worker\'s" now'):
        await two.take(SYMBOL)
    await one.release()
    assert one.problem(one.fence(SYMBOL)) != ""
    await two.take(SYMBOL)
    assert two.fence(SYMBOL) == Fence(SYMBOL, "two", 2)


async def test_a_sole_owner_has_nothing_to_prove():
    await SOLE.take(SYMBOL)
    assert SOLE.fence(SYMBOL) is None
    assert SOLE.problem(None) == ""


def test_no_two_workers_have_one_name():
    assert new_name() != new_name()
