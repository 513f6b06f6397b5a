"""kill -9 at random moments while quoting, on an exchange that lives on."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.e2e.drill import PUT_AWAY_WITHIN_S, QUOTING_WITHIN_S, SYMBOLS, ExchangeProcess, Service
from tests.examples import examples

QUOTING_MAX_S = 1.0
DRILLS = 3
KILLS = examples(15)


def drill(data_dir, seed, kills, *options):
    """Returns how many orders and fills there were."""
    moments = Random(seed)
    data_dir.mkdir(mode=0o700, exist_ok=True)
    with ExchangeProcess(data_dir, "--seed", str(seed), *options) as exchange:
        service = Service(exchange, data_dir)
        try:
            service.start()
            service.set_up()
            for _ in range(kills):
                service.enable()
                service.wait_until_quoting()
                service.stays_up(moments.uniform(0.001, QUOTING_MAX_S))
                service.kill_nine()
                service.start()
                assert [status["state"] for status in service.statuses()] == ["PAUSED", "PAUSED"]
                service.wait_until_settled()
            if kills > 1 and not service.ledger():
                # So short were all its lives.
                service.enable()
                service.until(service.ledger, QUOTING_WITHIN_S, "no fill")
            service.terminate()
            assert service.ended(PUT_AWAY_WITHIN_S) == 0
        finally:
            service.kill_nine()
        return check(exchange, service)


def check(exchange, service):
    orders = [order for symbol in SYMBOLS for order in exchange.ever(symbol)]
    assert exchange.open_count() == 0
    assert [order for order in orders if order["times_received"] != 1] == []
    assert {order["client_order_id"] for order in orders} - service.intents() == set()
    assert service.open_rows() == []
    ledger = service.ledger()
    for symbol in SYMBOLS:
        stored = [row[1:7] for row in ledger if row[0] == symbol]
        assert len(stored) == len(set(stored))
        assert set(stored) == exchange.fills(symbol)
    return len(orders), len(ledger)


@pytest.mark.slow
def test_a_killed_service_comes_back_paused_with_nothing_open_and_every_fill(tmp_path):
    orders, _ = drill(tmp_path, seed=1, kills=1)
    assert orders > 0


@pytest.mark.slow
def test_kills_at_random_moments_lose_no_fill_leave_no_order_and_use_no_name_twice(tmp_path):
    troubles = ["--drop-answers", "0.02", "--errors", "0.02"]
    with ThreadPoolExecutor(DRILLS) as pool:
        running = [
            pool.submit(
                drill, tmp_path / str(n), 100 + n, KILLS, *(troubles if n == DRILLS - 1 else [])
            )
            for n in range(DRILLS)
        ]
        counts = [one.result() for one in running]
    assert all(orders > KILLS and fills for orders, fills in counts)
