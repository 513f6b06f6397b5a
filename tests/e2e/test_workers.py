"""Workers that share the symbols of one service: killed, frozen, without their edge; judged at the
exchange, and on PostgreSQL."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from market_maker.clocks import WallClock
from market_maker.serving.pulse import FILE_NAME, PulseReader
from market_maker.serving.worker_folders import worker_folder
from tests.e2e.drill import ACCOUNTS, CLIENT, SYMBOLS, ExchangeProcess, Service, ask
from tests.e2e.test_serve import COMMAND
from tests.e2e.test_two_services import asked
from tests.servers import PostgreSQL, postgresql
from tests.unit.telemetry.collector import Collector, collecting

__all__ = ["postgresql"]
pytestmark = pytest.mark.slow

SLOTS = 8
"""Of one symbol: two members, levels and sides. More orders than that are two workers'."""

WITHIN_S = 60.0
LOOKED_EVERY = 10_000_000
"""Nanoseconds: the service has other things to do."""
KILLED = "worker 1 was ended by signal 9; was ACTIVE"


class Watched(Service):
    """A service with two workers on a database of its own."""

    def __init__(self, exchange: ExchangeProcess, data_dir, url: str) -> None:
        super().__init__(exchange, data_dir)
        self.exchange, self.database = exchange, url
        self.settings = {"POSTGRES_URL": url, "MM_WORKERS": "2"}
        self.most_open = 0

    def look(self) -> None:
        """No symbol has more orders at the exchange than one worker may have."""
        for symbol in SYMBOLS:
            self.most_open = max(self.most_open, self.open_of(symbol))
        assert self.most_open <= SLOTS

    def open_of(self, symbol: str) -> int:
        url = f"{self.exchange.url}/v1/orders?symbol={symbol}&account_id="
        return sum(len(ask(f"{url}{account}")[1]["orders"]) for account in ACCOUNTS)

    def pid_of(self, number: int) -> int:
        pulse = PulseReader(worker_folder(self.data_dir, number) / FILE_NAME).read()
        assert pulse is not None
        return pulse.pid

    def status(self, symbol: str) -> dict:
        return self.call("GET", f"/pools/{symbol}/status")

    def proved(self, symbol: str) -> bool:
        """The successor is at work, and the venue has said that nothing is open."""
        status = self.status(symbol)
        return status["reason"].startswith("restarted") and not status["cancel_unconfirmed"]

    def all_ready(self) -> bool:
        health = self.ask("GET", "/health")[1]["dependencies"]
        return all(health[f"worker {number}"]["ready"] for number in (1, 2))

    def said(self) -> str:
        return (self.data_dir / "service.log").read_text()

    def watched_until(self, happened, what) -> object:
        def checked():
            self.look()
            return happened()

        return self.until(checked, WITHIN_S, lambda: (what, self.statuses()))


@contextmanager
def quoting(postgresql: PostgreSQL, folder, name: str, **settings: str) -> Iterator[Watched]:
    """Both symbols quote, one in each worker."""
    url = asyncio.run(postgresql.create(name))
    subprocess.run(
        [*COMMAND, "db", "upgrade"],
        env=os.environ | {"POSTGRES_URL": url},  # noqa: TID251  for a child
        check=True,
        capture_output=True,
    )
    folder.chmod(0o700)
    with ExitStack() as stack:
        exchange = stack.enter_context(ExchangeProcess(folder, "--seed", "9"))
        service = Watched(exchange, folder, url)
        service.settings |= settings
        service.start()
        stack.callback(service.put_away)
        service.set_up()
        service.enable()
        service.wait_until_quoting()
        yield service


def owners(service: Watched) -> dict[str, str]:
    query = "SELECT json_object_agg(symbol, worker)::text FROM mm_symbol_owners"
    return dict(re.findall(r'"([^"]+)" : "([^"]+)"', asked(service.database, query)))


def waits(service, symbol: str) -> bool:
    """Whether that is the one alert of the pool that still holds."""
    found = CLIENT.get(f"{service.url}/v1/alerts", params={"state": "OPEN"}).json()["items"]
    return [each["kind"] for each in found if each["symbol"] == symbol] == ["quoted_before_start"]


def wait_until(happened) -> None:
    """How soon it is `python -m bench workers` measures."""
    clock = WallClock()
    began = clock.now()
    while not happened():
        assert clock.now() - began < WITHIN_S * 1e9
        clock.sleep(LOOKED_EVERY)


