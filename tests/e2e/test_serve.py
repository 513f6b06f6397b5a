"""`market_maker serve` as a process: how it begins, how it ends, what it refuses."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from market_maker.telemetry.logging import utc
from tests.e2e.running import Running, stopping_at
from tests.servers import free_port

SYMBOL = "BTCUSDT-PERP"
PATIENCE_S = 60.0
"""For what comes within a second or a few where nothing else runs."""

LOOKED_EVERY_S = 0.05
"""More often would take from the service what it needs to get there."""

COMMAND = [str(Path(sys.executable).parent / "market_maker")]
POOL = {
    "symbol": SYMBOL, "enabled": False, "gamma": "0.1", "kappa": "20", "vol_lookback_seconds": 60,
    "tau": "1.0", "num_levels": 3, "level_spacing_bps": "1", "min_spread_bps": "1",
    "max_spread_bps": "30", "order_size_usdt": "4000", "max_pool_position_usdt": "60000",
    "max_pool_loss_usdt": "2000", "check_staleness": True, "staleness_threshold_ms": "2000",
    "quote_interval_ms": "100", "price_threshold_bps": "0.2",
}  # fmt: skip
PARTICIPANT = {
    "user_id": "u", "account_id": "a", "display_name": "Acme", "initial_margin_usdt": "100000",
    "max_drawdown_pct": "20", "revenue_model": "KEEP_ALL", "revenue_share_pct": "0",
    "tier": "TIER_1",
}  # fmt: skip


def ok(response):
    assert response.status_code in {200, 201}, response.text
    return response.json()


def quoting(service: Running, pool: dict[str, object] = POOL) -> None:
    """One pool, one member, ACTIVE, with orders on the venue."""
    ok(service.call("POST", "/v1/pools", json=pool))
    who = ok(service.call("POST", "/v1/participants", json=PARTICIPANT))["participant_id"]
    ok(service.call("POST", f"/v1/participants/{who}/activate"))
    member = {
        "participant_id": who,
        "capital_weight_pct": "100",
        "position_limit_usdt": "60000",
        "max_loss_usdt": "2000",
    }
    ok(service.call("POST", f"/v1/pools/{SYMBOL}/members", json=member))
    ok(service.call("POST", f"/v1/pools/{SYMBOL}/enable"))
    wait(lambda: shown(service) == 6)


def shown(service: Running) -> int:
    """Orders on the venue, or in shadow mode those that would be there."""
    now = status(service)
    return len(now["simulated"]) if now["shadow_mode"] else now["open_orders"]


def status(service: Running, symbol: str = SYMBOL):
    return ok(service.call("GET", f"/v1/pools/{symbol}/status"))


def wait(holds, seconds: float = PATIENCE_S) -> None:
    for _ in range(round(seconds / LOOKED_EVERY_S)):
        if holds():
            return
        time.sleep(LOOKED_EVERY_S)  # noqa: TID251  the service lives in wall time
    pytest.fail("it never came to hold")


def rows(folder: Path, query: str):
    with sqlite3.connect(folder / "data" / "market_maker.db") as database:
        return database.execute(query).fetchall()


def serve(folder: Path, **environment: str):
    """Run it to its end; for starts that are refused."""
    known = {"HTTP_PORT": "any", "METRICS_PORT": "any", "MM_DATA_DIR": str(folder)}
    return subprocess.run(
        [*COMMAND, "serve"],
        env=os.environ | known | environment,  # noqa: TID251  for a child
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_sigterm_while_quoting_sends_no_new_order_leaves_none_and_ends_well(tmp_path):
    with Running(tmp_path) as service:
        quoting(service)
        service.process.send_signal(signal.SIGTERM)
        service.process.send_signal(signal.SIGINT)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
    last = rows(tmp_path, "SELECT max(created_at) FROM mm_orders")[0][0]
    assert utc(last) <= stopping_at(service.log)
    still = "SELECT count(*) FROM mm_orders WHERE status NOT IN ('FILLED','CANCELED','REJECTED')"
    assert rows(tmp_path, still) == [(0,)]
    assert rows(tmp_path, "SELECT state, by, reason FROM mm_pool_states ORDER BY id")[-1] == (
        "PAUSED",
        "service",
        "service stopped; was ACTIVE",
    )


@pytest.mark.slow
def test_after_a_restart_pools_are_paused_and_say_what_they_were(tmp_path):
    with Running(tmp_path) as service:
        quoting(service)
        service.process.kill()
        service.process.wait(60)
    with Running(tmp_path) as service:
        found = status(service)
        assert (found["state"], found["reason"]) == ("PAUSED", "restarted; was ACTIVE")
        wait(lambda: not status(service)["cancel_unconfirmed"])
        assert ok(service.call("POST", f"/v1/pools/{SYMBOL}/enable"))["state"] == "ACTIVE"
    names = rows(tmp_path, "SELECT client_order_id, order_id FROM mm_orders")
    assert len({name for name, _ in names}) == len({number for _, number in names}) == len(names)


@pytest.mark.slow
def test_shadow_mode_from_a_typing_error_says_so_and_stores_no_order(tmp_path):
    with Running(tmp_path, MM_SHADOW_MODE="flase") as service:
        ok(service.call("POST", "/v1/pools", json=POOL))
        assert ok(service.call("GET", "/v1/mm/status"))["shadow_mode"] is True
        quoting(service)
        assert status(service)["shadow_mode"] is True
    assert rows(tmp_path, "SELECT count(*) FROM mm_orders") == [(0,)]
    simulated = "SELECT count(*) FROM outbox WHERE topic = 'mm.quote.simulated.v1'"
    assert rows(tmp_path, simulated)[0][0] >= 6


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["HTTP_PORT", "METRICS_PORT"])
def test_a_taken_port_is_an_error_that_names_it(tmp_path, variable):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = serve(tmp_path, **{variable: port})
    assert done.returncode == 2
    assert variable in done.stderr
    assert port in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_second_service_on_the_same_data_is_refused(tmp_path):
    with Running(tmp_path):
        done = serve(tmp_path / "data")
    assert done.returncode == 2
    assert "in use by another" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM alembic_version", "market_maker db upgrade"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer than this program"),
    ],
)
def test_another_schema_is_refused_with_what_to_do(tmp_path, statement, words):
    with Running(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "data" / "market_maker.db") as database:
        database.execute(statement)
    done = serve(tmp_path / "data")
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path):
    where = f"127.0.0.1:{free_port()}/none"
    done = serve(tmp_path, POSTGRES_URL=f"postgresql://jane:hush@{where}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: postgresql://jane:***@{where}: the database does not answer")


@pytest.mark.slow
def test_authentication_is_off_only_on_loopback(tmp_path):
    done = serve(tmp_path, DISABLE_AUTH="true", HTTP_HOST="0.0.0.0")  # noqa: S104  to be refused
    assert done.returncode == 2
    assert "DISABLE_AUTH" in done.stderr
    with Running(tmp_path, DISABLE_AUTH="true") as service:
        assert service.client.get("/v1/pools").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "text"),
    [("HTTP_PORT", "many"), ("SHUTDOWN_TIMEOUT", "soon"), ("DISABLE_AUTH", "perhaps")],
)
def test_a_variable_that_cannot_be_understood_is_refused_in_one_line(tmp_path, variable, text):
    done = serve(tmp_path, **{variable: text})
    assert done.returncode == 2
    assert variable in done.stderr
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
