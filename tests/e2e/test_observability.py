"""What a running service says about itself, and what it never says."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from market_maker.cli.audit_log import ALONE
from market_maker.storage.reading import DATABASE_NAME
from tests.e2e.running import STOP_S, Running
from tests.servers import free_port
from tests.unit.telemetry.collector import Collector, collecting

pytestmark = pytest.mark.slow

CANARY = "c4nary-7f3a9b1d"
SYMBOL = "BTCUSDT-PERP"
POOL = {
    "symbol": SYMBOL,
    "enabled": False,
    "gamma": "0.1",
    "kappa": "1.5",
    "vol_lookback_seconds": 300,
    "tau": "1.0",
    "num_levels": 1,
    "level_spacing_bps": "5",
    "min_spread_bps": "5",
    "max_spread_bps": "50",
    "order_size_usdt": "500",
    "max_pool_position_usdt": "50000",
    "max_pool_loss_usdt": "2000",
    "check_staleness": True,
    "staleness_threshold_ms": "2000",
    "quote_interval_ms": "100",
    "price_threshold_bps": "5",
}
ENROLMENT = {
    "user_id": "user-1",
    "account_id": "account-1",
    "display_name": "Acme",
    "initial_margin_usdt": "10000",
    "max_drawdown_pct": "20",
    "revenue_model": "KEEP_ALL",
    "revenue_share_pct": "0",
    "tier": "TIER_1",
    "enrolled_by": "e2e",
    "notes": "",
}


def enabled(service: Running) -> None:
    """A pool of one that quotes."""
    service.call("POST", "/v1/pools", json=POOL)
    name = service.call("POST", "/v1/participants", json=ENROLMENT).json()["participant_id"]
    service.call("POST", f"/v1/participants/{name}/activate")
    member = {
        "participant_id": name,
        "capital_weight_pct": "100",
        "position_limit_usdt": "20000",
        "max_loss_usdt": "800",
    }
    service.call("POST", f"/v1/pools/{SYMBOL}/members", json=member)
    answer = service.call("POST", f"/v1/pools/{SYMBOL}/enable")
    assert answer.status_code == 200, answer.text


def stopped(service: Running) -> str:
    """Everything it said, once it has ended in order."""
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(STOP_S) == 0
    return service.log.read_text("utf-8") + service.process.stdout.read()


def verified(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("market_maker"), "audit", "verify"],
        env={"MM_DATA_DIR": str(data_dir), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_key_or_token_of_a_header_an_environment_or_a_request_is_ever_written(
    tmp_path: Path,
) -> None:
    with collecting() as collector:
        environment = {
            "OPENOBSERVE_OTLP_ENDPOINT": collector.address.replace("//", f"//maker:{CANARY}@"),
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Basic {CANARY}",
            "HYPERLIQUID_PRIVATE_KEY": CANARY,
            "LOG_LEVEL": "debug",
        }
        with Running(tmp_path, **environment) as service:
            tokens = [service.token() for _ in range(3)]
            for headers in (
                {"Authorization": f"Bearer {CANARY}"},
                {"Authorization": f"Basic {CANARY}"},
                {"Authorization": f"Bearer {tokens[0]}", "Cookie": f"session={CANARY}"},
                {"Authorization": f"Bearer {tokens[1]}", "X-Api-Key": CANARY},
                {"Authorization": f"Bearer {tokens[2]}x"},
            ):
                service.client.get("/v1/mm/status", headers=headers)
            service.call("GET", f"/v1/pools?access_token={CANARY}")
            service.call("POST", "/v1/pools", json={**POOL, "api_key": CANARY})
            reason = {"reason": f"password={CANARY} Bearer {CANARY}"}
            enabled(service)
            service.call("POST", f"/v1/pools/{SYMBOL}/pause", json=reason)
            said = stopped(service)
        keys = [path.read_text("latin-1") for path in service.data_dir.glob("*.pem")]
    assert '"event":"pool moved"' in said
    assert collector.spans
    for secret in (CANARY, *tokens, *(line for key in keys for line in key.split() if line)):
        if len(secret) > len("-----BEGIN"):
            assert secret not in said
            assert secret.encode() not in collector.raw


def test_a_password_in_postgres_url_is_not_in_the_error_that_names_the_database(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("market_maker"), "serve"],
        env={
            "PATH": "/usr/bin:/bin",
            "MM_DATA_DIR": str(tmp_path),
            "HTTP_PORT": "any",
            "METRICS_PORT": "any",
            "POSTGRES_URL": f"postgresql://maker:{CANARY}@127.0.0.1:9/mm",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.startswith("error: ")
    assert CANARY not in done.stdout + done.stderr


def trace(collector: Collector) -> dict[str, list[Any]]:
    """The spans of the trace that the enabling request began, by name."""
    (root,) = collector.named("POST /v1/pools/{symbol}/enable")
    found: dict[str, list[Any]] = {}
    for span in collector.spans:
        if span.trace_id == root.trace_id:
            found.setdefault(span.name, []).append(span)
    return found


def test_one_trace_leads_from_the_rest_call_to_the_orders_of_a_running_service(
    tmp_path: Path,
) -> None:
    with collecting() as collector:
        with Running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.address) as service:
            enabled(service)
            for _ in range(200):
                if service.call("GET", f"/v1/pools/{SYMBOL}/status").json()["open_orders"] >= 2:
                    break
            said = stopped(service)
        spans = trace(collector)
    assert len(spans["order"]) >= 2
    assert {span.parent_span_id for span in spans["order"]} == {spans["engine.command"][0].span_id}
    moved = next(json.loads(line) for line in said.splitlines() if "pool moved" in line)
    assert moved["trace_id"] == spans["order"][0].trace_id.hex()
    assert (moved["symbol"], moved["state"]) == (SYMBOL, "ACTIVE")


def test_the_audit_log_of_a_running_service_is_whole_until_it_is_changed(
    tmp_path: Path,
) -> None:
    with Running(tmp_path) as service:
        enabled(service)
        assert service.call("POST", f"/v1/pools/{SYMBOL}/pause", "viewer").status_code == 403
        while_running = verified(service.data_dir)
        stopped(service)
    assert while_running.returncode == 0, while_running.stdout
    done = verified(service.data_dir)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        ALONE,
    )
    with sqlite3.connect(service.data_dir / DATABASE_NAME) as database:
        (count,) = database.execute("SELECT count(*) FROM audit_log").fetchone()
        for event in ("update", "delete"):
            database.execute(f"DROP TRIGGER audit_log_no_{event}")
        database.execute("UPDATE audit_log SET subject = 'unknown' WHERE seq = 2")
        database.execute("DELETE FROM audit_log WHERE seq = ?", (count,))
    database.close()
    done = verified(service.data_dir)
    assert done.returncode == 1
    assert "record 2: was changed after it was written" in done.stdout
    assert f"record {count}: is missing: the end was cut off" in done.stdout


def test_pool_and_process_are_on_the_metrics_page_and_nothing_else_is_served_there(
    tmp_path: Path,
) -> None:
    port = free_port()
    with Running(tmp_path, METRICS_PORT=str(port)) as service:
        enabled(service)
        base = f"http://127.0.0.1:{port}"
        page = service.client.get(f"{base}/metrics")
        assert page.headers["content-type"].startswith("text/plain")
        assert f'mm_pool_state{{symbol="{SYMBOL}",state="ACTIVE"}} 1' in page.text
        assert "process_resident_memory_bytes" in page.text
        assert service.client.get(f"{base}/v1/pools").status_code == 404
