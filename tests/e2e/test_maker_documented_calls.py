"""The six calls of the smart engine's document, by curl: its bodies and its answers."""

import json
import subprocess
from datetime import datetime

import pytest

from tests.e2e.running import Running
from tests.e2e.test_serve import wait
from tests.support.machine import need_program

pytestmark = pytest.mark.slow
SYMBOL = "BTCUSDT-PERP"
STARTED = {
    "symbol": SYMBOL,
    "max_position": 100.0,
    "max_loss": -500.0,
    "base_spread": 0.002,
}
STATUS = {"symbol", "status", "current_quotes", "inventory", "pnl", "risk_status"}
RISK = {"symbol", "timestamp", "position_ok", "loss_ok", "exposure_ok", "overall_ok"}
PERFORMANCE = {
    "symbol",
    "total_pnl",
    "total_trades",
    "avg_spread",
    "fill_rate",
    "inventory_turnover",
}


@pytest.fixture(scope="module")
def curl(tmp_path_factory):
    """Status and JSON of a call."""
    program = need_program("curl")
    with Running(tmp_path_factory.mktemp("maker"), DISABLE_AUTH="true") as service:

        def call(method, path, body=None):
            sent = ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body else []
            done = subprocess.run(
                [program, "-s", "-w", "\n%{http_code}", "-X", method, service.url + path, *sent],
                capture_output=True,
                text=True,
                check=True,
            )
            answer, _, status = done.stdout.rpartition("\n")
            return int(status), json.loads(answer)

        yield call


def active(curl):
    return curl("GET", "/maker/active")


def test_the_six_calls_answer_as_documented(curl):
    assert active(curl) == (200, {"active_symbols": [], "total_count": 0})
    for body in ({"symbol": SYMBOL}, STARTED):
        assert curl("POST", "/maker/start", body) == (
            200,
            {
                "status": "started",
                "symbol": SYMBOL,
                "message": f"Market making started for {SYMBOL}",
            },
        )
    assert active(curl) == (200, {"active_symbols": [SYMBOL], "total_count": 1})
    wait(lambda: (curl("GET", f"/maker/status/{SYMBOL}")[1]["current_quotes"] or {}).get("bid"))
    _, status = curl("GET", f"/maker/status/{SYMBOL}")
    assert (set(status), status["status"]) == (STATUS, "active")
    assert {type(status[name]) for name in ("inventory", "pnl")} <= {int, float}
    quote = status["current_quotes"]["bid"]
    assert set(quote) == {"price", "size"}
    assert all(isinstance(value, int | float) for value in quote.values())
    risk = status["risk_status"]
    assert (set(risk), risk["overall_ok"]) == (RISK, True)
    assert datetime.fromisoformat(risk["timestamp"])
    _, performance = curl("GET", f"/maker/performance/{SYMBOL}")
    assert set(performance) == PERFORMANCE
    assert 0 < performance["avg_spread"] < 0.05
    assert curl("GET", "/maker/risk/alerts") == (200, {"alerts": [], "alert_count": 0})
    assert curl("POST", f"/maker/stop?symbol={SYMBOL}") == (
        200,
        {"status": "stopped", "symbol": SYMBOL, "message": f"Market making stopped for {SYMBOL}"},
    )
    assert active(curl) == (200, {"active_symbols": [], "total_count": 0})
    assert curl("GET", f"/maker/status/{SYMBOL}")[1]["status"] == "stopped"


@pytest.mark.parametrize(
    ("path", "detail"),
    [("status", "Symbol not found"), ("performance", "Performance data not found")],
)
def test_a_symbol_that_was_never_started_is_404_in_the_documents_words(curl, path, detail):
    status, answer = curl("GET", f"/maker/{path}/ETHUSDT-PERP")
    assert (status, answer["detail"]) == (404, detail)
