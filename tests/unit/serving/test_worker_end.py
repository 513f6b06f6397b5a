"""The worker's end: a bug is answered, an edge that does not read costs no memory."""

import asyncio
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace

import pytest

from market_maker.clocks import SimClock
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.operations.views import PoolStatus
from market_maker.serving.worker_end import (
    PAUSE_MAX_S,
    UNWATCHED_S,
    WATCHED_FOR,
    WATCHED_S,
    WorkerEnd,
    pause_after,
)
from market_maker.serving.worker_seat import SILENT_MAX
from market_maker.serving.worker_wire import (
    BrokenCommandError,
    EndAsked,
    MetricsAsked,
    ReleaseAsked,
    Released,
    TakeOverAsked,
    TakeUpAsked,
    Watched,
)
from tests.support.office import ANN, OTHER, SYMBOL
from tests.support.remote_office import Duties, remote_office

pytestmark = pytest.mark.anyio


async def test_a_bug_in_a_command_is_answered_logged_and_harms_nothing_else():
    async with remote_office() as remote:

        async def broken():
            raise KeyError("x")

        remote.duties.metrics = broken
        with pytest.raises(BrokenCommandError, match="KeyError"):
            await remote.link.ask(MetricsAsked())
        assert [line[1] for line in remote.log.lines] == ["command failed"]
        assert await remote.link.ask(TakeUpAsked((SYMBOL,))) is None
        assert remote.duties.taken == [(SYMBOL,)]


async def test_the_end_of_the_edge_is_the_end_of_the_worker():
    async with remote_office() as remote:
        remote.link.send(EndAsked())
        await remote.office.until(lambda: remote.duties.ended)
    async with remote_office() as remote:
        remote.link._frames.close()
        await remote.office.until(lambda: remote.duties.ended, within_s=1_000)


async def test_what_is_wrong_is_published_with_the_pulse():
    async with remote_office() as remote:
        remote.duties.wrong = {"lease": "not renewed"}
        await remote.office.until(
            lambda: remote.link.pulse.problems == {"lease": "not renewed"}, within_s=1_000
        )


async def test_how_late_topics_are_read_is_published_with_the_pulse():
    async with remote_office() as remote:
        remote.duties.lag = 5_000_000
        await remote.office.until(
            lambda: remote.link.pulse.topics_lag == remote.duties.lag, within_s=1_000
        )


async def test_a_shortage_of_processor_time_is_published_with_the_pulse():
    async with remote_office() as remote:
        await remote.office.until(lambda: remote.link.pulse.problems == {}, within_s=1_000)
        assert remote.link.pulse.shortage is None

        def is_published():
            remote.office.clock.sleep(Nanos(200 * NANOS_PER_MS))
            return remote.link.pulse.shortage is not None

        await remote.office.until(is_published, within_s=100_000)
        late_ns = remote.link.pulse.shortage.late_ns
        assert late_ns >= 200 * NANOS_PER_MS


async def test_a_worker_sends_signs_of_life_between_two_rounds_of_its_pools():
    """However long a round took: a collection or another process, and it paused ten times as long;
    after three seconds of silence its edge killed it."""
    async with remote_office() as remote:
        first = remote.link.last_sign
        await remote.office.until(lambda: remote.link.last_sign > first, within_s=1_000)
    assert pause_after(busy=500_000_000, every_s=0.1) == PAUSE_MAX_S < SILENT_MAX / 1e9
    assert pause_after(busy=20_000_000, every_s=0.1) == pytest.approx(0.4)
    assert pause_after(busy=1_000, every_s=0.1) == pytest.approx(0.1)


async def test_pools_wait_while_the_edge_does_not_read():
    async with remote_office() as remote:
        await remote.office.quoting()
        remote.end.backlog_max = -1
        await remote.office.passes(200)
        now = remote.mirror.get(SYMBOL)
        await remote.office.passes(200)
        assert remote.mirror.get(SYMBOL) is now
        remote.end.backlog_max = 0
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is not now)
        await remote.application.controls.pause(ANN, SYMBOL)


async def test_an_edge_that_does_not_read_is_sent_no_more_signs_of_life_either():
    """Ten a second, for as long as it hangs, would be memory of the worker's."""
    sent = []
    frames = SimpleNamespace(waiting=0, send=sent.append)
    host = SimpleNamespace(lag_ns=0, shortages={})
    end = WorkerEnd(frames, host, None, Duties(), clock=None, log=None, backlog_max=10)

    async def sent_with(waiting):
        frames.waiting = waiting
        sent.clear()
        for _ in range(20):
            await asyncio.sleep(0)
        return len(sent)

    async with asyncio.TaskGroup() as group:
        pulse = group.create_task(end.pulse(0.0))
        assert await sent_with(waiting=10) > 5
        assert await sent_with(waiting=11) == 0
        assert await sent_with(waiting=0) > 5
        pulse.cancel()


