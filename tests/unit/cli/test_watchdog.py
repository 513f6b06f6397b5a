"""`market_maker watchdog` on its own."""

import fcntl

import pytest

from market_maker.cli.main import run
from market_maker.serving.heartbeat import LOCK_NAME


@pytest.fixture(autouse=True)
def _no_order_service(monkeypatch):
    monkeypatch.delenv("ORDER_SERVICE_URL", raising=False)


def test_without_anything_to_cancel_at_once_is_done(tmp_path):
    assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 0


def test_two_watchdogs_on_one_service_are_one_too_many(tmp_path, capsys):
    with (tmp_path / LOCK_NAME).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(["watchdog", "--once", "--data-dir", str(tmp_path)]) == 2
    assert "is watched by another" in capsys.readouterr().err


@pytest.mark.parametrize("patience", ["0", "61", "never"])
def test_a_patience_that_is_none_is_refused(tmp_path, patience):
    assert run(["watchdog", "--patience", patience, "--data-dir", str(tmp_path)]) == 2
