"""A ring ends the waiting, and an engine for which something arrives has its turn then."""

import asyncio

import pytest
from msgspec import structs

from market_maker.clocks import SimClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.bell import Bell
from market_maker.execution.engine_host import WHOLE_PASS, Connection, ConnectRequest, EngineHost
from market_maker.execution.recovery import pool_start
from market_maker.model.events import BookDelta, BookSnapshot
from market_maker.ports import NEVER
from tests.support.office import OTHER, SYMBOL, Office, Watched, at_work, database
from tests.support.quiet_venue import QuietVenue

pytestmark = pytest.mark.anyio

LONG_S = 3_600.0


async def rounds(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_ring_ends_the_waiting_and_is_answered_once() -> None:
    bell = Bell()
    answer = asyncio.get_running_loop().create_task(bell.rung(LONG_S))
    await rounds()
    for symbol in ("A", "B", "A"):
        bell.ring(symbol)
    assert await answer == ["A", "B"]
    assert await bell.rung(0) == []


async def test_a_ring_while_no_one_waits_is_answered_next() -> None:
    bell = Bell()
    bell.ring("A")
    assert await bell.rung(LONG_S) == ["A"]


async def test_without_a_ring_the_waiting_ends_by_itself() -> None:
    assert await Bell().rung(0.001) == []


async def test_others_have_a_turn_however_often_it_is_rung() -> None:
    bell, turns = Bell(), []

    async def other() -> None:
        turns.append("other")

    bell.ring("A")
    other_turn = asyncio.get_running_loop().create_task(other())
    assert await bell.rung(LONG_S) == ["A"]
    assert turns == ["other"]
    await other_turn


class AskedVenue(QuietVenue):
    """Counts how often it is asked whether something has arrived, which it never has by itself."""

    def __init__(self, now: int) -> None:
        super().__init__(now)
        self.asked, self.has_arrived = 0, False

    def due(self, now: int) -> int:
        self.asked += 1
        return now if self.has_arrived else NEVER


class RungOffice(Office):
    """Its lines ring but for that of OTHER; its own tasks do not step them."""

    venue_kind = AskedVenue

    async def _connect(self, opening: ConnectRequest) -> Connection:
        self.ring = opening.ring
        line = await super()._connect(opening)
        return structs.replace(line, rings=opening.start.instrument.symbol != OTHER)


@pytest.fixture
async def rung():
    async with database() as store, at_work(store, kind=RungOffice) as office:
        yield office


async def hosted(office: Office, *symbols: str) -> EngineHost:
    """Another host, whose clock stands still: no engine is due by time."""
    clock = SimClock(office.clock.now())
    host = EngineHost(clock, office.recorder, office._connect, Watched(), Alarms(), shadow=False)
    for symbol in symbols:
        await office.pool(symbol)
        instrument = office.instruments.find(symbol)
        runner = await host.open(await pool_start(office.store, instrument, clock.now()))
        runner.step(clock.now())
    return host


@pytest.mark.thorough
async def test_an_engine_is_stepped_when_it_is_rung_for(rung: RungOffice) -> None:
    host = await hosted(rung, SYMBOL)
    host.passes = 1
    running = asyncio.get_running_loop().create_task(host.run())
    await rounds()
    turns = host._observer.turns.get(SYMBOL, 0)
    rung.venues[SYMBOL].has_arrived = True
    rung.ring()
    await rounds()
    assert host._observer.turns[SYMBOL] > turns
    running.cancel()


@pytest.mark.thorough
async def test_lines_that_ring_are_not_asked_in_each_pass(rung: RungOffice) -> None:
    host = await hosted(rung, SYMBOL, OTHER)
    venues = [host._lines[symbol].ports.orders._venue for symbol in (SYMBOL, OTHER)]
    before = [venue.asked for venue in venues]
    running = asyncio.get_running_loop().create_task(host.run())
    while host.passes < 2 * WHOLE_PASS:  # noqa: ASYNC110  the host's own count
        await asyncio.sleep(0)
    running.cancel()
    asked = [venue.asked - count for venue, count in zip(venues, before, strict=True)]
    assert asked == [2, 2 * WHOLE_PASS]


@pytest.mark.thorough
async def test_updates_that_come_faster_than_turns_are_one_turn_and_none_is_left_out(
    rung: RungOffice,
) -> None:
    host = await hosted(rung, SYMBOL)
    host.passes = 1
    venue, engine = host._lines[SYMBOL].ports.orders._venue, host.get(SYMBOL)._engine
    now = host._clock.now()
    venue.silent = venue.has_arrived = True
    venue.say(BookSnapshot(now, now, 1, ((1_000, 5),), ((1_010, 5),)))
    rung.ring()
    for seq in range(2, 2_002):
        # Each changes a level of its own: the book shows whether all were taken.
        bids, asks = ((1_000 - seq % 500, seq),), ((1_010 + seq % 500, seq),)
        venue.say(BookDelta(now, now, seq, seq, seq - 1, bids, asks))
        rung.ring()
    turns = engine.tally.turns
    running = asyncio.get_running_loop().create_task(host.run())
    await rounds()
    running.cancel()
    assert engine.tally.turns == turns + 1
    assert (host.get(SYMBOL).mailbox_depth, engine.market.book.seq) == (2_001, 2_001)
    bids, asks = engine.market.book.depth(1_000)
    assert [size for _, size in bids] == [2_000, 2_001, *range(1_502, 2_000)]
    assert [price for price, _ in asks] == list(range(1_010, 1_510))