async def test_a_round_has_each_pool_once() -> None:
    async with remote_office() as remote:
        await remote.office.quoting(SYMBOL)
        await remote.office.quoting(OTHER, order_size_usdt=Decimal(2_000))
        await remote.office.until(lambda: len(remote.mirror.runners()) == 2)
        assert await symbols_of_a_round(remote, whole=True) == sorted((SYMBOL, OTHER))


async def test_between_two_rounds_of_all_a_pool_is_published_where_something_was_done() -> None:
    """A market that moves is no reason: at twenty updates a second it does in every pool."""
    async with remote_office() as remote:
        await remote.office.quoting(SYMBOL)
        await remote.office.quoting(OTHER, order_size_usdt=Decimal(2_000))
        await symbols_of_a_round(remote, whole=True)
        host = remote.office.engine_host
        assert await symbols_of_a_round(remote, whole=False) == []
        host.pause_all("drill")
        assert await symbols_of_a_round(remote, whole=False) == sorted((SYMBOL, OTHER))
        assert await symbols_of_a_round(remote, whole=False) == []
        host.close(SYMBOL)
        assert (await sent_in_a_round(remote, whole=False)).gone == [SYMBOL]


class Rounds(WorkerEnd):
    """Each takes 50 ms. wholes: when each of all pools began, in milliseconds. watched: until
    then, in milliseconds, the edge says so with each."""

    took = Nanos(50 * NANOS_PER_MS)

    def __init__(self, watched: range) -> None:
        self.clock = SimClock(Nanos(NANOS_PER_MS))
        super().__init__(None, None, None, Duties(), clock=self.clock, log=None)
        self.watched, self.wholes = watched, []

    async def _round(self, *, whole=True):
        began = self.clock.now() // NANOS_PER_MS
        if whole:
            self.wholes.append(began)
        self.clock.sleep(self.took)
        if began in self.watched:
            self._do(Watched())
        return 0


async def test_pools_are_published_for_their_markets_alone_as_often_as_they_are_read() -> None:
    end = Rounds(watched=range(3_000, 5_000))
    async with asyncio.TaskGroup() as group:
        publishing = group.create_task(end.publish(0.0))
        while end.clock.now() < 9_000 * NANOS_PER_MS:  # noqa: ASYNC110  the loop is another task's
            await asyncio.sleep(0)
        publishing.cancel()
    spans = [after - at for at, after in pairwise(end.wholes)]
    wide, close = int(UNWATCHED_S * 1_000), int(WATCHED_S * 1_000)
    # Within a round of the first word, and until that of the last word is over.
    begun, over = spans.index(50), len(spans) - spans[::-1].index(close)
    assert spans == [wide] * begun + [50] + [close] * (over - begun - 1) + [wide] * (
        len(spans) - over
    )
    assert end.wholes[begun + 1] in range(3_000, 3_100)
    assert end.wholes[over] >= 4_950 + WATCHED_FOR // NANOS_PER_MS


async def sent_in_a_round(remote, *, whole):
    sent = Counted()
    frames, remote.end._frames = remote.end._frames, sent
    await remote.end._round(whole=whole)
    remote.end._frames = frames
    return sent


async def symbols_of_a_round(remote, *, whole):
    sent = await sent_in_a_round(remote, whole=whole)
    return sorted(pool.symbol for pool in sent.pools)


class Counted:
    """What would go to the edge."""

    waiting = 0

    def __init__(self) -> None:
        self.pools, self.gone = [], []

    def send(self, message):
        self.pools += getattr(message, "pools", ())
        self.gone += getattr(message, "gone", ())


async def test_a_symbol_is_released_and_taken_over_across_the_connection():
    async with remote_office() as remote:
        await remote.office.quoting()
        asked = []

        async def release(*what):
            asked.append(what)
            return Released(was_active=True, version=3)

        async def take_over(caller, symbol, released):
            asked.append((caller, symbol, released))
            return await remote.office.application.controls.pause(caller, symbol)

        remote.duties.release, remote.duties.take_over = release, take_over
        released = await remote.link.ask(ReleaseAsked(ANN, SYMBOL, "moved"))
        assert released == Released(was_active=True, version=3)
        view = await remote.link.ask(TakeOverAsked(ANN, SYMBOL, released))
        assert (view.symbol, view.state) == (SYMBOL, PoolStatus.PAUSED)
        assert asked == [(ANN, SYMBOL, "moved"), (ANN, SYMBOL, released)]
