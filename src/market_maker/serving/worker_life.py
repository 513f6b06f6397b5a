"""The life of one worker: an engine side of its own, and the connection to the edge. When the edge
asks, or is gone, it stops, cancels, proves and ends. A kill reaches it on its own socket, whatever
the edge does."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack

import msgspec

from market_maker.clocks import WallClock
from market_maker.execution.recovery import to_open
from market_maker.execution.supervisor import guarded
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.caller import Caller
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.emergency import ALL_POOLS
from market_maker.operations.views import StateView
from market_maker.serving.collector import EVERY_S as COLLECT_S
from market_maker.serving.collector import Collector
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.hand_over import HandOver
from market_maker.serving.hard_deadline import ending_within
from market_maker.serving.life import Stopping, locked, tune_python
from market_maker.serving.opened_sources import sources_opened
from market_maker.serving.periodic import Periodic, carry_out
from market_maker.serving.private_folder import OWNER_ONLY
from market_maker.serving.trading_life import FINISH_S, TradingEnd, TradingLife, TradingSide
from market_maker.serving.trading_side import trading_side_of
from market_maker.serving.watching import Watching, secrets_of
from market_maker.serving.worker_end import WorkerEnd
from market_maker.serving.worker_folders import worker_folder
from market_maker.serving.worker_metrics import worker_page
from market_maker.serving.worker_process import spoken_to
from market_maker.serving.worker_wire import Released, WorkerEnded, frames_on
from market_maker.settings import Settings
from market_maker.storage.database import open_database, postgresql_url
from market_maker.storage.store import DatabaseStore
from market_maker.telemetry.connection_tally import ConnectionTally
from market_maker.telemetry.logging import Logs

HEALTH_S = 0.5
CLOCK_S = 1.0


async def work(
    settings: Settings,
    number: int,
    link: socket.socket,
    stopping: Stopping,
    factories: Factories = USUAL,
) -> bool:
    """Trade from the edge's first word until the end; whether that was in order. settings: of the
    service. link: to the edge."""
    tune_python()
    if not await spoken_to(link):
        return True
    assert settings.postgres_url is not None, "workers share a PostgreSQL database"
    clock, folder = WallClock(), worker_folder(settings.data_dir, number)
    # The data directory around it is closed to others.
    folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    own = msgspec.structs.replace(settings, data_dir=folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(ending_within(settings.shutdown_timeout, stopping.on_ask))
        stack.enter_context(locked(folder))
        secrets = secrets_of(settings)
        logs = Logs(clock, sys.stderr, settings.log_level, secrets, worker=number)
        stack.callback(logs.close)
        tally = ConnectionTally(clock, logs.logger())
        database = open_database(postgresql_url(settings.postgres_url), tally)
        stack.push_async_callback(database.close)
        opening = sources_opened(own, clock, logs.logger(), tally)
        sources = await stack.enter_async_context(opening)
        journals = settings.data_dir / JOURNAL_FOLDER
        watching = Watching(own, clock, logs, factories, journals=journals, connections=tally)
        store, log = DatabaseStore(database), logs.logger()
        # A kill on its own socket is entered by itself, once for each worker.
        whose = f"{ALL_POOLS} of worker {number}"
        side, _ = trading_side_of(
            own, store, clock, watching, log, factories=factories, sources=sources, whose=whose
        )
        logs.adopt_libraries()
        worker = WorkerLife(own, side, watching, logs, stopping)
        return await worker.run(link)


class WorkerLife:
    """worker_end.WorkerDuties, and the tasks of the process."""

    def __init__(
        self,
        settings: Settings,
        side: TradingSide,
        watching: Watching,
        logs: Logs,
        stopping: Stopping,
    ) -> None:
        self._settings, self._side, self._watching = settings, side, watching
        self._logs, self._log, self._stopping = logs, logs.logger(), stopping
        self._life = TradingLife(side, settings.data_dir, self._log, alone=False)
        self._life.broke = self._broke
        self._hand_over = HandOver(side, self._life, self._log)
        self._failure = ""
        self._venue = ""

    # WorkerDuties

    async def take_up(self, symbols: tuple[str, ...]) -> None:
        # Others have no engine, and get one when they are enabled.
        known = set(await to_open(self._side.store))
        wanted = [symbol for symbol in symbols if symbol in known]
        await self._life.claim(wanted)
        await self._life.open_pools(wanted)
        self._life.recovered()

    async def release(self, caller: Caller, symbol: str, reason: str) -> Released:
        return await self._hand_over.release(caller, symbol, reason)

    async def take_over(self, caller: Caller, symbol: str, released: Released) -> StateView:
        return await self._hand_over.take_over(caller, symbol, released)

    async def metrics(self) -> str:
        return await worker_page(self._side, self._watching, self._logs.dropped)

    def problems(self) -> Mapping[str, str]:
        side = self._side
        return {
            "venue": self._venue,
            "records": side.recorder.away or side.intent_log.away,
            "lease": side.lease.away,
            "journal": side.journals.health.problem,
            "log": self._logs.problem,
            "clock": self._watching.clock.problem,
        }

    def topics_lag(self) -> Nanos | None:
        return self._side.lines.topics.lag

    def end(self) -> None:
        self._stopping.ask()

    # the process

    async def run(self, link: socket.socket) -> bool:
        """Whether the end was in order."""
        side = self._side
        await self._life.enlist()
        frames = await frames_on(link)
        end = WorkerEnd(
            frames, side.engine_host, side.controls, self, clock=side.clock, log=self._log
        )
        try:
            ending = await self._traded(end)
        finally:
            frames.close()
        self._life.ended(proved=not ending.unproved)
        await asyncio.to_thread(self._watching.close)
        return not ending.unproved and ending.recorded and not self._failure

    async def _traded(self, end: WorkerEnd) -> TradingEnd:
        side, life, within = self._side, self._life, self._settings.shutdown_timeout
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(guarded(task, self._broke))
                for task in (
                    *life.work(),
                    end.answer(),
                    end.pulse(),
                    end.publish(),
                    *(carry_out(duty, self._log) for duty in self._duties()),
                )
            ]
            end.begin(side.lease.worker)
            self._stopping.on_ask(life.stop_quoting)
            await self._stopping.wait()
            self._log.info("stopping", within_s=within)
            span = int(max(0.0, within - FINISH_S) * NANOS_PER_SECOND)
            deadline = Nanos(side.clock.now() + span)
            # What is proved is known to the edge at once: a database that is away can hold up what
            # follows for as long as the edge waits.
            end.say(WorkerEnded(await life.proved(deadline), recorded=False, failure=""))
            ending = await life.end(deadline)
            last = WorkerEnded(ending.unproved, ending.recorded, self._failure)
            await end.end(last, FINISH_S / 4)
            for task in tasks:
                task.cancel()
        return ending

    def _duties(self) -> tuple[Periodic, ...]:
        return (
            Periodic("clock", CLOCK_S, self._see_clock),
            Periodic("health", HEALTH_S, self._see_venue),
            Periodic("collector", COLLECT_S, Collector().step),
        )

    async def _see_clock(self) -> None:
        leapt = self._watching.clock.check()
        if leapt:
            self._side.lines.leap(leapt)

    async def _see_venue(self) -> None:
        self._venue = await self._side.lines.problem()

    def _broke(self, failure: str, trace: str) -> None:
        self._log.error("background task failed", failure=failure, trace=trace)
        self._failure = self._failure or failure
        self._stopping.ask()
