"""The smart engine document's six calls, as it writes them, against the real service."""

import pytest

from tests.e2e.running import Running

pytestmark = pytest.mark.slow

SYMBOL = "BTCUSDT-PERP"


@pytest.fixture
def http(tmp_path):
    with Running(tmp_path, DISABLE_AUTH="true", PANEL_PORT="any") as running:
        yield running.client


def test_the_six_calls_answer_what_the_document_says(http):
    body = {"symbol": SYMBOL, "max_position": 0.5, "max_loss": -500.0, "base_spread": 0.002}
    assert http.post("/maker/start", json=body).json() == {
        "status": "started",
        "symbol": SYMBOL,
        "message": f"Market making started for {SYMBOL}",
    }
    assert http.get("/maker/active").json() == {"active_symbols": [SYMBOL], "total_count": 1}
    status = http.get(f"/maker/status/{SYMBOL}").json()
    assert (status["symbol"], status["status"]) == (SYMBOL, "active")
    assert isinstance(status["inventory"], float)
    assert set(status["risk_status"]) == {
        *("symbol", "timestamp", "position_ok", "loss_ok", "exposure_ok", "overall_ok")
    }
    performance = http.get(f"/maker/performance/{SYMBOL}").json()
    assert set(performance) == {
        *("symbol", "total_pnl", "total_trades", "avg_spread", "fill_rate"),
        "inventory_turnover",
    }
    assert http.get("/maker/risk/alerts").json() == {"alerts": [], "alert_count": 0}
    assert http.post("/maker/stop", params={"symbol": SYMBOL}).json() == {
        "status": "stopped",
        "symbol": SYMBOL,
        "message": f"Market making stopped for {SYMBOL}",
    }
    assert http.get("/maker/active").json() == {"active_symbols": [], "total_count": 0}


def test_unknown_symbols_are_404_in_the_document_s_words(http):
    missing = http.get("/maker/status/NOPE")
    assert (missing.status_code, missing.json()["detail"]) == (404, "Symbol not found")
    missing = http.get("/maker/performance/NOPE")
    assert (missing.status_code, missing.json()["detail"]) == (404, "Performance data not found")
    assert http.post("/maker/stop", params={"symbol": "NOPE"}).status_code == 404
