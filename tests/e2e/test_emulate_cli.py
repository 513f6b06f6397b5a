"""`market_maker emulate exchange` as a process."""

import asyncio
import signal

import pytest

from market_maker.cli.main import run
from market_maker.clocks import SimClock
from market_maker.model.money import TransferStatus
from market_maker.venues.wallet.http import HttpWallet
from tests.contract.wallet.wallets import NOW, wanted
from tests.e2e.drill import PUT_AWAY_WITHIN_S, ExchangeProcess, address_in, ask, market_maker


@pytest.mark.thorough
def test_the_exchange_answers_on_a_free_port_and_ends_on_a_signal(tmp_path):
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
        assert exchange.process.wait(PUT_AWAY_WITHIN_S) == 0


@pytest.mark.thorough
def test_the_wallet_moves_money_once_on_a_port_of_its_own(tmp_path):
    log = tmp_path / "wallet.log"
    process = market_maker(log, "emulate", "wallet", "--port", "0")
    try:
        url = f"{address_in(process, log)}/v1/transfers"
        wallet = HttpWallet(url.removesuffix("/v1/transfers"), SimClock(NOW))
        done = asyncio.run(wallet.transfer(wanted()))
        assert done.status is TransferStatus.DONE
        assert asyncio.run(wallet.transfer(wanted())) == done
        assert len(ask(url)[1]["transfers"]) == 1
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PUT_AWAY_WITHIN_S)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--lose-requests", "1.5"], "lose"),
        (["--drop-answers", "nan"], "drop"),
        (["--errors", "-1"], "error"),
    ],
)
def test_a_wallets_faults_that_make_no_sense_are_one_line_and_exit_code_2(options, field, capsys):
    assert run(["emulate", "wallet", *options]) == 2
    said = capsys.readouterr().err
    assert field in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--drop-answers", "1.5"], "drop"),
        (["--errors", "nan"], "error"),
        (["--delay-ms", "-1"], "delay-ms"),
        (["--port", "70000"], "--port"),
    ],
)
def test_options_that_make_no_sense_are_one_line_and_exit_code_2(options, field, capsys):
    assert run(["emulate", "exchange", *options]) == 2
    said = capsys.readouterr().err
    assert field in said
    assert said.count("\n") == 1
