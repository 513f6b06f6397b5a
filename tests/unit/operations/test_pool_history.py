"""A pool's series: once a second, in three resolutions, over a restart and an outage."""

import asyncio
from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.execution.day_marks import DayMark, DayMarks
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.history import BLOCK_ROWS, DAY, MINUTE, SECOND
from market_maker.model.units import Nanos
from market_maker.operations.pool_history import BLOCKS_WAITING_MAX, PoolHistory, day_mark
from tests.support.office import SYMBOL
from tests.unit.model.test_history import row

pytestmark = pytest.mark.anyio


class Closed:
    """A store that does not answer."""

    async def commit(self, _work):
        raise StoreUnavailableError("away")

    def glimpse(self):
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


async def test_others_have_a_turn_between_the_blocks_that_are_written(quoting):
    turns = 0

    async def rest():
        nonlocal turns
        turns += 1

    history = PoolHistory(quoting.store, quoting.pools, quoting.clock, rest)
    await seconds(quoting, history, 2)
    turns = 0
    await history.flush()
    assert turns == 3, "of seconds, of minutes, of hours"


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


async def test_while_the_database_is_away_memory_has_an_end_and_the_newest_are_kept(quoting):
    history = history_of(quoting)
    kept, history._store = history._store, Closed()
    for _ in range(BLOCKS_WAITING_MAX + 5):
        await history.step()
        with pytest.raises(StoreUnavailableError):
            await history.flush()
        quoting.clock.advance_to(Nanos(quoting.clock.now() + BLOCK_ROWS * SECOND))
    seconds_held = [key for key in history._blocks if key[1] == SECOND]
    assert (len(seconds_held), history.lost) == (BLOCKS_WAITING_MAX, 5)
    history._store = kept
    await history.flush()
    since = Nanos(quoting.clock.now() - 2 * BLOCKS_WAITING_MAX * BLOCK_ROWS * SECOND)
    rows = await history.read(SYMBOL, SECOND, since, Nanos(quoting.clock.now() + 1))
    assert len(rows) == BLOCKS_WAITING_MAX


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
    turns.clear()  # what earlier runs saw of the day was read
    await office.passes(1_000)
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


async def test_a_restart_goes_on_with_the_day_as_it_was(quoting):
    history = history_of(quoting)
    await seconds(quoting, history, 3)
    await history.flush()
    known = quoting.pools.days.figures(SYMBOL, quoting.clock.now(), Decimal(0))
    again = structs.replace(quoting.pools, days=DayMarks())
    await PoolHistory(quoting.store, again, quoting.clock).step()
    assert known is not None
    assert again.days.knows(SYMBOL)
    assert again.days.figures(SYMBOL, quoting.clock.now(), Decimal(0)) == known


async def test_a_position_without_a_price_stands_in_no_row_and_is_no_peak_of_the_day(office):
    await office.holding()
    history = history_of(office)
    await history.step()
    (row,) = await recent(office, history)
    known = office.pools.days.figures(SYMBOL, office.clock.now(), row.net)
    await office.begun_anew()
    assert office.engine_host.get(SYMBOL).unrealised == 0
    await seconds(office, history, 2)
    assert await recent(office, history) == (row,)
    assert office.pools.days.figures(SYMBOL, office.clock.now(), row.net) == known


def test_a_day_is_measured_from_the_last_row_before_it_and_its_own_peak():
    began = Nanos(100 * DAY)
    minute = 100 * DAY // SECOND
    rows = (row(minute - 60, 5), row(minute + 60, 40), row(minute + 120, 20))
    assert day_mark(rows, began) == DayMark(100, Decimal(5), Decimal(40))


def test_a_pool_that_began_today_began_at_zero_or_next_to_it():
    began = Nanos(100 * DAY)
    second = 100 * DAY // SECOND
    assert day_mark((row(second, 30), row(second + 1, 10)), began) == DayMark(
        100, Decimal(30), Decimal(30)
    )
    spread = structs.replace(row(second, 30), net_min=Decimal(-3))
    assert day_mark((spread,), began) == DayMark(100, Decimal(0), Decimal(30))
    assert day_mark((), began) is None
