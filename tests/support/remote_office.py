"""An office whose engines are commanded over a socket pair, as those of a worker are."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from market_maker.application import Application, application_of
from market_maker.model.errors import ProcessLostError
from market_maker.model.money import MoneyFlow
from market_maker.operations.overview import Overview
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.remote_controls import RemoteControls
from market_maker.serving.worker_end import WorkerEnd
from market_maker.serving.worker_link import WorkerLink
from market_maker.serving.worker_wire import frames_on
from tests.support.no_wallet import NoWallet
from tests.support.office import Office, at_work, database


class Silent:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict]] = []

    def __getattr__(self, level):
        return lambda event, **fields: self.lines.append((level, event, fields))


class Duties:
    """worker_end.WorkerDuties of a test."""

    def __init__(self) -> None:
        self.ended = False
        self.taken: list[tuple[str, ...]] = []
        self.wrong: dict[str, str] = {}
        self.lag: int | None = None

    async def take_up(self, symbols):
        self.taken.append(symbols)

    async def release(self, caller, symbol, reason):
        raise AssertionError((caller, symbol, reason))

    async def take_over(self, caller, symbol, released):
        raise AssertionError((caller, symbol, released))

    async def metrics(self):
        return "# HELP one\n"

    def problems(self):
        return self.wrong

    def topics_lag(self):
        return self.lag

    def end(self):
        self.ended = True


class OneWorker:
    """remote_controls.CommandedWorkers and CommandedWorker: the worker at the end of `link`."""

    name = "worker 1"

    def __init__(self, link: WorkerLink, mirror: EnginesMirror) -> None:
        self.link, self._mirror = link, mirror
        self.remembered = []

    def of(self, symbol):
        assert symbol
        return self

    def all(self):
        return [self]

    def has_engine(self, symbol):
        return self._mirror.get(symbol) is not None

    async def command(self, what, within_s=None):
        return await self.link.ask(what, within_s or 10.0)

    def pools(self):
        return self._mirror.runners()

    def remember(self, what):
        self.remembered.append(what)


class RemoteOffice:
    """office: of the engines. application: of the edge. link, mirror: how it sees them. worker:
    the other end; hang_up: ends it."""

    def __init__(self, office: Office, link: WorkerLink, mirror: EnginesMirror) -> None:
        self.office, self.link, self.mirror = office, link, mirror
        seen = msgspec.structs.replace(office.pools, engine_host=mirror)
        self.owner = OneWorker(link, mirror)
        mirror.forward = lambda _symbol, what: link.send(what)
        overview = Overview(office.store, seen)
        controls = RemoteControls(self.owner, overview, office.clock, office.recorder)
        self.application: Application = application_of(
            store=office.store,
            trail=office.trail,
            clock=office.clock,
            pools=seen,
            controls=controls,
            wallet=NoWallet(),
            money_flow=MoneyFlow.OWN_ACCOUNTS,
        )


@asynccontextmanager
async def remote_office(**options) -> AsyncIterator[RemoteOffice]:
    """Both ends at work, in one process."""
    async with database() as store, at_work(store, **options) as office:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        near, far = await frames_on(ours), await frames_on(theirs)
        mirror = EnginesMirror(office.clock, shadow=office.engine_host.shadow)
        link, duties, log = WorkerLink(near, office.clock, mirror.take), Duties(), Silent()
        controls = office.application.controls
        end = WorkerEnd(far, office.engine_host, controls, duties, clock=office.clock, log=log)
        end.begin("worker-of-a-test")
        made = RemoteOffice(office, link, mirror)
        made.end, made.duties, made.log, made.far = end, duties, log, far
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(link.run()),
                group.create_task(end.answer()),
                group.create_task(end.pulse(0.01)),
                group.create_task(end.publish(0.001)),
            ]
            try:
                yield made
            finally:
                for task in tasks:
                    task.cancel()
                near.close()
                far.close()


LOST = ProcessLostError
