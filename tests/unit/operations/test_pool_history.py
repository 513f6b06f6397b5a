"""A pool's series: once a second, in three resolutions, over a restart and an outage."""

import asyncio

import pytest

from market_maker.model.errors import StoreUnavailableError
from market_maker.model.history import BLOCK_ROWS, MINUTE, SECOND
from market_maker.model.units import Nanos
from market_maker.operations.pool_history import PoolHistory
from tests.support.office import SYMBOL

pytestmark = pytest.mark.anyio


class Closed:
    """A store that does not answer."""

    async def commit(self, _work):
        raise StoreUnavailableError("away")


def history_of(office, store=None) -> PoolHistory:
    made = PoolHistory(office.store, office.pools, office.clock)
    if store is not None:
        made._store = store
    return made


async def seconds(office, history, count):
    for _ in range(count):
        await history.step()
        await office.passes(1_000)


@pytest.fixture
async def quoting(office):
    await office.quoting()
    return office


async def recent(office, history, step=SECOND):
    since = Nanos(office.clock.now() - 10 * MINUTE)
    return await history.read(SYMBOL, step, since, Nanos(office.clock.now() + 1))


async def test_a_second_is_sampled_once(quoting):
    history = history_of(quoting)
    await history.step()
    await history.step()
    (row,) = await recent(quoting, history)
    assert row.ts % SECOND == 0
    assert row.state == "ACTIVE"
    assert row.mid is not None
    assert row.bid is not None
    assert row.ask is not None
    assert row.bid < row.mid < row.ask
    assert row.quoting_bid
    assert row.fills == 0


async def test_rows_are_the_same_from_memory_and_from_the_database(quoting):
    history = history_of(quoting)
    await seconds(quoting, history, 5)
    before = await recent(quoting, history)
    await history.flush()
    assert await recent(quoting, history) == before
    assert await recent(quoting, history_of(quoting)) == before


async def test_a_restart_within_a_block_loses_nothing_of_it(quoting):
    first = history_of(quoting)
    await seconds(quoting, first, 3)
    await first.flush()
    second = history_of(quoting)
    await seconds(quoting, second, 3)
    whole = await recent(quoting, second)
    assert len(whole) == 6
    await second.flush()
    assert await recent(quoting, second) == whole
    assert await recent(quoting, history_of(quoting)) == whole
    (*_, minute) = await recent(quoting, history_of(quoting), MINUTE)
    assert minute.net == whole[-1].net


async def test_what_could_not_be_stored_is_stored_later(quoting):
    history = history_of(quoting)
    await seconds(quoting, history, 2)
    await history.flush()
    await seconds(quoting, history, 2)
    kept, history._store = history._store, Closed()
    with pytest.raises(StoreUnavailableError):
        await history.flush()
    history._store = kept
    await history.flush()
    assert len(await recent(quoting, history_of(quoting))) == 4


async def test_fills_are_those_of_their_step(quoting):
    history = history_of(quoting)
    await history.step()
    venue = quoting.venues[SYMBOL]
    venue.fill(next(iter(venue.open)))
    await quoting.passes(1_000)
    await history.step()
    await quoting.passes(1_000)
    await history.step()
    assert [row.fills for row in await recent(quoting, history)] == [0, 1, 0]


async def test_complete_blocks_leave_memory(quoting):
    history = history_of(quoting)
    await seconds(quoting, history, 2)
    quoting.clock.advance_to(Nanos(quoting.clock.now() + 2 * BLOCK_ROWS * SECOND))
    await seconds(quoting, history, 1)
    await history.flush()
    held = {key for key in history._blocks if key[1] == SECOND}
    assert len(held) <= 1
    assert len(await recent(quoting, history)) == 3


async def test_engines_have_a_turn_between_two_samples(office):
    await office.quoting()
    turns = []

    async def rest():
        turns.append(office.clock.now())
        await asyncio.sleep(0)

    history = PoolHistory(office.store, office.pools, office.clock, rest)
    await history.step()
    assert len(turns) == 1


async def test_what_is_too_old_is_forgotten(quoting):
    history = history_of(quoting)
    await seconds(quoting, history, 1)
    await history.flush()
    quoting.clock.advance_to(Nanos(quoting.clock.now() + 2 * 24 * 60 * MINUTE))
    await history.purge()
    fresh = history_of(quoting)
    then = Nanos(quoting.clock.now() - 3 * 24 * 60 * MINUTE)
    now = quoting.clock.now()
    assert await fresh.read(SYMBOL, MINUTE, then, now) != ()
    assert await fresh.read(SYMBOL, SECOND, Nanos(now - 50 * 60 * MINUTE), now) == ()
