"""The same configuration on a recording: by a session of `run` against the emulated venue that
replays it, and by `replay`, with equal latencies.

Time is a loop's own, read in whole milliseconds, and the wire takes none of it. What happens at a
millisecond is seen by the session in a later one; so half a millisecond of latency each way is what
`replay` is given, and it is woken when the session was. Latencies in the recording are taken out of
it on both sides.
"""

import asyncio
import hashlib
from contextlib import asynccontextmanager

import msgspec
from aiohttp.test_utils import TestServer
from msgspec import Struct
from msgspec.structs import replace

from market_maker.emulators.hyperliquid.markets import sandbox_markets
from market_maker.emulators.hyperliquid.recorded_markets import recorded_markets
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.journaling.journal_files import JOURNAL_FOLDER, read_segment, segments
from market_maker.model.actions import Cancel, Place, RecordFill
from market_maker.model.events import BookSnapshot, FundingPaid, MarkPrice
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.replay_venue.recorded_rows import at_venue, received
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.wakings import SessionCourse
from tests.simulation.leaping_loop import LoopClock
from tests.unit.standalone.venue import emulated, session, settings_for

MS = 1_000_000
HALF = MS // 2
ENDING_S = 2


class WholeMs(LoopClock):
    """A clock whose readings are whole milliseconds, equal while nothing passes."""

    def now(self):
        passed = round(self._loop.time() * 1_000) * MS
        return self._start + passed


class Decision(Struct, frozen=True):
    """An order, a cancel or a fill, without the names that differ between runs. at: ns since the
    market data began."""

    at: int
    what: str
    side: str
    level: int
    price: int
    size: int


class Decisions:
    """Those of one run, in order."""

    def __init__(self, begins):
        self._begins, self._placed, self.made = begins, {}, []

    def note(self, now, actions):
        """The actions of one turn."""
        for action in actions:
            if isinstance(action, Place):
                self._placed[action.order_id] = action
                self._add(now, "place", action)
            elif isinstance(action, Cancel):
                self._add(now, "cancel", self._placed[action.order_id])
            elif isinstance(action, RecordFill):
                self._add(now, "fill", action)

    def _add(self, now, what, order):
        fields = order.side.value, order.level, int(order.price), int(order.size)
        self.made.append(Decision(now - self._begins, what, *fields))

    @property
    def hash(self):
        """Of all of them."""
        return hashlib.blake2b(msgspec.msgpack.encode(self.made), digest_size=32).hexdigest()


class Session(Struct, frozen=True):
    """What a session did on a recording. begins: when its market data did. woken: when it was, ns
    since then. facts: mark prices and funding, which a recording does not hold."""

    begins: int
    decisions: Decisions
    config: PoolConfig
    instrument: Instrument
    woken: tuple[int, ...]
    facts: tuple[object, ...]


def without_latency(recording):
    """Everything is received at the moment at which it happens."""
    rows = at_venue(received(recording))
    ts = rows.ts // MS * MS
    return replace(
        recording, kind=rows.kind, ticks=rows.ticks, lots=rows.lots, ts_event=ts, ts_recv=ts
    )


@asynccontextmanager
async def _emulating(recording, clock):
    coin = recording.instrument.symbol
    markets = recorded_markets({coin: recording}, sandbox_markets(1), waits=True)
    venue = emulated([coin], 100_000, clock, markets, fast_book_ms=0)
    async with TestServer(HyperliquidServer(venue, clock, 0.001).app) as server:
        yield venue, str(server.make_url("")).rstrip("/")


async def ran(recording, folder, **settings):
    """A session of `run` on the whole recording."""
    clock, span = WholeMs(), recording.end - recording.start
    async with _emulating(recording, clock) as (_, url):
        options = settings_for(url, folder, asset=recording.instrument.symbol, **settings)
        async with session(options, clock) as running:
            await asyncio.sleep(span / NANOS_PER_SECOND + ENDING_S)
            assert running.error is None, running.error
            assert running.end is None, running.lines.lines[-20:]
            ready = running.parts.ready
    (journal,) = folder.rglob(JOURNAL_FOLDER)
    turns = [turn for path in segments(journal) for turn in read_segment(path)[1]]
    books = (e.ts_recv for turn in turns for e in turn.events if isinstance(e, BookSnapshot))
    begins = next(books)
    turns = [turn for turn in turns if begins <= turn.now < begins + span]
    decisions = Decisions(begins)
    for turn in turns:
        decisions.note(turn.now, turn.actions)
    facts = tuple(
        e for turn in turns for e in turn.events if isinstance(e, MarkPrice | FundingPaid)
    )
    woken = tuple(turn.now - begins for turn in turns)
    return Session(begins, decisions, ready.config, ready.instrument, woken, facts)


def replayed(recording, live, **changes):
    """The decisions of `replay` with the session's configuration, or one that differs."""
    plan = ReplayPlan(
        recording=replace(recording, instrument=live.instrument),
        config=replace(live.config, **changes),
        exchange=ReplaySettings(
            feed_latency_ns=HALF,
            entry_latency_ns=HALF,
            response_latency_ns=HALF,
            maker_rate=int(live.instrument.maker_fee_bps * RATE_SCALE / 10_000),
        ),
        step_ns=MS,
    )
    decisions = Decisions(plan.start)
    ahead = plan.start - live.begins
    course = SessionCourse(
        tuple(plan.start + at for at in live.woken if HALF < at < plan.end - plan.start),
        tuple(_moved(fact, ahead) for fact in live.facts),
    )

    def note(now, actions):
        if now < plan.end:  # what is asked at the end of a replay is not sent
            decisions.note(now, actions)

    replay(plan, on_actions=note, course=course)
    return decisions


def _moved(fact, ahead):
    return replace(fact, ts_event=fact.ts_event + ahead, ts_recv=fact.ts_recv + HALF + ahead)


def first_difference(ours, theirs):
    """The first decision that only one of them made, with what the other one made there."""
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return f"decision {number}: {one} and {other}"
    if len(ours) != len(theirs):
        return f"{len(ours)} and {len(theirs)} decisions"
    return ""
