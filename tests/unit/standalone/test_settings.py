"""The maker's settings: defaults of the SOP, and what no maker may run with."""

import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import fields_of
from market_maker.standalone.settings import OPTIONS, MakerSettings, Secret

SOP_OPTIONS = {
    "--asset": "BTC",
    "--risk-aversion": Decimal("0.3"),
    "--max-bps-diff": Decimal(5),
    "--target-liquidity": Decimal("0.01"),
    "--max-position": Decimal("0.05"),
    "--leverage": None,
    "--decimals": None,
    "--network": "testnet",
    "--private-key": None,
    "--log-level": "info",
    "--log-format": "pretty",
    "--log-file": None,
    "--multi-stream-logs": False,
    "--log-dir": Path("logs"),
    "--metrics-port": 9090,
    "--initial-isolated-margin": Decimal(1000),
    "--force-isolated": False,
    "--dex": "",
}


def test_the_options_of_the_sop_are_there_with_its_defaults():
    fields = {option.flag: option.field for option in OPTIONS}
    settings = MakerSettings()
    assert {flag: getattr(settings, fields[flag]) for flag in SOP_OPTIONS} == SOP_OPTIONS


def test_every_setting_can_be_given_somewhere():
    assert [option.field for option in OPTIONS] == list(fields_of(MakerSettings))
    keys = [option.key for option in OPTIONS]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target_liquidity": Decimal(1)}, "at most max_absolute_position_size"),
        ({"min_depth_bps": Decimal(60)}, "at most max_depth_bps"),
        ({"network": "moon"}, "mainnet, testnet, localhost"),
        ({"leverage": 0}, "from 1 to 100"),
        ({"strategy_type": "guess"}, "symmetric, inventory_aware, glft, ladder"),
        ({"max_drawdown": Decimal(5)}, "above 0 to 1"),
    ],
)
def test_what_cannot_be_run_with_is_refused_in_one_line(given, said):
    with pytest.raises(InvalidFieldError, match=said):
        MakerSettings(**given)


def test_a_url_is_a_network():
    assert MakerSettings(network="http://127.0.0.1:3001").network == "http://127.0.0.1:3001"


def test_a_secret_is_not_shown_and_not_copied():
    secret = Secret("0xabc")
    assert "abc" not in f"{secret} {secret!r} {MakerSettings(private_key=secret)}"
    assert secret.reveal() == "0xabc"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
