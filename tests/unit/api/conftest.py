"""The API on a real application and a real store, without engines: nothing here needs a clock."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from market_maker.api.app import Edge, create_app
from market_maker.api.bearer import Nobody
from market_maker.api.health import HealthChecks
from market_maker.api.live_feed import LiveFeed
from market_maker.api.pace import Pace, Rate
from market_maker.api.routes import Services
from market_maker.api.sessions import Sessions
from market_maker.clocks import SimClock
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.idempotency import Repetitions
from market_maker.serving.report_desk import ReportDesk
from market_maker.smart_maker import SmartMaker
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from tests.support.patient_loop import patient
from tests.unit.api.application import make_application, previewed, unexplained
from tests.unit.api.issuing import NOW, bearer, token

NOWHERE = Path("/nonexistent")
GENEROUS = {pace: Rate(1_000, 10_000) for pace in Pace}


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A SQLite file with tables and no rows, to be copied."""
    url = embedded_url(tmp_path_factory.mktemp("api-store"))

    async def run():
        database = open_database(url)
        await upgrade_schema(database)
        await database.close()

    patient(run())
    return url.database


@pytest.fixture
async def store(migrated_file, tmp_path):
    shutil.copy(migrated_file, tmp_path)
    database = open_database(embedded_url(tmp_path))
    yield DatabaseStore(database)
    await database.close()


@pytest.fixture
def clock():
    return SimClock(Nanos(NOW * NANOS_PER_SECOND))


class Api:
    """Calls the application in this process. probes: what /health asks."""

    def __init__(self, store, clock, auth, rates=None, wallet=None, data_dir=NOWHERE):
        self.store, self.clock, self.probes = store, clock, {}
        self.application, self.trail, self.recorder = make_application(store, clock, wallet)
        self.reports = ReportDesk(data_dir, clock)
        self.health_checks = HealthChecks(self.probes, auth, clock, shadow_mode=False)
        services = Services(
            application=self.application,
            trail=self.trail,
            repetitions=Repetitions(store, clock),
            health_checks=self.health_checks,
            feed=LiveFeed(self.application, clock),
            maker=SmartMaker(self.application),
            clock=clock,
            sessions=Sessions(auth, clock),
            reports=self.reports,
            explain=unexplained,
            preview=previewed,
        )
        edge = Edge(services=services, auth=auth, clock=clock, rates=rates or GENEROUS)
        self.app = create_app(edge)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def __call__(self, method, path, role="risk", **more):
        """role: of the token that is sent along; None for no token."""
        headers = more.pop("headers", {})
        if role is not None:
            headers = {"Authorization": f"Bearer {token(roles=[role])}"} | headers
        return await self.client.request(method, path, headers=headers, **more)


@asynccontextmanager
async def running(calls):
    """Calls, while the recorder writes."""
    async with calls.client, asyncio.TaskGroup() as tasks:
        recording = tasks.create_task(calls.recorder.run())
        yield calls
        recording.cancel()


@pytest.fixture
async def api(store, clock, tmp_path):
    async with running(Api(store, clock, bearer(tmp_path), data_dir=tmp_path)) as calls:
        yield calls


@pytest.fixture
async def open_api(store, clock):
    """Without authentication."""
    async with running(Api(store, clock, Nobody())) as calls:
        yield calls
