"""`market_maker walk`, which is `make run`: in a process of its own, without a terminal."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.cli.watch import line, table
from tests.servers import free_port

PATIENCE_S = 60
ORDER = (
    "POST /v1/pools ",
    "POST /v1/participants ",
    "/activate",
    "POST /v1/pools/BTCUSDT-PERP/members ",
    "POST /v1/pools/BTCUSDT-PERP/enable",
)
"""What the runbook does, in its order."""
ENDED = "ended: 0 orders open, all on record: yes, ledger: right"


def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    ports = {"HTTP_PORT": str(free_port()), "METRICS_PORT": str(free_port())}
    return subprocess.Popen(
        [Path(sys.executable).with_name("market_maker"), "walk", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=os.environ | ports | environment,  # noqa: TID251
        text=True,
    )


@pytest.mark.slow
def test_it_leads_through_the_runbook_quotes_for_a_while_and_ends_clean() -> None:
    out, errors = (walk := started("--seconds", "3")).communicate(timeout=PATIENCE_S)
    assert (walk.returncode, errors) == (0, "")
    places = [out.index(call) for call in ORDER]
    assert places == sorted(places)
    assert re.search(r"/status +1[0-9] orders, best", out)
    assert re.search(r"^BTCUSDT-PERP ACTIVE .* bid [0-9.]+ ", out, re.MULTILINE)
    assert out.splitlines()[-1] == ENDED


@pytest.mark.slow
def test_what_the_runbook_prints_fits_a_screen_of_80_by_24_and_names_people() -> None:
    out, _ = started("--seconds", "1").communicate(timeout=PATIENCE_S)
    runbook = out.partition("quoting; Ctrl-C")[0].splitlines()
    live = 1 + 3 + 1 + 3  # the engine, the pool, and a table of three members
    assert len(runbook) + 1 + live <= 24
    assert max(map(len, runbook)) <= 80
    assert out.count("Acme Trading Desk") >= 3
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", out)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_from_any_source_is_an_orderly_end(number: signal.Signals) -> None:
    walk = started()
    assert walk.stdout is not None
    for text in walk.stdout:
        if text.startswith("BTCUSDT-PERP ACTIVE"):
            break
    walk.send_signal(number)
    out, errors = walk.communicate(timeout=PATIENCE_S)
    assert (walk.returncode, errors) == (0, "")
    assert "POST /v1/mm/emergency/flatten" in out
    assert out.splitlines()[-1] == ENDED


@pytest.mark.slow
def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        walk = started("--seconds", "1", HTTP_PORT=port)
        _, errors = walk.communicate(timeout=PATIENCE_S)
    assert walk.returncode == 2
    assert re.fullmatch(rf"error: HTTP_PORT: {port} is not allowed; .* is taken.*\n", errors)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_a_span_that_makes_no_sense_is_one_line(seconds: str) -> None:
    walk = started("--seconds", seconds)
    _, errors = walk.communicate(timeout=PATIENCE_S)
    assert walk.returncode == 2
    assert errors.startswith("error: seconds: ")
    assert len(errors.splitlines()) == 1


STATUS = {
    "symbol": "BTCUSDT-PERP",
    "state": "ACTIVE",
    "bid": {"price": "99.5", "reason": "quoting"},
    "ask": {"price": None, "reason": "stale market data"},
    "open_orders": 9,
    "net_position": "-0.012",
    "pnl": {"net": "-1.5"},
    "counters": {"fills": 7},
    "members": [
        {
            "participant_id": "acme",
            "capital_weight_pct": "50",
            "open_orders": 9,
            "unknown_orders": 0,
            "position": "-0.012",
            "pnl": {"net": "-1.50999"},
            "stopped": "",
        }
    ],
}


def test_a_status_on_one_line_says_prices_and_why_there_are_none() -> None:
    assert line(STATUS) == (
        "BTCUSDT-PERP ACTIVE  open 9  position -0.012  net -1.50 USDT  fills 7  "
        "bid 99.5 (quoting)  ask - (stale market data)"
    )


def test_a_status_as_a_table_has_a_row_for_each_member_by_name() -> None:
    shown = table(STATUS, {"acme": "Acme Trading Desk"})
    assert shown.row_count == len(STATUS["members"])
    assert list(shown.columns[0].cells) == ["Acme Trading Desk"]
