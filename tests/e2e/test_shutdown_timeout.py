"""SHUTDOWN_TIMEOUT holds at any load, and whatever the venue does: the service ends within it, and
says whether orders may be open."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from types import SimpleNamespace

import httpx
import pytest

from market_maker.clocks import WallClock
from tests.e2e.drill import PARTICIPANT, POOL, ROOT, ExchangeProcess, Service
from tests.e2e.wire import Wire

pytestmark = pytest.mark.slow

SPARE_S = 60
"""From the end of the service's time to that of its process, on a loaded machine."""

LOOKED_EVERY = 50_000_000
"""Nanoseconds: the service has pools to start."""

POOLS = 24
READERS = 8
TIMEOUT_S = 30


def read(client, symbol, *, listens, done):
    """Once: two statuses, or the stream until it is done."""
    if not listens:
        client.get(f"/v1/pools/{symbol}/status")
        client.get("/v1/pools/status")
        return
    with client.stream("GET", "/v1/stream") as told:
        for _ in told.iter_lines():
            if done.is_set():
                return


def reads_on(url, symbol, *, listens, done):
    """As fast as it is answered."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        while not done.is_set():
            try:
                read(client, symbol, listens=listens, done=done)
            except httpx.HTTPError:
                done.wait(0.1)


@contextmanager
def readers(url, symbols):
    """Callers who read all the time, a quarter of them the stream."""
    done = threading.Event()
    threads = [
        threading.Thread(
            target=reads_on,
            args=(url, symbols[number]),
            kwargs={"listens": number % 4 == 0, "done": done},
            daemon=True,
        )
        for number in range(READERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(60)


def made(client, symbol, participant):
    """A pool that quotes."""
    pool = {**POOL, "symbol": symbol, "enabled": False}
    assert client.post("/v1/pools", json=pool).status_code == 201
    member = {
        "participant_id": participant,
        "capital_weight_pct": "100",
        "position_limit_usdt": "30000",
        "max_loss_usdt": "4000",
    }
    assert client.post(f"/v1/pools/{symbol}/members", json=member).status_code == 201
    assert client.post(f"/v1/pools/{symbol}/enable", json={}).status_code == 200


def test_many_pools_with_many_readers_end_in_time_with_nothing_open(tmp_path):
    words = ("-m", "bench.service_worker", "soak", str(POOLS), str(tmp_path), str(tmp_path / "out"))
    variables = {
        "HTTP_PORT": "any",
        "METRICS_PORT": "any",
        "SHUTDOWN_TIMEOUT": f"{TIMEOUT_S}s",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    log = tmp_path / "service.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, *words],
            env=os.environ | variables,  # noqa: TID251  for a child
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            url = process.stdout.readline().strip()
            assert url, log.read_text()
            symbols = [f"S{number:03}USDT-PERP" for number in range(POOLS)]
            with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
                who = {"user_id": "acme", "account_id": "acme", "display_name": "acme"}
                given = PARTICIPANT | who | {"initial_margin_usdt": "100000000"}
                participant = client.post("/v1/participants", json=given).json()["participant_id"]
                client.post(f"/v1/participants/{participant}/activate", json={})
                for symbol in symbols:
                    made(client, symbol, participant)
                clock, quoting = WallClock(), 0
                began = clock.now()
                while quoting < POOLS:
                    assert (clock.now() - began) / 1e9 < 180, quoting
                    pools = client.get("/v1/pools/status?limit=100").json()["items"]
                    quoting = sum(pool["open_orders"] > 0 for pool in pools)
                    clock.sleep(LOOKED_EVERY)
            with readers(url, symbols):
                process.send_signal(signal.SIGTERM)
                assert process.wait(TIMEOUT_S + SPARE_S) == 0, log.read_text()[-2_000:]
        finally:
            process.kill()
    with closing(sqlite3.connect(tmp_path / "market_maker.db")) as database:
        open_rows = database.execute(
            "SELECT count(*) FROM mm_orders WHERE status NOT IN ('FILLED', 'CANCELED', 'REJECTED')"
        ).fetchone()
    assert open_rows == (0,)


@contextmanager
def quoting_over(wire_of, tmp_path, shutdown_timeout):
    with ExchangeProcess(tmp_path, "--seed", "5") as exchange:
        wire = wire_of(exchange)
        service = Service(SimpleNamespace(url=wire.url, ever=exchange.ever), tmp_path)
        service.shutdown_timeout = shutdown_timeout
        try:
            service.start()
            service.set_up()
            service.enable()
            service.wait_until_quoting()
            yield exchange, wire, service
        finally:
            service.kill_nine()


def test_a_venue_that_never_answers_does_not_hold_the_end_up_and_the_orders_are_named(tmp_path):
    with quoting_over(Wire, tmp_path, "4s") as (exchange, wire, service):
        wire.hold()
        service.terminate()
        assert service.ended(4 + SPARE_S) == 1
        said = (tmp_path / "service.log").read_text()
        assert "ORDERS MAY BE OPEN on the venue: " in said
        assert exchange.open_count() > 0


def test_a_venue_that_answers_late_is_waited_for_within_the_time(tmp_path):
    with quoting_over(Wire, tmp_path, "30s") as (exchange, wire, service):
        wire.delay_s = 0.4
        service.terminate()
        assert service.ended(30 + SPARE_S) == 0
        assert exchange.open_count() == 0
        assert service.open_rows() == []
