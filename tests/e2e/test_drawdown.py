"""A participant that loses more than its terms allow is stopped by the running service."""

from decimal import Decimal

import pytest

from tests.e2e.running import Running
from tests.e2e.test_serve import PARTICIPANT, POOL, ok, quoting, rows, status, wait

LEAST = "0.000000000001"
"""Per cent: any loss is beyond it."""
TIGHT = {"min_spread_bps": "0.1", "quote_interval_ms": "20", "price_threshold_bps": "0.05"}
SYMBOLS = ("BTCUSDT-PERP", "ETHUSDT-PERP")


@pytest.mark.slow
def test_a_participant_beyond_its_drawdown_has_no_orders_in_any_pool(tmp_path):
    terms = PARTICIPANT | {"max_drawdown_pct": LEAST}
    with Running(tmp_path) as service:
        who = ok(service.call("POST", "/v1/participants", json=terms))["participant_id"]
        ok(service.call("POST", f"/v1/participants/{who}/activate"))
        member = {
            "participant_id": who,
            "capital_weight_pct": "100",
            "position_limit_usdt": "20000",
            "max_loss_usdt": "2000",
        }
        for symbol in SYMBOLS:
            ok(service.call("POST", "/v1/pools", json=POOL | TIGHT | {"symbol": symbol}))
            ok(service.call("POST", f"/v1/pools/{symbol}/members", json=member))
            ok(service.call("POST", f"/v1/pools/{symbol}/enable"))

        def ask(path=""):
            return ok(service.call("GET", f"/v1/participants/{who}{path}"))

        wait(lambda: ask()["status"] == "SUSPENDED", 60)
        assert ask("/headroom")["max_drawdown_pct"] == LEAST
        for symbol in SYMBOLS:
            wait(lambda s=symbol: status(service, s)["open_orders"] == 0)
    (entry,) = rows(
        tmp_path,
        "SELECT subject, target, reason FROM audit_log WHERE action = 'participant.suspend'",
    )
    assert entry[:2] == ("service", who)
    assert entry[2].startswith("drawdown limit exceeded: ")


@pytest.mark.slow
def test_what_a_drawdown_is_measured_from_survives_a_kill(tmp_path):
    with Running(tmp_path) as service:
        quoting(service, POOL | TIGHT)
        (found,) = ok(service.call("GET", "/v1/participants"))["items"]
        who = found["participant_id"]

        def peak(service: Running) -> Decimal:
            headroom = ok(service.call("GET", f"/v1/participants/{who}/headroom"))
            return Decimal(headroom["peak_usdt"]) - Decimal(headroom["initial_margin_usdt"])

        wait(lambda: peak(service) > 0, 60)
        stored = "SELECT count(*) FROM mm_participant_peaks"
        wait(lambda: rows(tmp_path, stored) == [(1,)])
        service.process.kill()
        service.process.wait(60)
    (noted,) = rows(tmp_path, "SELECT pnl_usdt FROM mm_participant_peaks")
    with Running(tmp_path) as service:
        assert peak(service) >= Decimal(str(noted[0])) > 0
