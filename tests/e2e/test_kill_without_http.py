"""Kill where HTTP is exhausted, the database locked, and by one symbol."""

import resource
import socket
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from market_maker.clocks import WallClock
from market_maker.model.caller import Role
from tests.e2e.running import Running
from tests.unit.api.issuing import AUDIENCE, ISSUER, token, write_key_set

HALF = b"POST /v1/mm/emergency/kill HTTP/1.1\r\nHost: localhost\r\n"
HEADERS = 1_100
DESCRIPTORS = 1_024
CUT_WITHIN_S = 60

SYMBOL = "BTCUSDT-PERP"
POOL = {
    "symbol": SYMBOL, "enabled": True, "gamma": "0.1", "kappa": "1.5", "vol_lookback_seconds": 300,
    "tau": "1.0", "num_levels": 1, "level_spacing_bps": "5", "min_spread_bps": "1",
    "max_spread_bps": "50", "order_size_usdt": "1000", "max_pool_position_usdt": "50000",
    "max_pool_loss_usdt": "2000", "check_staleness": True, "staleness_threshold_ms": "2000",
    "quote_interval_ms": "100", "price_threshold_bps": "5", "warmup_samples": 2,
}  # fmt: skip
PARTICIPANT = {
    "user_id": "u", "account_id": "a", "display_name": "A", "initial_margin_usdt": "100000",
    "max_drawdown_pct": "20", "revenue_model": "KEEP_ALL", "revenue_share_pct": "0",
    "tier": "TIER_1", "enrolled_by": "e2e", "notes": "",
}  # fmt: skip


def active_pool(service):
    """One pool that quotes."""
    service.call("POST", "/v1/pools", json=POOL)
    name = service.call("POST", "/v1/participants", json=PARTICIPANT).json()["participant_id"]
    service.call("POST", f"/v1/participants/{name}/activate")
    member = {"participant_id": name, "capital_weight_pct": "100"}
    limits = {"position_limit_usdt": "40000", "max_loss_usdt": "1000"}
    service.call("POST", f"/v1/pools/{SYMBOL}/members", json=member | limits)
    assert service.call("POST", f"/v1/pools/{SYMBOL}/enable").json()["state"] == "ACTIVE"


def killed(service, *options):
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "market_maker"),
            *("kill", "--reason", "drill", "--data-dir", str(service.data_dir), *options),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def many_descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def half_sent(service, stack):
    port = int(service.url.rpartition(":")[2])
    for _ in range(HEADERS):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        connection.sendall(HALF)
        yield connection


def was_cut(connection, within_s):
    connection.settimeout(within_s)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.slow
@pytest.mark.usefixtures("many_descriptors")
def test_half_sent_requests_do_not_hinder_a_kill_and_are_cut(tmp_path):
    with Running(tmp_path) as service, ExitStack() as stack:
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        active_pool(service)
        began = WallClock()
        since = began.now()
        connections = list(half_sent(service, stack))
        answer = service.call("POST", "/v1/mm/emergency/kill", json={"reason": "flood"})
        assert answer.json()["pools"][0]["state"] == "HALTED"
        by_socket = killed(service)
        assert (by_socket.returncode, "nothing is open" in by_socket.stdout) == (0, True)
        assert all(was_cut(connection, CUT_WITHIN_S) for connection in connections)
        assert began.now() - since < (CUT_WITHIN_S + 10) * 1e9
        assert service.call("GET", "/health").json()["status"] == "alive"


@pytest.mark.slow
def test_kill_works_while_the_database_is_locked_and_by_symbol(tmp_path):
    with Running(tmp_path) as service:
        active_pool(service)
        unknown = killed(service, "--symbol", "ETHUSDT-PERP")
        assert (unknown.returncode, "ETHUSDT-PERP" in unknown.stderr) == (2, True)
        database = sqlite3.connect(service.data_dir / "market_maker.db", isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        done = killed(service, "--symbol", SYMBOL)
        assert f"{SYMBOL}  HALTED" in done.stdout, done
        assert "not in the audit log yet" in done.stdout
        database.execute("ROLLBACK")
        database.close()
        status = service.call("GET", f"/v1/pools/{SYMBOL}/status").json()
        assert (status["state"], status["by"], status["reason"]) == ("HALTED", "console", "drill")


@pytest.mark.thorough
def test_without_a_service_it_is_said_in_one_line(tmp_path):
    class Nobody:
        data_dir = tmp_path

    answer = killed(Nobody)
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "control.sock" in answer.stderr


class TokenService:
    """Publishes the keys of one issuer, until it is stopped. url: where."""

    def __init__(self, folder):
        home = folder / ".well-known"
        home.mkdir(parents=True)
        write_key_set(home)
        handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class IssuedRunning(Running):
    """Its callers have tokens of that issuer."""

    def token_of(self, subject, *roles):
        now = int(WallClock().now() // 1_000_000_000)
        moments = {"iat": now, "nbf": now, "exp": now + 600}
        granted = [str(role) for role in roles] or [str(role) for role in Role]
        return token(sub=subject, roles=granted, jti=uuid4().hex, **moments)


@pytest.mark.slow
def test_kill_works_while_the_token_service_is_away(tmp_path):
    tokens = TokenService(tmp_path / "published")
    settings = {"AUTH_SERVICE_URL": tokens.url, "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": AUDIENCE}
    try:
        with IssuedRunning(tmp_path, **settings) as service:
            active_pool(service)
            tokens.stop()
            done = killed(service)
            assert (done.returncode, "nothing is open" in done.stdout) == (0, True), done
            status = service.call("GET", f"/v1/pools/{SYMBOL}/status").json()
            assert (status["state"], status["by"]) == ("HALTED", "console")
    finally:
        tokens.stop()
