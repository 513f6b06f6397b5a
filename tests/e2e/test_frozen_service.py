"""A service that is frozen, taken over from, and thawed, judged at the exchange."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.drill import (
    PUT_AWAY_WITHIN_S,
    SETTLED_WITHIN_S,
    SYMBOLS,
    ExchangeProcess,
    Service,
)
from tests.e2e.test_serve import COMMAND
from tests.e2e.test_two_services import END_HOLDER, asked
from tests.servers import PostgreSQL, postgresql

__all__ = ["postgresql"]
pytestmark = pytest.mark.slow

SLOTS = 16
"""Two symbols, members, levels and sides: more is two workers in one."""


@pytest.fixture
def pair(
    postgresql: PostgreSQL, tmp_path, request
) -> Iterator[tuple[ExchangeProcess, Service, Service]]:
    """An exchange with a service that quotes there, and another one on the same database."""
    url = asyncio.run(postgresql.create(f"frozen_{abs(hash(request.node.name))}"))
    upgrade = {"POSTGRES_URL": url}
    subprocess.run(
        [*COMMAND, "db", "upgrade"],
        env=os.environ | upgrade,  # noqa: TID251  for a child
        check=True,
        capture_output=True,
    )
    with ExchangeProcess(tmp_path, "--seed", "9") as exchange:
        services = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir(mode=0o700)
            services.append(Service(exchange, tmp_path / name))
            services[-1].settings = upgrade
        first, second = services
        try:
            first.start()
            first.set_up()
            first.enable()
            first.wait_until_quoting()
            first.process.send_signal(signal.SIGSTOP)
            assert asked(url, END_HOLDER)
            second.start()
            yield exchange, first, second
        finally:
            for service in services:
                if service.process is not None and service.process.poll() is None:
                    service.process.send_signal(signal.SIGCONT)
                    service.kill_nine()


def proved(second: Service) -> bool:
    return not any(status["cancel_unconfirmed"] for status in second.statuses())


def said(service: Service) -> str:
    return (service.data_dir / "service.log").read_text()


def test_of_a_service_that_was_taken_over_from_no_order_reaches_the_exchange(pair) -> None:
    exchange, first, second = pair
    second.until(lambda: proved(second), SETTLED_WITHIN_S, second.statuses)
    assert {status["state"] for status in second.statuses()} == {"PAUSED"}
    assert {status["reason"] for status in second.statuses()} == {"restarted; was ACTIVE"}
    assert exchange.open_count() == 0
    before = [len(exchange.ever(symbol)) for symbol in SYMBOLS]
    first.process.send_signal(signal.SIGCONT)
    assert first.ended(PUT_AWAY_WITHIN_S) == 1
    assert [len(exchange.ever(symbol)) for symbol in SYMBOLS] == before
    assert exchange.open_count() == 0
    assert "lost its lease" in said(first)
    assert "nothing is left open on the venue" in said(first)


def test_a_service_that_thaws_leaves_the_quotes_of_its_successor_alone(pair) -> None:
    exchange, first, second = pair
    second.enable()
    second.wait_until_quoting()
    first.process.send_signal(signal.SIGCONT)
    while first.process.poll() is None:
        assert exchange.open_count() <= SLOTS
    assert first.ended(PUT_AWAY_WITHIN_S) == 1
    assert {status["state"] for status in second.statuses()} == {"ACTIVE"}
    second.wait_until_quoting()
    assert "nothing is left open on the venue" in said(first)
