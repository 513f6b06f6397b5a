"""PostgreSQL is restarted under a service that quotes: short, nothing pauses; long, all does."""

import asyncio
import os
import re
import subprocess
import time

import pytest

from market_maker.serving.ownership import GRACE_S
from tests.e2e.running import Running
from tests.e2e.test_serve import COMMAND, SYMBOL, ok, quoting, status, wait
from tests.servers import postgresql

__all__ = ["postgresql"]
pytestmark = pytest.mark.slow

SHORT_S = 2.0
BACK_S = 60.0


@pytest.fixture
def url(postgresql, request) -> str:
    """Of a database with tables."""
    url = asyncio.run(postgresql.create(f"restart_{abs(hash(request.node.name))}"))
    subprocess.run(
        [*COMMAND, "db", "upgrade"],
        env=os.environ | {"POSTGRES_URL": url},  # noqa: TID251  for a child
        check=True,
        capture_output=True,
    )
    return url


def events(service: Running) -> list[str]:
    """What the log says, in order."""
    return re.findall(r'"event":"([^"]*)"', service.log.read_text())


def test_a_restart_while_quoting_pauses_nothing_and_ownership_is_proved_again(
    tmp_path, url, postgresql
):
    with Running(tmp_path, POSTGRES_URL=url) as service:
        quoting(service)
        postgresql.stop()
        gone = time.monotonic()  # noqa: TID251  the service lives in wall time
        while time.monotonic() - gone < SHORT_S:  # noqa: TID251
            assert status(service)["state"] == "ACTIVE"
        postgresql.start()
        wait(lambda: "ownership of the database proved" in events(service), BACK_S)
        wait(lambda: service.client.get("/health").json()["ready"], BACK_S)
        wait(lambda: status(service)["open_orders"] == 6, BACK_S)
        assert status(service)["state"] == "ACTIVE"
        assert (
            "pool moved"
            not in events(service)[events(service).index("ownership of the database lost") :]
        )
        service.process.terminate()
        assert service.process.wait(60) == 0


def test_a_database_that_stays_away_pauses_with_the_reason_and_the_service_lives(
    tmp_path, url, postgresql
):
    with Running(tmp_path, POSTGRES_URL=url) as service:
        quoting(service)
        postgresql.stop()
        wait(lambda: status(service)["state"] == "PAUSED", GRACE_S + BACK_S)
        reason = status(service)["reason"]
        assert "database" in reason
        wait(lambda: status(service)["open_orders"] == 0, BACK_S)
        assert service.client.get("/health").json()["ready"] is False
        postgresql.start()
        wait(lambda: service.client.get("/health").json()["ready"], BACK_S)
        assert status(service)["reason"] == reason
        ok(service.call("POST", f"/v1/pools/{SYMBOL}/resume"))
        wait(lambda: status(service)["open_orders"] == 6, BACK_S)
        service.process.terminate()
        assert service.process.wait(60) == 0
