"""`market_maker emulate exchange` as a process."""

import signal

import pytest

from market_maker.cli.main import run
from tests.e2e.drill import ExchangeProcess, ask


def test_the_exchange_answers_on_a_free_port_and_ends_when_told(tmp_path):
    with ExchangeProcess(tmp_path) as exchange:
        order = {
            "client_order_id": "mm-1",
            "account_id": "account-acme",
            "symbol": "BTCUSDT-PERP",
            "side": "BUY",
            "price": 900_000,
            "size": 10,
        }
        url = f"{exchange.url}/v1/orders"
        assert ask(url, "POST", order)[0] == 201
        assert ask(f"{url}?symbol=BTCUSDT-PERP&account_id=account-acme")[1]["orders"]
        assert [o["client_order_id"] for o in exchange.ever("BTCUSDT-PERP")] == ["mm-1"]
        exchange.process.send_signal(signal.SIGTERM)
        assert exchange.process.wait(10) == 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--drop-answers", "1.5"], "drop"),
        (["--errors", "nan"], "error"),
        (["--delay-ms", "-1"], "delay_ms"),
        (["--port", "70000"], "--port"),
    ],
)
def test_options_that_make_no_sense_are_one_line_and_exit_code_2(options, field, capsys):
    assert run(["emulate", "exchange", *options]) == 2
    said = capsys.readouterr().err
    assert field in said
    assert said.count("\n") == 1
