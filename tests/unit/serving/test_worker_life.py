"""A whole worker, on an embedded database, at the end of a socket pair."""

import asyncio
import io
import json
import socket
from contextlib import asynccontextmanager

import pytest
from msgspec import structs

from market_maker.clocks import WallClock
from market_maker.serving.control_wire import SOCKET_NAME
from market_maker.serving.factories import USUAL
from market_maker.serving.life import Stopping
from market_maker.serving.opened_sources import OpenedSources
from market_maker.serving.pulse import FILE_NAME, PulseReader, PulseState
from market_maker.serving.trading_side import trading_side_of
from market_maker.serving.watching import Watching
from market_maker.serving.worker_life import WorkerLife
from market_maker.serving.worker_link import WorkerLink
from market_maker.serving.worker_wire import (
    EndAsked,
    MetricsAsked,
    TakeUpAsked,
    WorkerEnded,
    frames_on,
)
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logs
from tests.support.office import database

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def at_work(folder, change=lambda side: side):
    """The edge's end of a worker, and the task that the worker is. change: of its trading side."""
    settings, clock, said = (
        Settings(data_dir=folder, shutdown_timeout=5.0),
        WallClock(),
        io.StringIO(),
    )
    logs = Logs(clock, said, "info", worker=3)
    async with database() as store:
        watching = Watching(settings, clock, logs)
        side, _ = trading_side_of(
            settings,
            store,
            clock,
            watching,
            logs.logger(),
            factories=USUAL,
            sources=OpenedSources(),
        )
        worker = WorkerLife(settings, change(side), watching, logs, Stopping())
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        frames = await frames_on(ours)
        link = WorkerLink(frames, clock, lambda _news: None)
        async with asyncio.TaskGroup() as group:
            group.create_task(link.run())
            yield link, frames, group.create_task(worker.run(theirs))
    logs.close()
    assert {json.loads(line)["worker"] for line in said.getvalue().splitlines()} == {3}


async def test_a_worker_answers_its_edge_and_ends_when_it_is_asked(tmp_path):
    async with at_work(tmp_path) as (link, _, running):
        assert await link.ask(TakeUpAsked(("BTCUSDT-PERP",))) is None
        assert "mm_event_loop_lag_seconds_count" in await link.ask(MetricsAsked())
        assert (tmp_path / SOCKET_NAME).stat().st_mode & 0o777 == 0o600
        link.send(EndAsked())
        assert await running
    assert (link.ended.unproved, link.ended.recorded, link.ended.failure) == ((), True, "")
    assert not (tmp_path / SOCKET_NAME).exists()
    assert PulseReader(tmp_path / FILE_NAME).read().state is PulseState.ENDED


class Unwritten:
    """Records that are not written before `back` is set."""

    def __init__(self, recorder):
        self.recorder, self.asked, self.back = recorder, asyncio.Event(), asyncio.Event()
        self.away, self.backlog = "away", 0

    async def run(self):
        await self.recorder.run()

    async def flushed(self, _within_s):
        self.asked.set()
        await self.back.wait()
        return True


async def test_a_worker_says_what_it_proved_before_it_waits_for_the_database(tmp_path):
    made = []

    def unwritten(side):
        made.append(Unwritten(side.recorder))
        return structs.replace(side, recorder=made[0])

    async with at_work(tmp_path, unwritten) as (link, _, running):
        await link.ask(TakeUpAsked(("BTCUSDT-PERP",)))
        link.send(EndAsked())
        await made[0].asked.wait()
        while link.ended is None:  # noqa: ASYNC110  another task's news
            await asyncio.sleep(0)
        assert link.ended == WorkerEnded((), recorded=False, failure="")
        made[0].back.set()
        assert await running
    assert link.ended == WorkerEnded((), recorded=True, failure="")


async def test_a_worker_ends_in_order_when_its_edge_is_gone(tmp_path):
    async with at_work(tmp_path) as (link, frames, running):
        await link.ask(TakeUpAsked(()))
        frames.close()
        assert await running
    assert PulseReader(tmp_path / FILE_NAME).read().state is PulseState.ENDED
