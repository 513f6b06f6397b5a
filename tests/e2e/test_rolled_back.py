"""A data directory that is put back as a whole, with its anchors: nothing in it says so, but what
the venue filled since does."""

import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.drill import SETTLED_WITHIN_S, SYMBOLS, ExchangeProcess, Service

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("market_maker")
BY_RECONCILIATION = dict.fromkeys(SYMBOLS, "reconciliation")
OLDER = "this database is older than what was traded"


@contextmanager
def running(service):
    """From its start to its clean end."""
    try:
        service.start()
        yield
        service.terminate()
        assert service.ended(SETTLED_WITHIN_S) == 0
    finally:
        service.put_away()


def quoting(service, exchange):
    """Both symbols, until each has more fills than before."""
    before = {symbol: len(exchange.fills(symbol)) for symbol in SYMBOLS}
    service.enable()
    service.until(
        lambda: all(len(exchange.fills(symbol)) > before[symbol] for symbol in SYMBOLS),
        SETTLED_WITHIN_S,
        "no fills",
    )


def halted(service):
    """Both, because of what the venue filled."""
    service.until(
        lambda: {status["state"] for status in service.statuses()} == {"HALTED"},
        SETTLED_WITHIN_S,
        lambda: ("not halted", service.statuses()),
    )
    assert all(OLDER in status["reason"] for status in service.statuses())
    # On record a moment later.
    service.until(lambda: halted_by(service) == BY_RECONCILIATION, SETTLED_WITHIN_S, "no entry")


def halted_by(service):
    """By symbol, whose halt is the newest in the audit log."""
    newest_first = service.call("GET", "/audit?action=pool.halt")["items"]
    return {entry["target"]: entry["subject"] for entry in reversed(newest_first)}


def test_a_data_directory_of_yesterday_is_halted_and_has_the_fills_of_today(tmp_path):
    data, yesterday = tmp_path / "data", tmp_path / "yesterday"
    data.mkdir(mode=0o700)
    with ExchangeProcess(tmp_path) as exchange:
        service = Service(exchange, data)
        with running(service):
            service.set_up()
            quoting(service, exchange)
        shutil.copytree(data, yesterday)
        with running(service):
            quoting(service, exchange)
            service.call("POST", f"/pools/{SYMBOLS[0]}/halt", {"reason": "stop"})
        shutil.rmtree(data)
        yesterday.rename(data)
        with running(service):
            halted(service)
            service.wait_until_settled()
            ledger = service.ledger()
            there = {(symbol, *fill) for symbol in SYMBOLS for fill in exchange.fills(symbol)}
            assert len(ledger) == len(there)
            assert {row[2] for row in ledger} == {fill[2] for fill in there}
            status, _ = service.ask("POST", f"/v1/pools/{SYMBOLS[0]}/enable", {})
            assert status == 409
            for symbol in SYMBOLS:
                service.call("POST", f"/pools/{symbol}/resume", {})
            service.wait_until_quoting()
    verified = subprocess.run(
        [PROGRAM, "audit", "verify", "--data-dir", data],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
