"""SIGTERM while orders are being placed."""

from random import Random

import pytest

from market_maker.clocks import WallClock
from tests.e2e.drill import ExchangeProcess, Service
from tests.examples import examples

ENDS_WITHIN_S = 15 + 60
"""Its SHUTDOWN_TIMEOUT, and the end of its process on a loaded machine."""

TIMES = examples(5)


def stop_while_placing(exchange, service, after_s):
    """Returns how long it took, nanoseconds."""
    service.enable()
    service.wait_until_quoting()
    service.stays_up(after_s)
    clock = WallClock()
    asked = clock.now()
    service.terminate()
    service.terminate()
    assert service.ended(ENDS_WITHIN_S) == 0
    took = clock.now() - asked
    assert service.decided_after_stop() == []
    assert exchange.open_count() == 0
    assert service.open_rows() == []
    return took


def drill(data_dir, times, seed, *options):
    moments = Random(seed)
    with ExchangeProcess(data_dir, "--seed", str(seed), *options) as exchange:
        service = Service(exchange, data_dir)
        try:
            service.start()
            service.set_up()
            for number in range(times):
                if number:
                    service.start()
                took = stop_while_placing(exchange, service, moments.uniform(0.001, 0.5))
                assert took < ENDS_WITHIN_S * 1_000_000_000
        finally:
            service.kill_nine()


@pytest.mark.slow
def test_sigterm_while_placing_ends_in_time_with_nothing_open(tmp_path):
    drill(tmp_path, 1, 7)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--drop-answers", "0.05", "--errors", "0.05")])
def test_sigterm_again_and_again_never_leaves_an_order(tmp_path, options):
    drill(tmp_path, TIMES, 11, *options)
