from pathlib import Path

import pytest

from market_maker.serving.banner import banner_of
from market_maker.settings import Settings

pytestmark = pytest.mark.anyio
SETTINGS = Settings(
    data_dir=Path("/data"), postgres_url="postgresql://mm:hunter2@db:5432/mm", shadow_mode=True
)


async def test_health_and_status_say_what_the_service_is_connected_to(api):
    assert (await api("GET", "/health", None)).json()["connected"] is None
    banner = banner_of(SETTINGS, "http://a:1", "http://a:2", "")
    api.health_checks.connected = banner.connected
    health = (await api("GET", "/health", None)).json()["connected"]
    status = (await api("GET", "/v1/mm/status")).json()
    assert health == status["connected"]
    assert {
        "venue": "sandbox",
        "venue_address": "in this process",
        "instruments": "of the sandbox",
        "shared_state": "in this process",
        "wallet": "in this process",
        "data_dir": "/data",
        "metrics": "http://a:2/metrics",
        "shadow_mode": True,
        "authentication": "development tokens",
    }.items() <= health.items()
    assert "db:5432" in health["database"]
    assert "hunter2" not in str(health)
    assert status["venue"] == "sandbox"