def test_a_killed_worker_is_seen_at_once_and_its_successor_cancels(postgresql, tmp_path):
    with quoting(postgresql, tmp_path, "workers_killed") as service:
        first, second = SYMBOLS
        before = owners(service)
        assert len(set(before.values())) == 2
        os.kill(service.pid_of(1), signal.SIGKILL)
        wait_until(lambda: service.status(first)["state"] == "PAUSED")
        status = service.status(first)
        refused = CLIENT.post(f"{service.url}/v1/pools/{first}/enable", json={})
        assert status["cancel_unconfirmed"]
        assert status["reason"] == KILLED
        assert refused.status_code == 503
        assert "worker 1 was ended by signal 9" in refused.json()["detail"]

        service.watched_until(lambda: service.proved(first), "the successor proves it empty")
        assert service.open_of(first) == 0
        assert service.status(first)["reason"] == f"restarted; was PAUSED ({KILLED})"
        service.watched_until(lambda: waits(service, first), "an operator is called for it")
        assert service.status(second)["state"] == "ACTIVE"
        after = owners(service)
        assert after[first] not in {before[first], after[second]}
        assert after[second] == before[second]


def test_a_frozen_worker_is_ended_and_followed_and_the_others_quote_on(postgresql, tmp_path):
    with quoting(postgresql, tmp_path, "workers_frozen") as service:
        first, second = SYMBOLS
        os.kill(service.pid_of(2), signal.SIGSTOP)
        service.watched_until(
            lambda: "worker 2 was silent for" in service.status(second)["reason"], "it is noticed"
        )
        service.watched_until(lambda: service.proved(second), "the successor proves it empty")
        service.watched_until(service.all_ready, "both serve")
        assert service.open_of(second) == 0
        assert service.status(first)["state"] == "ACTIVE"
        service.enable()
        service.wait_until_quoting()


def test_a_symbol_moves_while_it_quotes_and_a_kill_reaches_all_past_a_frozen_edge(
    postgresql, tmp_path
):
    with quoting(postgresql, tmp_path, "workers_edge") as service:
        first, second = SYMBOLS
        before = owners(service)
        answer = service.call("POST", f"/pools/{first}/move", {"worker": 2})
        assert answer["state"] == "ACTIVE"
        service.look()
        assert owners(service) == {first: before[second], second: before[second]}
        service.wait_until_quoting()
        service.look()
        service.call("POST", f"/pools/{first}/move", {"worker": 2}, (409,))
        service.call("POST", f"/pools/{first}/move", {"worker": 1})
        service.wait_until_quoting()
        service.process.send_signal(signal.SIGSTOP)
        done = subprocess.run(
            [*COMMAND, "kill", "--data-dir", str(tmp_path), "--reason", "drill"],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for symbol in SYMBOLS:
            assert f"{symbol}  HALTED" in done.stdout
        assert [service.open_of(symbol) for symbol in SYMBOLS] == [0, 0]
        service.process.send_signal(signal.SIGCONT)
        service.until(
            lambda: {each["state"] for each in service.statuses()} == {"HALTED"},
            WITHIN_S,
            service.statuses,
        )
        assert {each["reason"] for each in service.statuses()} == {"drill"}


def test_workers_end_with_nothing_open_when_their_edge_ends_or_is_killed(postgresql, tmp_path):
    with quoting(postgresql, tmp_path, "workers_orphaned") as service:
        metrics = service.said()
        assert '"worker":1' in metrics.replace(" ", "")
        service.kill_nine()
        clock = WallClock()
        deadline = clock.now() + WITHIN_S * 1e9
        while any(service.open_of(symbol) for symbol in SYMBOLS):
            assert clock.now() < deadline
            clock.sleep(LOOKED_EVERY)
        while asked(service.database, "SELECT count(*) FROM mm_workers"):
            assert clock.now() < deadline
            clock.sleep(LOOKED_EVERY)
        service.start()
        assert {each["reason"] for each in service.statuses()} == {
            "restarted; was ACTIVE",
        }
        service.enable()
        service.wait_until_quoting()
        service.terminate()
        assert service.ended(WITHIN_S) == 0, service.said()[-3000:]
        assert [service.open_of(symbol) for symbol in SYMBOLS] == [0, 0]
        assert asked(service.database, "SELECT count(*) FROM mm_workers") == 0


def filled_by(collector: Collector, route: str) -> list[tuple[str, ...]]:
    """The spans of each fill that a request to `route` led to, from the request on, by name."""
    spans = {span.span_id: span for span in collector.spans}
    found = []
    for span in collector.named("fill"):
        names, above = [span.name], spans.get(span.parent_span_id)
        while above is not None:
            names.append(above.name)
            above = spans.get(above.parent_span_id)
        if names[-1] == route:
            found.append(tuple(reversed(names)))
    return found


def test_one_trace_leads_from_the_edge_through_a_worker_to_orders_and_their_fills(
    postgresql, tmp_path
):
    route = "POST /v1/pools/{symbol}/enable"
    with (
        collecting() as collector,
        quoting(
            postgresql, tmp_path, "workers_traced", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address
        ) as service,
    ):
        service.watched_until(lambda: filled_by(collector, route), "a fill in a trace")
    (names,) = {*filled_by(collector, route)}
    assert names == (route, "engine.command", "order", "fill")
