"""Intents and news of orders are written by two tasks, and waiting for them can be given up at
every moment."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from market_maker.execution.alarms import Alarms
from market_maker.execution.intent_log import Intent, IntentLog
from market_maker.model.errors import NotFoundError
from market_maker.model.records import OrderChange, OrderStatus
from market_maker.model.units import Lots
from tests.builders import NOW, order
from tests.support.office import PATIENCE_S
from tests.support.sending import at_work

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("ticks", range(12))
async def test_a_cancel_is_never_swallowed_by_a_result_of_the_same_moment(ticks):
    async with at_work() as scene:
        scene.store.slow.clear()
        scene.place()
        waiting = asyncio.get_running_loop().create_task(scene.log.flushed(PATIENCE_S))
        for _ in range(20):
            await asyncio.sleep(0)
        scene.store.slow.set()
        while scene.log.waiting:  # noqa: ASYNC110  ticks are counted
            await asyncio.sleep(0)
        for _ in range(ticks):
            await asyncio.sleep(0)
        accepted = waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() == accepted


class Ledger:
    """A store that notes what is put down, (intents, news), and keeps whatever has news until it
    may: `news` is set. forced: which were to be on the disk."""

    def __init__(self):
        self.begun, self.done, self.forced = [], [], []
        self.news, self.intents = asyncio.Event(), asyncio.Event()

    async def commit(self, work):
        names = tuple(
            tuple(each.client_order_id for each in some) for some in (work.orders, work.changes)
        )
        self.begun.append(names)
        await (self.news if work.changes else self.intents).wait()
        self.done.append(names)
        if work.forced:
            self.forced.append(names)


@asynccontextmanager
async def written_to(store, **options):
    log = IntentLog(store, Alarms(), **options)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(log.run())
        yield log
        running.cancel()


def news(number, status=OrderStatus.LIVE):
    name = order(number).client_order_id
    return OrderChange(client_order_id=name, status=status, filled=Lots(0), updated_at=NOW)


def names(*numbers):
    return tuple(order(number).client_order_id for number in numbers)


async def until(condition):
    while not condition():  # noqa: ASYNC110  another task of this loop makes it so
        await asyncio.sleep(0)


async def test_an_order_waits_for_no_news_of_others():
    store, outcomes = Ledger(), []
    store.intents.set()
    async with written_to(store, news_together_s=0) as log:
        log.change(news(1))
        await until(lambda: store.begun)
        log.intend(Intent(order(2), None, outcomes.append))
        await until(lambda: outcomes)
        assert store.done == [(names(2), ())]
        store.news.set()
        await until(lambda: not log.waiting)
    assert store.done == [(names(2), ()), ((), names(1))]


async def test_news_of_one_moment_go_together_and_no_wait_for_the_log_is_longer_for_it():
    store = Ledger()
    store.news.set()
    async with written_to(store, news_together_s=PATIENCE_S) as log:
        log.change(news(1))
        for _ in range(20):
            await asyncio.sleep(0)
        log.change(news(2))
        assert log.waiting == 2
        assert store.begun == []
        async with asyncio.timeout(PATIENCE_S / 2):
            assert await log.flushed(PATIENCE_S)
    assert store.done == [((), names(1, 2))]


async def test_only_who_waits_for_the_log_waits_for_the_disk_of_news():
    """The last ones are written once more, and all before are on the disk with them."""
    store, outcomes = Ledger(), []
    store.news.set()
    store.intents.set()
    async with written_to(store, news_together_s=0) as log:
        log.intend(Intent(order(9), None, outcomes.append))
        for number in (1, 2):
            log.change(news(number))
            await until(lambda: not log.waiting)
        assert store.forced == [(names(9), ())]
        for _ in range(2):
            assert await log.flushed(PATIENCE_S)
            assert store.forced == [(names(9), ()), ((), names(2))]
        log.change(news(3))
        await until(lambda: not log.waiting)
    assert store.done[1:] == [((), names(1)), ((), names(2)), ((), names(2)), ((), names(3))]
    assert len(store.forced) == 2


async def test_who_begins_to_wait_while_news_are_written_waits_for_the_disk_as_well():
    store = Ledger()
    async with written_to(store, news_together_s=0) as log:
        log.change(news(1))
        await until(lambda: store.begun)
        waiting = asyncio.get_running_loop().create_task(log.flushed(PATIENCE_S))
        await asyncio.sleep(0)
        store.news.set()
        assert await waiting
    assert store.forced == [((), names(1))]
    assert store.done == [((), names(1))] * 2


async def test_news_of_an_order_come_after_it():
    store, outcomes = Ledger(), []
    store.news.set()
    async with written_to(store, news_together_s=0) as log:
        log.intend(Intent(order(1), None, outcomes.append))
        await until(lambda: store.begun)
        log.change(news(1))
        log.change(news(3))
        await until(lambda: store.done)
        log.intend(Intent(order(2), None, outcomes.append))
        log.change(news(2))
        for _ in range(20):
            await asyncio.sleep(0)
        assert store.done == [((), names(3))]
        store.intents.set()
        assert await log.flushed(PATIENCE_S)
    assert len(outcomes) == 2
    for number in (1, 2):
        intent, told = (store.done.index(each) for each in _parts(store.done, number))
        assert intent < told


def _parts(done, number):
    """What put an order down, and what its news."""
    (name,) = names(number)
    return [next(each for each in done if name in each[part]) for part in (0, 1)]


async def test_what_breaks_a_task_of_the_log_is_raised_as_it_is():
    class Broken:
        async def commit(self, work):
            raise NotFoundError("participant", work.changes[0].client_order_id)

    log = IntentLog(Broken(), Alarms(), news_together_s=0)
    log.change(news(1))
    with pytest.raises(NotFoundError, match="participant"):
        await log.run()
