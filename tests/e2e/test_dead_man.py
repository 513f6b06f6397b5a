"""A watchdog beside the service: what happens to orders when the service dies or stands still."""

import signal
from contextlib import AbstractContextManager
from random import Random
from types import SimpleNamespace

import pytest

from market_maker.clocks import WallClock
from tests.e2e.drill import (
    PUT_AWAY_WITHIN_S,
    SETTLED_WITHIN_S,
    SYMBOLS,
    ExchangeProcess,
    Service,
    market_maker,
)
from tests.e2e.wire import Wire
from tests.examples import examples

PATIENCE_S = 1.0
EMPTY_WITHIN_S = 60.0
"""How soon it is the bench measures."""

CUT_OFF_WITHIN_S = 120.0
LOOKED_EVERY = 10_000_000
"""Nanoseconds: the exchange has other things to answer."""


class WatchdogProcess(AbstractContextManager):
    def __init__(self, exchange, data_dir):
        self.log = data_dir / "watchdog.log"
        self.process = market_maker(
            self.log,
            *("watchdog", "--patience", str(PATIENCE_S), "--data-dir", str(data_dir)),
            ORDER_SERVICE_URL=exchange.url,
            WATCHDOG_TOKEN="its-own-secret",  # noqa: S106  no real one
        )
        said = self.process.stdout.readline()
        assert "cancels at the order service" in said, self.log.read_text()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PUT_AWAY_WITHIN_S)
        assert self.process.returncode == 0
        assert "its-own-secret" not in self.log.read_text()


def empty_after(exchange, since, within_s=EMPTY_WITHIN_S):
    """Seconds until the exchange has nothing open for us any more, twice in a row."""
    clock, empty = WallClock(), 0
    while empty < 2:
        spent = (clock.now() - since) / 1e9
        assert spent < within_s, exchange.open_count()
        empty = empty + 1 if exchange.open_count() == 0 else 0
        clock.sleep(LOOKED_EVERY)
    return (clock.now() - since) / 1e9


@pytest.fixture
def quoting(tmp_path):
    with ExchangeProcess(tmp_path, "--seed", "5") as exchange:
        service = Service(exchange, tmp_path)
        try:
            service.start()
            service.set_up()
            with WatchdogProcess(exchange, tmp_path) as dog:
                service.enable()
                service.wait_until_quoting()
                yield exchange, service, dog
        finally:
            if service.process.poll() is None:
                service.process.send_signal(signal.SIGCONT)
                service.kill_nine()


@pytest.mark.slow
def test_after_kill_nine_at_random_moments_the_book_becomes_empty_and_stays_so(quoting):
    exchange, service, dog = quoting
    moments = Random(11)
    for _ in range(examples(3)):
        service.stays_up(moments.uniform(0.001, 0.7))
        # Between two quotes nothing is open, and where the service gets no core for a second the
        # watchdog cancels.
        service.until(exchange.open_count, SETTLED_WITHIN_S, service.statuses)
        service.kill_nine()
        empty_after(exchange, WallClock().now())
        # Whatever was on its way when it died is found, too.
        before = [len(exchange.ever(symbol)) for symbol in SYMBOLS]
        assert exchange.open_count() == 0
        service.start()
        service.wait_until_settled()
        assert [len(exchange.ever(symbol)) for symbol in SYMBOLS] == before
        service.enable()
        service.wait_until_quoting()
    assert "no heartbeat for" in dog.log.read_text()


@pytest.mark.slow
def test_a_service_that_stands_still_has_no_orders_and_quotes_again_when_it_wakes(quoting):
    exchange, service, dog = quoting
    service.process.send_signal(signal.SIGSTOP)
    # Between two quotes the exchange is empty, too: it is the watchdog that is waited for.
    service.until(
        lambda: "no heartbeat for" in dog.log.read_text(),
        SETTLED_WITHIN_S,
        dog.log.read_text,
    )
    empty_after(exchange, WallClock().now())
    service.process.send_signal(signal.SIGCONT)
    service.until(
        lambda: all(s["state"] != "ACTIVE" or s["quoting"] for s in service.statuses()),
        SETTLED_WITHIN_S,
        service.statuses,
    )
    service.until(
        lambda: "service heartbeat restored" in dog.log.read_text(),
        SETTLED_WITHIN_S,
        dog.log.read_text,
    )


@pytest.mark.slow
def test_a_service_that_is_cut_off_from_the_venue_has_its_orders_cancelled(tmp_path):
    with ExchangeProcess(tmp_path, "--seed", "7") as exchange:
        wire = Wire(exchange)
        service = Service(exchange, tmp_path)
        service._exchange = SimpleNamespace(url=wire.url, ever=exchange.ever)
        try:
            service.start()
            service.set_up()
            with WatchdogProcess(exchange, tmp_path) as dog:
                service.enable()
                service.wait_until_quoting()
                wire.cut()
                empty_after(exchange, WallClock().now(), CUT_OFF_WITHIN_S)
            assert "does not answer the service" in dog.log.read_text()
        finally:
            service.kill_nine()


@pytest.mark.slow
def test_an_orderly_end_leaves_the_watchdog_nothing_to_do(quoting):
    exchange, service, dog = quoting
    said = dog.log.read_text()
    service.terminate()
    assert service.ended(PUT_AWAY_WITHIN_S) == 0
    assert exchange.open_count() == 0
    assert dog.process.poll() is None
    assert "no heartbeat" not in dog.log.read_text().removeprefix(said)


@pytest.mark.slow
def test_once_cancels_what_a_dead_service_left(tmp_path):
    with ExchangeProcess(tmp_path, "--seed", "6") as exchange:
        service = Service(exchange, tmp_path)
        try:
            service.start()
            service.set_up()
            service.enable()
            service.wait_until_quoting()
        finally:
            service.kill_nine()
        assert exchange.open_count() > 0
        done = market_maker(
            tmp_path / "once.log",
            *("watchdog", "--once", "--data-dir", str(tmp_path)),
            ORDER_SERVICE_URL=exchange.url,
        )
        done.communicate(timeout=PUT_AWAY_WITHIN_S)
        assert done.returncode == 0
        assert exchange.open_count() == 0
