"""The API on an office at work, without authentication."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from market_maker.api.app import Edge, create_app
from market_maker.api.bearer import Nobody
from market_maker.api.health import HealthChecks
from market_maker.api.live_feed import LiveFeed
from market_maker.api.routes import Services
from market_maker.api.sessions import Sessions
from market_maker.operations.idempotency import Repetitions
from market_maker.serving.report_desk import ReportDesk
from market_maker.smart_maker import SmartMaker
from tests.support.office import Office
from tests.unit.api.application import previewed, unexplained
from tests.unit.api.conftest import GENEROUS


@asynccontextmanager
async def client_of(office: Office, **services) -> AsyncIterator[httpx.AsyncClient]:
    """services: in place of the usual ones."""
    usual = {
        "application": office.application,
        "trail": office.trail,
        "repetitions": Repetitions(office.store, office.clock),
        "health_checks": HealthChecks({}, Nobody(), office.clock, shadow_mode=False),
        "feed": LiveFeed(office.application, office.clock),
        "clock": office.clock,
        "maker": SmartMaker(office.application),
        "sessions": Sessions(Nobody(), office.clock),
        "reports": ReportDesk(Path("/nonexistent"), office.clock),
        "explain": unexplained,
        "preview": previewed,
    }
    edge = Edge(
        services=Services(**usual | services), auth=Nobody(), clock=office.clock, rates=GENEROUS
    )
    transport = httpx.ASGITransport(create_app(edge))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
